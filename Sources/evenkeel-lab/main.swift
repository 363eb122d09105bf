import Foundation

// Measures; asserts nothing. What is printed depends on the machine.
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "schedule": ScheduleBench.run(Array(arguments.dropFirst()))
case "quiet": quietHour(Array(arguments.dropFirst()))
case "store": storeWrites()
case "whatif": whatIf(Array(arguments.dropFirst()))
case "dashboard": DashboardBenchmark.run()
case "fuzz": Fuzz.run(Array(arguments.dropFirst()))
default:
    print(
        """
        usage: evenkeel-lab COMMAND

          schedule [NODES…] [--only NAME] [--pods N] [--runs N] [--phase all|decide]
                     pods placed per second, by kind of workload and number of nodes (default 100 1000 5000, best of 3)
          quiet [NODES PODS]
                     wall time of one virtual hour in which nothing happens (default 5000 50000)
          store      writes per second into the store
          whatif [NODES PODS]
                     time of an answer to "what if", by kind of change (default 1000 10000)
          dashboard  time of a frame of each screen
          fuzz KIND [--count N] [--seed S] [--from I] [--case I]
                     random cases: keys, manifests, values, commands, prompt or arguments; those that trap or take more
                     than 5 s, with the steps they need; --case runs one of them here
        """)
    exit(arguments.isEmpty ? 0 : 64)
}
