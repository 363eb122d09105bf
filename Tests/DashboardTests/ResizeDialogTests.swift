import Canvas
import Dashboard
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Resizing by keys: how many it takes, and what is said before anything is changed.
@Suite struct ResizeDialogTests {
    private static let size = Size(width: 120, height: 36)

    /// One node with 4 cores: `full` 2, `web` two replicas of 500m (limit 1), `same` Guaranteed.
    private func dashboard(version: String = "1.36", gates: String = "") throws -> Dashboard {
        let text = """
            apiVersion: evenkeel.dev/v1
            kind: Scenario
            metadata: {name: resize}
            spec:
              kubernetesVersion: "\(version)"
              featureGates: {\(gates)}
              cluster: {zones: 1, nodesPerZone: 1}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: full, annotations: {evenkeel.dev/cpu: 100m}}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{name: full, image: "full:1", resources: {requests: {cpu: "2", memory: 1Gi}}}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: same}
            spec:
              containers: [{name: same, image: "same:1", resources: {limits: {cpu: 200m, memory: 256Mi}}}]
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}, annotations: {evenkeel.dev/cpu: 300m, evenkeel.dev/memory: 100Mi}}
                spec:
                  containers:
                  - name: web
                    image: web:1
                    resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {cpu: "1", memory: 512Mi}}
                    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]
            """
        let input = Input(ManifestReader.read(text: text, file: "resize"))
        try #require(input.problems.isEmpty, "\(input.problems)")
        var dashboard = Dashboard(session: input.makeSession().session)
        dashboard.run(to: .start + .seconds(60))
        _ = dashboard.frame(size: Self.size)
        return dashboard
    }
    private func picture(_ dashboard: inout Dashboard) -> String { dashboard.frame(size: Self.size).picture() }
    private func pod(_ dashboard: Dashboard, _ name: String) -> Pod {
        dashboard.session.cluster.store.pods.all.first { $0.metadata.name.hasPrefix(name) } ?? Pod()
    }

