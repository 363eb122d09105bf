import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

/// Scenario files: what each step does, what each expectation sees, and what is said about wrong ones.
@Suite struct ScenarioTests {
    /// Zones of two nodes, a Deployment spread over them, and a pod that lives on a1.
    private static func text(_ spec: String) -> String {
        scenario("  cluster: {zones: 3, nodesPerZone: 2}\n" + spec) + deployment("web", replicas: 3, zoneSpread("web")) + """
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: solo, labels: {app: solo}}
            spec:
              nodeSelector: {kubernetes.io/hostname: a1}
              containers:
              - name: main
                image: example/solo:1
                resources: {requests: {cpu: 100m, memory: 100Mi}, limits: {cpu: 500m, memory: 200Mi}}
            ---
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}

            """
    }
    private static func play(_ spec: String, to seconds: Double = 180) -> Session {
        var session = session(text(spec))
        session.run(to: seconds)
        session.finishScript()
        return session
    }

    // MARK: Steps

    struct Step: Sendable, CustomTestStringConvertible {
        var name: String
        /// Steps that come before and bring no difference by themselves.
        var before: [String] = []
        var step: String
        /// What holds after the step and does not without it.
        var expect: String
        var testDescription: String { name }
    }
    static let steps = [
        Step(
            name: "scale", step: "scale: {kind: Deployment, name: web, replicas: 5}",
            expect: "pods: {labelSelector: app=web, ready: true, count: 5}"),
        Step(
            name: "resize", step: "resize: {pod: solo, container: main, requests: {cpu: 300m}, limits: {cpu: 600m}}",
            expect: "event: {reason: ResizeCompleted, name: solo}"),
        Step(
            name: "resize of the only container", step: "resize: {pod: solo, requests: {cpu: 300m}}",
            expect: "event: {reason: ResizeCompleted, name: solo}"),
        Step(
            name: "delete", step: "delete: {kind: Pod, name: solo, gracePeriodSeconds: 0}",
            expect: "pods: {labelSelector: app=solo, count: 0, matchesNothing: true}"),
        Step(
            name: "delete with dependents", step: "delete: {kind: Deployment, name: web, propagationPolicy: Foreground}",
            expect: "pods: {labelSelector: app=web, atMost: 0, matchesNothing: true}"),
        Step(name: "evict", step: "evict: {pod: solo}", expect: "pods: {labelSelector: app=solo, count: 0, matchesNothing: true}"),
        Step(
            name: "cordon", step: "cordon: {node: a1}", expect: "event: {reason: NodeNotSchedulable, kind: Node, name: a1}"),
        Step(
            name: "uncordon", before: ["cordon: {node: a1}"], step: "uncordon: {node: a1}",
            expect: "event: {reason: NodeSchedulable, name: a1}"),
        Step(name: "drain", step: "drain: {node: a1}", expect: "pods: {node: a1, count: 0}"),
        Step(
            name: "taint", step: "taint: {node: a1, key: gone, effect: NoExecute}", expect: "pods: {node: a1, count: 0}"),
        Step(
            name: "untaint", before: ["taint: {node: a1, key: kept, value: db, effect: NoSchedule}"],
            step: "untaint: {node: a1, key: kept}", expect: "pods: {labelSelector: app=solo, ready: true, count: 1}"),
        Step(
            name: "fail a node", step: "fail: {node: b2}",
            expect: "condition: {kind: Node, name: b2, type: Ready, status: Unknown, reason: NodeStatusUnknown}"),
        Step(
            name: "fail a zone", step: "fail: {zone: eu-a}",
            expect: "condition: {kind: Node, name: a2, type: Ready, status: Unknown}"),
        Step(
            name: "recover a node", before: ["fail: {node: a1}"], step: "recover: {node: a1}",
            expect: "condition: {kind: Node, name: a1, type: Ready, status: 'True'}"),
        Step(
            name: "recover a zone", before: ["fail: {zone: eu-a}"], step: "recover: {zone: eu-a}",
            expect: "pods: {zone: eu-a, ready: true, count: 2}"),
        Step(
            name: "load", step: "load: {kind: Pod, name: solo, memory: 300Mi}", expect: "event: {reason: BackOff, name: solo}"),
        Step(
            name: "setImage", step: "setImage: {kind: Deployment, name: web, container: main, image: 'example/web:2'}",
            expect: "field: {kind: Deployment, name: web, path: 'spec.template.spec.containers[0].image', equals: 'example/web:2'}"),
        Step(
            name: "restart", step: "restart: {kind: Deployment, name: web}",
            expect: "field: {kind: Deployment, name: web, path: 'metadata.annotations[deployment.kubernetes.io/revision]', equals: '2'}"),
        Step(
            name: "pause", step: "pause: {kind: Deployment, name: web}",
            expect: "condition: {kind: Deployment, name: web, type: Progressing, status: Unknown, reason: DeploymentPaused}"),
        Step(
            name: "resume", before: ["pause: {kind: Deployment, name: web}"], step: "resume: {kind: Deployment, name: web}",
            expect: "condition: {kind: Deployment, name: web, type: Progressing, status: 'True'}"),
        Step(
            name: "undo", before: ["setImage: {kind: Deployment, name: web, container: '*', image: 'example/web:2'}"],
            step: "undo: {name: web}", expect: "field: {kind: Deployment, name: web, path: 'spec.template.spec.containers[0].image', equals: 'example/web:1'}"),
        Step(
            name: "apply one",
            step: "apply: {apiVersion: v1, kind: Pod, metadata: {name: new, labels: {app: new}}, spec: {containers: [{name: c, image: i}]}}",
            expect: "pods: {labelSelector: app=new, ready: true, count: 1}"),
        Step(
            name: "apply many",
            step:
                "apply: [{apiVersion: v1, kind: Namespace, metadata: {name: new}}, {apiVersion: v1, kind: Pod, metadata: {name: new, namespace: new}, spec: {containers: [{name: c, image: i}]}}]",
            expect: "pods: {namespace: new, count: 1}"),
    ]

