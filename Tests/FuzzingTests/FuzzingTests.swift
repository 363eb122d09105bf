import Dashboard
import Fuzzing
import SimulationKit
import Testing

/// A few cases of each kind of fuzzing; `evenkeel-lab fuzz KIND --count N --seed S` runs many. A trap ends the test process:
/// `evenkeel-lab fuzz KIND --seed 1` then names the case.
@Suite struct FuzzingTests {
    @Test(arguments: FuzzKind.allCases)
    func `random cases trap nowhere`(kind: FuzzKind) {
        let count =
            switch kind {
            case .keys, .commands, .prompt, .live: 60
            case .manifests: 40
            case .values: 120
            case .requests: 150
            case .arguments: 2000
            }
        var fuzzer = Fuzzer()
        for number in 0..<count { fuzzer.run(FuzzCase(kind, seed: 1, number: number)) }
    }

    @Test func `work that takes long is stopped after a fixed amount of it`() throws {
        var dashboard = Fuzzer.cluster(31)
        let user = FuzzedUser()
        dashboard.usersPatience = user.patience
        dashboard.type(":time ++5h")
        #expect(user.asked == FuzzedUser.patience + 1)
        #expect(dashboard.session.now > .start && dashboard.session.now < .start + .hours(5))
        let stopped = dashboard.session.now
        var again = Fuzzer.cluster(31)
        user.rest()
        again.usersPatience = user.patience
        again.type(":time ++5h")
        #expect(again.session.now == stopped)
    }

    @Test func `work that goes on after it was told to stop is found`() async {
        await #expect(processExitsWith: .failure) {
            let patience = FuzzedUser().patience
            while true { _ = patience.isOver { WorkProgress(title: "for ever") } }
        }
    }

    @Test(arguments: FuzzKind.allCases)
    func `the same seed and number give the same case`(kind: FuzzKind) {
        for number in 0..<20 {
            let (a, b) = (FuzzCase(kind, seed: 7, number: number), FuzzCase(kind, seed: 7, number: number))
            #expect(a.steps.map(\.description) == b.steps.map(\.description))
            #expect(!a.steps.isEmpty)
        }
    }
}
