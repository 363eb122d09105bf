// Many clients at once, well and badly behaved: nothing that was acknowledged is lost, watchers see each change once and in order, and the
// journal leads to the same without them.

#if Network
    import Crowd
    import SimulationKit
    import Testing

    @Suite struct CrowdTests {
        @Test func `a crowd writes, watches, leaves and sends garbage, and the server keeps its word`() throws {
            var crowd = Crowd()
            (crowd.clients, crowd.duration, crowd.rate) = (60, .seconds(4), 200)
            let report = try crowd.run()
            #expect(report.problems == [])
            #expect(report.acknowledged > 100)
            #expect(report.seen == report.acknowledged)
            #expect(report.misdeeds > 20)
            #expect(report.replayed >= report.acknowledged)
        }
    }
#endif
