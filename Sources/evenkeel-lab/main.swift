DashboardBenchmark.run()
