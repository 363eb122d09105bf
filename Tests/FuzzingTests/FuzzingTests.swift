import Dashboard
import Fuzzing
import SimulationKit
import Testing

/// A few cases of each kind of fuzzing; `evenkeel-lab fuzz KIND --count N --seed S` runs many. A trap ends the test process:
/// `evenkeel-lab fuzz KIND --seed 1` then names the case.
@Suite struct FuzzingTests {
    @Test(arguments: [(FuzzKind.keys, 60), (.manifests, 40), (.values, 120), (.commands, 60), (.prompt, 60), (.arguments, 2000), (.requests, 150), (.live, 60)])
    func `random cases trap nowhere`(kind: FuzzKind, count: Int) {
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
