// The startup lab: two settings side by side.

import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

@Suite struct StartupLabTests {
    private func lab(_ preset: StartupLab.Preset = .serialOrParallel, minor: Int = 36) -> StartupLab {
        let seed: UInt64 = 7
        var options = SimulationOptions()
        options.profile = KubernetesProfile(minor: minor)
        options.seed = seed
        var lab = StartupLab(options)
        lab.apply(preset)
        return lab
    }
    private func done(_ lab: StartupLab) -> StartupLab {
        var lab = lab
        lab.work { false }
        return lab
    }

    @Test func `parallel pulls make half of the pods ready sooner, on every seed`() throws {
        let lab = done(lab())
        #expect(lab.isDone)
        #expect(lab.progress.done == 20)
        let a = try #require(lab.summary(.half, .a))
        let b = try #require(lab.summary(.half, .b))
        #expect(b.high < a.low, "\(a) \(b)")
        #expect(lab.run(.a)?.unready == 0)
    }

    @Test func `both sides have the same pods at the same moments`() throws {
        let lab = done(lab())
        let (a, b) = (try #require(lab.run(.a)), try #require(lab.run(.b)))
        #expect(a.pods.map(\.name) == b.pods.map(\.name))
        #expect(a.pods.map(\.created) == b.pods.map(\.created))
        #expect(a.pods.count == 8 && Set(a.pods.map(\.image)).count == 5)
    }

    @Test func `serial pulls never overlap, parallel ones do and never more than the limit`() throws {
        let lab = done(lab())
        func most(_ side: StartupLab.Side) throws -> Int {
            let pods = try #require(lab.run(side)).pods
            let spans = try pods.map { (try #require($0.pullBegan), try #require($0.pullEnded)) }
            return spans.map { span in spans.count { $0.0 <= span.0 && span.0 < $0.1 } }.max() ?? 0
        }
        #expect(try most(.a) == 1)
        #expect(try most(.b) == 3)
    }

    @Test func `a narrow link takes most of the gain away`() throws {
        let lab = done(lab())
        let wide = try #require(lab.summary(.all, .b)).middle
        let narrow = try #require(lab.summary(.all, .b, .narrow)).middle
        let serial = try #require(lab.summary(.all, .a, .narrow)).middle
        #expect(narrow > wide + .seconds(3))
        #expect(serial == lab.summary(.all, .a)?.middle)
    }

    @Test func `a higher CPU limit shortens the start by the quota's arithmetic`() throws {
        let lab = done(lab(.smallOrLargeLimit))
        let slow = try #require(lab.summary(.all, .a)).middle
        let fast = try #require(lab.summary(.all, .b)).middle
        // 8 to 12 CPU seconds: 16 to 24 s with half a core, 4 to 6 s with two.
        #expect(slow - fast > .seconds(12), "\(slow) \(fast)")
        #expect(!lab.comparesNetworks)
    }

    @Test func `the result is the same in slices and at once, and another seed gives another one`() {
        var sliced = lab()
        var count = 0
        while !sliced.isDone {
            sliced.work {
                count += 1
                return count % 97 == 0
            }
        }
        let whole = done(lab())
        for side in StartupLab.Side.allCases {
            #expect(sliced.run(side) == whole.run(side))
            for moment in StartupLab.Moment.allCases { #expect(sliced.summary(moment, side) == whole.summary(moment, side)) }
        }
        var other = lab()
        other.nextSeed()
        #expect(done(other).run(.a) != whole.run(.a))
    }

    @Test func `more seeds keep those that are done`() {
        var lab = done(lab())
        let first = lab.run(.b)
        lab.addSeeds()
        #expect(!lab.isDone)
        #expect(lab.progress == (20, 40))
        lab.work { false }
        #expect(lab.isDone && lab.run(.b) == first)
    }

    @Test func `an option that the kubelet refuses is told in its words, and its side is not run`() {
        var options = SimulationOptions()
        options.kubelet.maxParallelImagePulls = 3
        options.kubelet.serializeImagePulls = true
        var lab = StartupLab(options)
        lab.apply(.smallOrLargeLimit)
        #expect(lab.problem(.a)?.contains("maxParallelImagePulls cannot be larger than 1") == true)
        lab.work { false }
        #expect(lab.run(.a) == nil && lab.isDone)
    }

    @Test func `options step through their values and stop at the ends`() {
        var lab = lab()
        #expect(lab.setting(.b).maxParallelImagePulls == 3)
        lab.change(.maxParallelImagePulls, .b, by: 1)
        #expect(lab.setting(.b).maxParallelImagePulls == 4)
        lab.change(.serializeImagePulls, .b, by: 1)
        #expect(lab.setting(.b).serializeImagePulls && lab.setting(.b).maxParallelImagePulls == nil)
        lab.change(.pods, .b, by: 1)
        #expect(lab.burst.pods == 12)
        while lab.change(.images, .a, by: -1) {}
        #expect(lab.burst.images == 1)
        let moved = lab.change(.images, .a, by: -1)
        #expect(!moved)
        #expect(!StartupLab.Option.available(KubernetesProfile(minor: 25)).contains(.maxParallelImagePulls))
    }

    @Test func `the exported scenario plays to the same times`() throws {
        let lab = done(lab())
        for side in StartupLab.Side.allCases {
            let input = Input(ManifestReader.read(text: lab.scenario(side), file: "lab.yaml"))
            #expect(input.problems.isEmpty)
            var (session, refused) = input.makeSession()
            #expect(refused.problems.isEmpty)
            session.run(to: 120)
            let run = try #require(lab.run(side))
            for pod in run.pods {
                let uid = try #require(session.pod(pod.name)).metadata.uid
                let ready = try #require(session.simulation.kubelets.firstReady(of: uid))
                #expect(ready - (.start + .seconds(2)) == pod.ready)
            }
        }
    }

    @Test func `more than fifty pods on a node miss their mounts with the old API budget, and none with the new`() throws {
        let lab = done(lab(.smallOrLargeBudget, minor: 27))
        let (a, b) = (try #require(lab.run(.a)), try #require(lab.run(.b)))
        #expect(a.mountTimeouts > 0 && b.mountTimeouts == 0, "\(a.mountTimeouts) \(b.mountTimeouts)")
        #expect(a.failedMounts > b.failedMounts)
        let half = (try #require(lab.summary(.half, .a)).middle, try #require(lab.summary(.half, .b)).middle)
        #expect(half.0 > half.1 + .seconds(20), "\(half)")
    }

    @Test func `evented PLEG sees the end of each init container sooner`() throws {
        let lab = done(lab(.genericOrEvented))
        let (a, b) = (try #require(lab.summary(.half, .a)).middle, try #require(lab.summary(.half, .b)).middle)
        #expect(b < a - .milliseconds(500), "\(a) \(b)")
    }
}
