import Simulation
import SimulationKit
import Testing

/// The scenarios that come with the program hold what they say.
@Suite struct ShippedScenarioTests {
    @Test(arguments: ScenarioCatalog.all.map(\.name))
    func `a shipped scenario holds its expectations`(name: String) throws {
        let scenario = try #require(ScenarioCatalog.find(name))
        let input = scenario.input()
        #expect(input.problems.map(\.description) == [])
        #expect(input.scenario?.metadata.name == name)
        var (session, refusals) = input.makeSession()
        #expect(refusals.problems.map(\.description) == [])
        let length = try #require(session.script.duration, "a scenario says how long it is")
        #expect(scenario.prelude <= length)
        session.advance(to: .start + length)
        session.finishScript()
        #expect(session.script.failures.map { "\($0.at.sinceStart): \($0.message)" } == [])
        #expect(session.script.passed > 0, "a scenario without expectations tells nothing")
        #expect(input.keptKinds.isEmpty)
    }

    @Test func `names are unique and fit a command line, summaries fit a row`() {
        let names = ScenarioCatalog.all.map(\.name)
        #expect(Set(names).count == names.count)
        for scenario in ScenarioCatalog.all {
            #expect(scenario.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
            #expect((20...100).contains(scenario.summary.count), "\(scenario.name)")
        }
    }
}