    @Test func `from the pods table a resize takes four keys and shows its outcome before the last`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /full<Enter>")
        let keys = ["R", "+", "<Enter>", "<Enter>"]
        for key in keys.dropLast() { try dashboard.press(key) }
        #expect(picture(&dashboard).contains("✓ FITS now   the kubelet grants it at once, in place, without a restart"))
        #expect(pod(dashboard, "full").spec.containers[0].resources.requests["cpu"] == Quantity("2"))
        #expect(dashboard.session.journal.isEmpty)
        try dashboard.press(keys.last!)
        #expect(pod(dashboard, "full").spec.containers[0].resources.requests["cpu"] == Quantity("2250m"))
        dashboard.run(to: .start + .seconds(61))
        #expect(pod(dashboard, "full").status.containerStatuses[0].resources?.requests["cpu"] == Quantity("2250m"))
        // How long it took is in the table.
        #expect(picture(&dashboard).contains("✓ 0.1 s"))
        #expect(picture(&dashboard).contains("resized in 0.1 s"))
    }

    @Test func `signs step, and with digits after them they change by so much`() throws {
        for (keys, expected) in [
            ("+", "2250m"), ("-", "1900m"), ("<S-Up>", "3250m"), ("<Up><Down>", "2"), ("+250m", "2250m"), ("-20%", "1600m"), ("+10 %", "2200m"),
            ("1500m", "1500m"),
        ] {
            var dashboard = try dashboard()
            try dashboard.press(":po /full<Enter>R\(keys)<Enter><Enter>")
            #expect(pod(dashboard, "full").spec.containers[0].resources.requests["cpu"] == Quantity(expected), "\(keys)")
        }
    }

    @Test func `a limit goes along with its request, and digits on the way leave no trace`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /web<Enter>R750m<Enter><Enter>")
        let web = dashboard.session.cluster.store.pods.all.first { $0.spec.containers[0].resources.requests["cpu"] == Quantity("750m") }
        #expect(web?.spec.containers[0].resources.limits["cpu"] == Quantity("1"))
        try dashboard.press(":po /same<Enter>R300m<Enter><Enter>")
        #expect(pod(dashboard, "same").spec.containers[0].resources.limits["cpu"] == Quantity("300m"))
        #expect(pod(dashboard, "same").spec.containers[0].resources.requests["cpu"] == Quantity("300m"))
    }

    @Test func `a resize that does not fit says by how much, what fits, and what would make room`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /full<Enter>R3<Enter>")
        let text = picture(&dashboard)
        #expect(text.contains("◐ DEFERRED   accepted by the API server, not by the kubelet yet"))
        #expect(text.contains("Node didn't have enough resource: cpu, requested: 3000, used: 1200, capacity: 4000"))
        #expect(text.contains("short by      200m cpu"))
        #expect(text.contains("fits up to    2800m   <f> takes it"))
        #expect(text.contains("Apply deferred"))
        #expect(text.contains("move web-"))
        try dashboard.press("f")
        #expect(picture(&dashboard).contains("✓ FITS now"))
        try dashboard.press("<Enter>")
        #expect(pod(dashboard, "full").spec.containers[0].resources.requests["cpu"] == Quantity("2800m"))
    }

    @Test func `what the API server refuses is said with its text, and what would fit`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /full<Enter>R5<Enter>")
        let text = picture(&dashboard)
        #expect(text.contains("✗ REFUSED"))
        #expect(text.contains("node didn't have enough allocatable resources: cpu") && text.contains("allocatable: 4000"))
        #expect(text.contains("fits up to    2800m"))
        try dashboard.press("<Esc>:po /web<Enter>R<Tab>u500m<Tab><Tab>256Mi<Enter>")
        #expect(picture(&dashboard).contains("Pod QOS Class may"))
    }

    @Test func `under 1_27 a wish beyond the node is infeasible`() throws {
        var dashboard = try dashboard(version: "1.27", gates: "InPlacePodVerticalScaling: true")
        try dashboard.press(":po /full<Enter>R5<Enter>")
        #expect(picture(&dashboard).contains("✗ INFEASIBLE"))
        try dashboard.press("<Enter>")
        dashboard.run(to: .start + .seconds(61))
        #expect(pod(dashboard, "full").status.resize == "Infeasible")
        #expect(picture(&dashboard).contains("✗ infeasible"))
    }

    @Test func `a restart is announced, and a lowered limit that would wait`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /web<Enter>R<Tab><Tab>300Mi<Enter>")
        #expect(picture(&dashboard).contains("↻ RESTARTS   granted at once; web restarts, as its resizePolicy says"))
        #expect(picture(&dashboard).contains("keeps cpu 500m, memory 256Mi: a replacement starts with the old size"))
        try dashboard.press("<Esc>:po /same<Enter>R<Tab><Tab><Tab>20Mi<Enter>")
        #expect(picture(&dashboard).contains("WAITS FOR MEMORY"))
    }

    @Test func `all pods of a workload are resized together, and those that do not fit are counted`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":deploy<Enter>R+20%<Enter>")
        #expect(picture(&dashboard).contains("✓ 2 FITS now"))
        try dashboard.press("<Enter>")
        let webs = dashboard.session.cluster.store.pods.all.filter { $0.metadata.name.hasPrefix("web") }
        #expect(webs.map { $0.spec.containers[0].resources.requests["cpu"] } == [Quantity("600m"), Quantity("600m")])
        // 1.2 + 0.2 + 2 are taken: one of the two can have 500m more, the other not.
        try dashboard.press(":po /web<Enter><Space><Space>R+500m<Enter>")
        #expect(picture(&dashboard).contains("✓ 1 FITS now   ◐ 1 DEFERRED"))
        try dashboard.press("<Enter>")
        dashboard.run(to: .start + .seconds(62))
        let states = dashboard.session.cluster.store.pods.all.filter { $0.status.conditions["PodResizePending"] != nil }
        #expect(states.count == 1)
    }

    @Test func `load goes up by a key until it is throttled, and a resize ends that`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":po /web<Enter>)))))")
        let usage = { (dashboard: Dashboard) in
            dashboard.session.cluster.store.pods.all.filter { $0.metadata.name.hasPrefix("web") }
                .flatMap { dashboard.session.simulation.kubelets.containerUsage(of: $0, in: dashboard.session.cluster) }
        }
        #expect(usage(dashboard).map(\.isThrottled) == [false, false])
        try dashboard.press("))))")
        #expect(usage(dashboard).contains { $0.isThrottled && $0.milliCPU == 1000 })
        #expect(picture(&dashboard).contains("1000m!"))
        #expect(picture(&dashboard).contains("throttled, wants"))
        try dashboard.press("R<Tab>2<Enter><Enter>")
        dashboard.run(to: .start + .seconds(61))
        #expect(!usage(dashboard).contains { $0.isThrottled })
    }

    @Test func `memory above the limit kills, and the load can be given back`() throws {
        var dashboard = try dashboard()
        try dashboard.press(":deploy<Enter>L<Tab>600Mi")
        #expect(picture(&dashboard).contains("✗ memory: OOMKilled above its limit of 512Mi"))
        try dashboard.press("<Enter><Enter>")
        dashboard.run(to: .start + .seconds(90))
        try dashboard.press(":po /web<Enter>")
        #expect(picture(&dashboard).contains("CrashLoopBackOff") || picture(&dashboard).contains("OOMKilled"))
        try dashboard.press(":deploy<Enter>L<Enter><Left><Enter>")
        dashboard.run(to: .start + .seconds(300))
        #expect(pod(dashboard, "web").isReady)
    }

    @Test func `the recommender suggests a size, and one key resizes to it`() throws {
        var dashboard = try dashboard()
        dashboard.run(to: .start + .minutes(20))
        try dashboard.press(":recommend web<Enter>")
        #expect(picture(&dashboard).contains("Usage  Deployment web / web"))
        try dashboard.press("R<Enter>")
        #expect(picture(&dashboard).contains("↻ 2 RESTARTS"))
        try dashboard.press("<Enter>")
        let request = pod(dashboard, "web").spec.containers[0].resources.requests.milliCPU ?? 0
        // 300m all the time: a bucket's end above it, and 15 %.
        #expect((345...380).contains(request))
        try dashboard.press("a")
        #expect(picture(&dashboard).contains("InPlaceOrRecreate"))
    }
}
