import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// One input, one history: whoever watches, pauses, copies or repeats it.
@Suite struct DeterminismTests {
    private func builtIn() -> Session {
        Input(ManifestReader.read(text: BuiltInCluster.manifests, file: "built-in")).makeSession().session
    }
    private func same(_ a: Session, _ b: Session, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(a.story == b.story, sourceLocation: sourceLocation)
        #expect(a.objects == b.objects, sourceLocation: sourceLocation)
        #expect(a.now == b.now && a.simulation.eventsRun == b.simulation.eventsRun, sourceLocation: sourceLocation)
    }

    @Test func `the same input gives the same bytes`() {
        var (a, b) = (builtIn(), builtIn())
        a.run(to: 900)
        b.run(to: 900)
        #expect(a.story.count > 200)
        same(a, b)
    }

    @Test func `how time is cut into steps changes nothing`() {
        var (whole, cut, stepped) = (builtIn(), builtIn(), builtIn())
        whole.run(to: 200)
        for tenth in 1...2000 { cut.run(to: Double(tenth) / 10) }
        while let due = stepped.simulation.nextDue, due <= .start + .seconds(200) { stepped.step() }
        stepped.run(to: 200)
        same(whole, cut)
        same(whole, stepped)
    }

    @Test func `stopping in the middle of an instant changes nothing`() {
        var (whole, stopped) = (builtIn(), builtIn())
        whole.run(to: 200)
        var stops = 0
        while !stopped.advance(to: .start + .seconds(200), until: { true }) { stops += 1 }
        #expect(stops > 1000)
        same(whole, stopped)
    }

    @Test func `a copy goes on like the original, and what is done to it stays in it`() {
        var whole = builtIn()
        whole.run(to: 600)
        var original = builtIn()
        original.run(to: 120.004)
        var (fork, damaged) = (original, original)
        _ = damaged.perform(.fail(.zone("eu-a")))
        _ = damaged.perform(.delete(.deployment, ObjectKey(namespace: "shop", name: "web"), .init()))
        damaged.run(to: 600)
        fork.run(to: 600)
        original.run(to: 600)
        same(original, whole)
        same(fork, whole)
        #expect(damaged.story != whole.story)
        #expect(damaged.cluster.store.deployments[ObjectKey(namespace: "shop", name: "web")] == nil)
        #expect(whole.pods("shop", app: "web").count(where: \.isReady) == 14)
    }

    @Test func `another seed gives other names and times, and the same kind of cluster`() {
        let other = BuiltInCluster.manifests.replacing("seed: 7", with: "seed: 8")
        var (a, b) = (builtIn(), session(other))
        a.run(to: 150)
        b.run(to: 150)
        #expect(a.story != b.story)
        #expect(a.pods("shop").count == b.pods("shop").count)
    }

    @Test(arguments: ProjectManifests.names(["shop", "lookout"], published: ["online-boutique", "kube-prometheus"]))
    func `manifests of whole projects give the same bytes`(name: String) {
        var a = ProjectManifests.input(name).makeSession().session
        var b = ProjectManifests.input(name).makeSession().session
        a.run(to: 60)
        var fork = a
        a.run(to: 300)
        b.run(to: 300)
        fork.run(to: 300)
        same(a, b)
        same(a, fork)
    }
}