    @Test(arguments: steps) func `a step does what it says`(_ step: Step) {
        // At 0 s for what is to be there before the pods are placed; kubelets cannot fail before they started.
        let lead = step.before.map { "  - {at: \($0.hasPrefix("fail") || $0.hasPrefix("setImage") ? 50 : 0)s, \($0)}\n" }.joined()
        let tail = "  expect:\n  - \(step.expect)"
        let with = Self.play("  steps:\n\(lead)  - at: 1m\n    \(step.step)\n" + tail)
        #expect(with.script.failures.map(\.message) == [])
        #expect(with.script.passed == 1)
        let without = Self.play((lead.isEmpty ? "" : "  steps:\n" + lead) + tail)
        #expect(without.script.failures.count == 1, "it holds without the step too")
    }

    @Test func `a restarted container shows that the load of a workload is that of its pods`() {
        let heavy = deployment("heavy", replicas: 2).replacing("cpu: 100m}", with: "cpu: 100m}, limits: {memory: 100Mi}")
        var session = session(
            scenario("  steps:\n  - {at: 60s, load: {kind: Deployment, name: heavy, memory: 200Mi}}") + heavy)
        session.run(to: 59)
        #expect(session.pods().allSatisfy { $0.isReady && $0.status.containerStatuses[0].restartCount == 0 })
        session.run(to: 120)
        #expect(session.pods().allSatisfy { $0.status.containerStatuses[0].restartCount > 0 })
        #expect(session.pods().map { $0.status.containerStatuses[0].lastState.terminated?.reason } == ["OOMKilled", "OOMKilled"])
    }

    @Test func `an applied manifest that is there is changed`() {
        let more = deployment("web", replicas: 3, zoneSpread("web")).replacing("replicas: 3", with: "replicas: 4")
            .split(separator: "\n").dropFirst().map { "      " + $0 }.joined(separator: "\n")
        let session = Self.play("  steps:\n  - at: 60s\n    apply:\n\(more)\n  expect:\n  - pods: {labelSelector: app=web, ready: true, count: 4}")
        #expect(session.script.failures == [])
        #expect((try? session.journal.first?.result.get().message) == "deployment.apps/web configured")
        #expect(session.count(.replicaSet) == 1)
    }

    @Test func `steps go by time, then by the order of the file`() {
        let session = Self.play(
            """
              steps:
              - {at: 1m, scale: {kind: Deployment, name: web, replicas: 1}}
              - {at: 30s, scale: {kind: Deployment, name: web, replicas: 7}}
              - {at: 1m, scale: {kind: Deployment, name: web, replicas: 4}}
              - {cordon: {node: a1}}
            """)
        #expect(
            session.journal.map { (try? $0.result.get().message) ?? "" } == [
                "node/a1 cordoned", "deployment.apps/web scaled to 7", "deployment.apps/web scaled to 1",
                "deployment.apps/web scaled to 4",
            ])
        #expect(session.journal.map(\.time.sinceStart.seconds) == [0, 30, 60, 60])
        #expect(session.pods(app: "web").count == 4)
    }

    // MARK: Refusals

    @Test(arguments: [
        ("", nil), ("refused: true, ", nil), ("refused: would violate the pod's disruption budget, ", nil),
        (
            "refused: no such thing, ",
            "refused with \"Cannot evict pod as it would violate the pod's disruption budget.\", not with \"no such thing\""
        ),
        ("refused: false, ", nil),
    ])
    func `a refusal is told unless the scenario says so`(says: String, failure: String?) throws {
        var session = session(Self.text("  steps:\n  - {at: 1m, \(says)evict: {pod: NAME}}").replacing("NAME", with: "unknown"))
        session.run(to: 61)
        let unknown = session.script.failures.map(\.message)
        // Which pod the budget protects is known only once it runs: take its name from a first run.
        let name = try #require(session.pods(app: "web").first).name
        var again = ScenarioTests.play("  seed: 0\n  steps:\n  - {at: 1m, \(says)evict: {pod: \(name)}}")
        again.finishScript()
        let place = "test.yaml:8: spec.steps[0] evict: "
        let refusal = "refused: Cannot evict pod as it would violate the pod's disruption budget."
        if says.isEmpty || says.contains("false") {
            #expect(again.script.failures.map(\.message) == [place + refusal])
            #expect(unknown == ["test.yaml:7: spec.steps[0] evict: refused: pods \"unknown\" not found"])
        } else {
            #expect(again.script.failures.map(\.message) == (failure.map { [place + $0] } ?? []))
        }
        #expect(again.pods(app: "web").count == 3 && again.pod(name) != nil)
    }

    @Test func `a step that should be refused and is not is told`() {
        let session = Self.play("  steps:\n  - {at: 1m, refused: true, cordon: {node: a1}}")
        #expect(session.script.failures.map(\.message) == ["test.yaml:7: spec.steps[0] cordon: was to be refused, but: node/a1 cordoned"])
        #expect(session.script.failures.map(\.at) == [.start + .seconds(60)])
    }

    @Test func `of a refused list nothing is applied`() {
        let session = Self.play(
            """
              steps:
              - at: 1m
                refused: "spec.containers: Required value"
                apply: [{apiVersion: v1, kind: ConfigMap, metadata: {name: first}}, {apiVersion: v1, kind: Pod, metadata: {name: empty}}]
            """)
        #expect(session.script.failures == [])
        #expect(session.cluster.store.configMaps.all.allSatisfy { $0.metadata.name != "first" })
    }

    // MARK: Expectations

    @Test(
        arguments: [
            ("pods: {labelSelector: app=web, count: 3}", nil),
            ("pods: {labelSelector: app=web, count: 4}", "3 pods with app=web, expected 4"),
            ("pods: {labelSelector: 'app in (web,solo)', phase: Running, atLeast: 4}", nil),
            ("pods: {phase: Running, atLeast: 5}", "4 pods, phase Running, expected at least 5"),
            ("pods: {ready: false, atMost: 0}", nil),
            ("pods: {ready: true, atMost: 3}", "4 pods, ready, expected at most 3"),
            ("pods: {ready: false, count: 1}", "0 pods, not ready, expected 1"),
            ("pods: {namespace: kube-system, count: 1}", "0 pods in kube-system, expected 1"),
            ("pods: {labelSelector: app=solo, node: a1, zone: eu-a, count: 1}", nil),
            ("pods: {labelSelector: app=solo, node: a2, count: 1}", "0 pods with app=solo, on a2, expected 1"),
            ("pods: {labelSelector: app=solo, zone: eu-b, atLeast: 1}", "0 pods with app=solo, in zone eu-b, expected at least 1"),
            ("pods: {reason: Evicted, atLeast: 1}", "0 pods, reason Evicted, expected at least 1"),
            ("spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtMost: 0}", nil),
            (
                "spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, skewAtLeast: 1}",
                "skew of Deployment default/web over topology.kubernetes.io/zone is 0, expected at least 1"
            ),
            (
                "spread: {kind: Deployment, name: web, topologyKey: kubernetes.io/hostname, skewAtMost: 1}",
                "Deployment default/web has no spread constraint on kubernetes.io/hostname with pods"
            ),
            ("condition: {kind: Deployment, name: web, type: Available, status: 'True', reason: MinimumReplicasAvailable}", nil),
            ("condition: {kind: deploy, name: web, type: Progressing, status: 'True'}", nil),
            (
                "condition: {kind: Deployment, name: web, type: Available, status: 'False'}",
                "condition Available of Deployment default/web is True, expected False"
            ),
            (
                "condition: {kind: Node, name: a1, type: Ready, status: 'True', reason: Other}",
                "condition Ready of Node a1 has reason KubeletReady, expected Other"
            ),
            (
                "condition: {kind: Pod, name: solo, type: Nonsense, status: 'True'}",
                "condition Nonsense of Pod default/solo is absent, expected True"
            ),
            ("condition: {kind: Pod, name: gone, type: Ready, status: 'True'}", "Pod default/gone does not exist"),
            ("nodes: {count: 6, ready: true}", nil),
            ("nodes: {zone: eu-a, labelSelector: kubernetes.io/hostname!=a1, count: 2}", "1 nodes in zone eu-a with kubernetes.io/hostname!=a1, expected 2"),
            ("nodes: {ready: false, atLeast: 1}", "0 nodes, not ready, expected at least 1"),
            ("nodes: {atMost: 5}", "6 nodes, expected at most 5"),
            ("field: {kind: Deployment, name: web, path: status.readyReplicas, equals: 3, atLeast: 3, atMost: 3}", nil),
            (
                "field: {kind: deploy, name: web, path: status.readyReplicas, atLeast: 4}",
                "status.readyReplicas of Deployment default/web is 3, expected at least 4"
            ),
            ("field: {kind: Deployment, name: web, path: status.unavailableReplicas, atMost: 0}", nil),
            (
                "field: {kind: Deployment, name: web, path: status.unavailableReplicas, equals: 0}",
                "status.unavailableReplicas of Deployment default/web is absent, expected 0"
            ),
            (
                "field: {kind: Pod, name: solo, path: 'spec.containers[0].image', atMost: 3}",
                "spec.containers[0].image of Pod default/solo is \"example/solo:1\", which is no whole number"
            ),
            ("field: {kind: Pod, name: gone, path: spec, equals: 1}", "Pod default/gone does not exist"),
            ("spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, revision: newest, skewAtMost: 0}", nil),
            (
                "spread: {kind: Deployment, name: web, topologyKey: topology.kubernetes.io/zone, revision: newest, skewAtLeast: 1}",
                "skew of the newest revision of Deployment default/web over topology.kubernetes.io/zone is 0, expected at least 1"
            ),
            ("event: {reason: Scheduled}", nil),
            ("event: {reason: Scheduled, kind: Pod, name: solo, message: to a1, atLeast: 1, atMost: 1}", nil),
            ("event: {reason: Scheduled, atLeast: 5}", "4 events Scheduled, expected at least 5"),
            ("event: {reason: Scheduled, atMost: 3}", "4 events Scheduled, expected at most 3"),
            ("event: {reason: Scheduled, kind: Node}", "0 events Scheduled, expected at least 1"),
            ("event: {reason: FailedMount, atMost: 0}", nil),
        ] as [(String, String?)])
    func `an expectation holds or says what is different`(expectation: String, difference: String?) {
        let session = Self.play("  expect:\n  - \(expectation)", to: 60)
        let name = expectation.prefix { $0 != ":" }
        #expect(session.script.failures.map(\.message) == (difference.map { ["test.yaml:7: spec.expect[0] \(name): " + $0] } ?? []))
        #expect(session.script.passed == (difference == nil ? 1 : 0))
    }

    @Test(arguments: [
        ("pods: {labelSelector: app=wbe, phase: Pending, atMost: 0}", "there are no pods with app=wbe"),
        ("pods: {namespace: shpo, count: 0}", "there are no pods in shpo"), ("pods: {node: a9, count: 0}", "there is no node a9"),
        ("pods: {zone: mars, atMost: 0}", "no node is in zone mars"),
        ("nodes: {labelSelector: pool=gpu, ready: false, count: 0}", "there are no nodes with pool=gpu"),
        ("nodes: {zone: mars, atMost: 3}", "there are no nodes in zone mars"),
        ("event: {reason: Evicted, name: slo, atMost: 0}", "no object is called slo"),
        ("event: {reason: Evicted, kind: Pod, name: web, atMost: 0}", "no Pod is called web"),
    ])
    func `an expectation that matches nothing fails unless it says that this is meant`(expectation: String, why: String) {
        let name = expectation.prefix { $0 != ":" }
        let session = Self.play("  expect:\n  - \(expectation)", to: 60)
        #expect(session.script.failures.map(\.message) == ["test.yaml:7: spec.expect[0] \(name): matches nothing: \(why)"])
        let meant = Self.play("  expect:\n  - \(expectation.dropLast()), matchesNothing: true}", to: 60)
        #expect(meant.script.failures.isEmpty && meant.script.passed == 1)
    }

    @Test(arguments: [
        ("pods: {phase: Runing, atMost: 0}", "spec.expect[0].pods.phase: must be Pending, Running, Succeeded or Failed, not \"Runing\""),
        (
            "event: {reason: FailedSchedulling, atMost: 0}",
            "spec.expect[0].event.reason: no event has the reason \"FailedSchedulling\"; nearest: FailedScheduling"
        ),
        ("event: {reason: Killing, kind: Pdo, atMost: 0}", "spec.expect[0].event.kind: no kind is called Pdo"),
        (
            "field: {kind: Deployment, name: web, path: status.readyReplcas, atMost: 0}",
            "spec.expect[0].field.path: Deployment has no field status.readyReplcas"
        ),
        (
            "condition: {kind: Node, name: a1, type: Ready, status: 'Yes'}",
            "spec.expect[0].condition.status: must be True, False, Unknown or absent, not \"Yes\""
        ),
        ("at: 3m\n    nodes: {atLeast: 1}", "spec.expect[0].at: is after the end: spec.duration is 2m0s"),
    ])
    func `an expectation that could not hold otherwise is an error of the file`(expectation: String, problem: String) {
        let found = problems(Self.text("  duration: 2m\n  expect:\n  - \(expectation)"))
        #expect(found.map { $0.drop { $0 != "s" }.drop(while: { $0 != " " }).dropFirst() }.map(String.init) == [problem])
    }

    @Test func `what is not reached before the end fails`() {
        let text = "  steps:\n  - {at: 4m, cordon: {node: a1}}\n  expect:\n  - {at: 5m, nodes: {count: 6}}"
        let late = Self.play(text, to: 180)
        #expect(
            late.script.failures.map(\.message) == [
                "test.yaml:7: spec.steps[0] cordon: was not reached: it is 1m0s after the end",
                "test.yaml:9: spec.expect[0] nodes: was not reached: it is 2m0s after the end",
            ])
        // Who chooses an earlier end knows of the steps, but not that an expectation was not tried.
        var early = session(Self.text(text))
        early.run(to: 180)
        early.finishScript(early: true)
        #expect(early.script.failures.count == 1)
    }

    @Test func `a failure tells what was found and what would be needed`() throws {
        let big = deployment("big", replicas: 1, "nodeSelector: {size: big}")
        var session = session(Self.text("  expect:\n  - pods: {labelSelector: app=big, ready: true, count: 1}") + big)
        session.run(to: 60)
        session.finishScript()
        let failure = try #require(session.script.failures.first)
        #expect(failure.message == "test.yaml:7: spec.expect[0] pods: 0 pods with app=big, ready, expected 1")
        #expect(failure.evidence.count >= 2)
        #expect(failure.evidence.first?.contains("Pending: 0/6 nodes are available: 6 node(s) didn't match Pod's node affinity/selector.") ?? false)
        #expect(failure.evidence.last?.hasPrefix("needed: ") ?? false)
        #expect(session.script.outcomes.map(\.title) == ["test.yaml:7: spec.expect[0] pods"])
    }

    @Test func `an expectation is checked at its time, or at the end`() {
        let session = Self.play(
            """
              duration: 2m
              steps:
              - {at: 1m, scale: {kind: Deployment, name: web, replicas: 0}}
              expect:
              - {at: 59s, pods: {labelSelector: app=web, count: 3}}
              - {at: 59s, pods: {labelSelector: app=web, count: 0}}
              - {pods: {labelSelector: app=web, count: 0, matchesNothing: true}}
              - {pods: {labelSelector: app=web, count: 3}}
            """)
        #expect(session.script.duration == .minutes(2) && session.script.name == "test")
        #expect(
            session.script.failures.map { "\($0.at.sinceStart) \($0.message)" } == [
                "59s test.yaml:11: spec.expect[1] pods: 3 pods with app=web, expected 0",
                "3m0s test.yaml:13: spec.expect[3] pods: 0 pods with app=web, expected 3",
            ])
        #expect(session.script.passed == 2)
    }

    @Test func `an expectation that is repeated by going back is counted once`() {
        var session = Self.play("  expect:\n  - {at: 30s, pods: {labelSelector: app=web, count: 3}}", to: 60)
        session.rewind(to: .start + .seconds(10))
        session.run(to: 60)
        session.finishScript()
        #expect(session.script.passed == 1)
    }

    // MARK: Settings

    @Test func `a scenario sets seed, version, gates and nodes, and the command line wins`() {
        let text = scenario(
            """
              seed: "18446744073709551615"
              kubernetesVersion: "1.30"
              featureGates: {InPlacePodVerticalScaling: true}
              cluster: {zones: 2, nodesPerZone: 3}
            """)
        let set = ManifestReader.read(text: text, file: "test.yaml")
        let plain = Input(set)
        #expect(plain.problems.isEmpty)
        #expect(plain.options.seed == .max && plain.options.profile.version.minor == 30)
        #expect(plain.options.profile.isEnabled(.inPlacePodVerticalScaling))
        #expect(plain.shape == ClusterShape(zones: 2, nodes: 6))
        var overrides = InputOverrides()
        (overrides.seed, overrides.nodes, overrides.version) = (4, 5, KubernetesVersion(minor: 31))
        let changed = Input(set, overrides: overrides)
        #expect(changed.options.seed == 4 && changed.options.profile.version.minor == 31)
        #expect(changed.shape == ClusterShape(zones: 2, nodes: 5))
        let nodes = changed.makeSession().session.cluster.store.nodes.all
        #expect(nodes.map(\.metadata.name) == ["a1", "b1", "a2", "b2", "a3"])
        #expect(nodes.map(\.zone) == ["eu-a", "eu-b", "eu-a", "eu-b", "eu-a"])
    }

    @Test func `nodes in the files are all the nodes there are`() {
        let session = session(
            scenario("  cluster: {zones: 3}") + "---\napiVersion: v1\nkind: Node\nmetadata: {name: mine}\n")
        #expect(session.cluster.store.nodes.all.map(\.metadata.name) == ["mine"])
    }

    // MARK: Mistakes

    /// The fragment stands from line 5 on.
    @Test(arguments: [
        ("  stepz: []", "test.yaml:5: spec.stepz: "),
        ("  steps:\n  - {at: 1m, scail: {name: web}}", "test.yaml:6: spec.steps[0].scail: "),
        ("  steps:\n  - at: 1m\n    scale:\n      kind: Deployment\n      name: web\n      replicaz: 3", "test.yaml:10: spec.steps[0].scale.replicaz: "),
        ("  steps:\n  - {at: soon, cordon: {node: a1}}", "test.yaml:6: spec.steps[0].at: "),
        ("  steps:\n  - {at: -5s, cordon: {node: a1}}", "test.yaml:6: spec.steps[0].at: must not be before the start"),
        ("  steps:\n  - {at: 1m}", "test.yaml:6: spec.steps[0]: needs exactly one action"),
        ("  steps:\n  - {cordon: {node: a1}, uncordon: {node: a1}}", "test.yaml:6: spec.steps[0]: needs exactly one action"),
        ("  steps:\n  - {scale: {kind: Widget, name: w, replicas: 1}}", "test.yaml:6: spec.steps[0].scale.kind: \"Widget\" is not a kind that is acted on"),
        ("  steps:\n  - {fail: {}}", "test.yaml:6: spec.steps[0].fail: needs exactly one of node, zone, kubelet"),
        ("  steps:\n  - {recover: {node: a1, zone: eu-a}}", "test.yaml:6: spec.steps[0].recover: needs exactly one of node, zone, kubelet"),
        (
            "  steps:\n  - {delete: {kind: Pod, name: p, propagationPolicy: Maybe}}",
            "test.yaml:6: spec.steps[0].delete.propagationPolicy: must be Background, Foreground or Orphan, not \"Maybe\""
        ),
        ("  steps:\n  - {refused: 3, cordon: {node: a1}}", "test.yaml:6: spec.steps[0].refused: must be true or part of the message"),
        (
            "  steps:\n  - apply:\n    - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n    - {apiVersion: v1, kind: Pod, metadata: {name: b}, spac: {}}",
            "test.yaml:8: spec.steps[0].apply[1]: "
        ),
        ("  expect:\n  - {at: 3m}", "test.yaml:6: spec.expect[0]: needs exactly one of spread, pods, condition, event, nodes, field"),
        (
            "  expect:\n  - {pods: {count: 1}, event: {reason: Killing}}",
            "test.yaml:6: spec.expect[0]: needs exactly one of spread, pods, condition, event, nodes, field"
        ),
        (
            "  expect:\n  - pods:\n      count: 1\n      labelSelector: 'a in'",
            "test.yaml:8: spec.expect[0].pods.labelSelector: \"a in\" is not a label selector"
        ),
        ("  expect:\n  - {pods: {phase: Running}}", "test.yaml:6: spec.expect[0].pods: needs count, atLeast or atMost"),
        ("  expect:\n  - {spread: {kind: Deployment, name: web, topologyKey: x}}", "test.yaml:6: spec.expect[0].spread: needs skewAtMost or skewAtLeast"),
        ("  expect:\n  - {at: -1s, pods: {count: 1}}", "test.yaml:6: spec.expect[0].at: must not be before the start"),
        ("  seed: -1", "test.yaml:5: spec.seed: must be a whole number, 0 or more"),
        ("  seed: 1.5", "test.yaml:5: spec.seed: must be a whole number, 0 or more"),
        ("  kubernetesVersion: '1.9'", "test.yaml:5: spec.kubernetesVersion: "),
        ("  featureGates: {NoSuchGate: true}", "test.yaml:5: spec.featureGates: "),
        ("  cluster: {zones: 0}", "test.yaml:5: spec.cluster.zones: must be 1 to 26, not 0"),
        ("  cluster: {zones: 27}", "test.yaml:5: spec.cluster.zones: must be 1 to 26, not 27"),
        ("  cluster:\n    zones: 3\n    nodesPerZone: -2", "test.yaml:7: spec.cluster.nodesPerZone: must be 1 to 10000, not -2"),
        ("  duration: -1m", "test.yaml:5: spec.duration: must not be negative"),
    ])
    func `a mistake is told with file, line and field`(fragment: String, problem: String) {
        let found = problems(scenario(fragment))
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
    }

    @Test func `one scenario is enough`() {
        let found = problems(scenario("  seed: 1") + "---\n" + scenario("  seed: 2"))
        #expect(found == ["test.yaml:7: a second Scenario; there can be one"])
    }
}
