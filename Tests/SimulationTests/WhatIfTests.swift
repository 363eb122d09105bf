import ControlPlane
import KubernetesAPI
import Manifests
import Scheduling
import Simulation
import SimulationKit
import Testing

/// Changes that are tried on a fork: the answer is what would happen, and nothing of the session changes.
@Suite struct WhatIfTests {
    static let web = Workload(kind: "Deployment", namespace: "default", name: "web")

    /// Three zones with so many nodes; `web` spread over them.
    static func cluster(_ nodesPerZone: Int, replicas: Int, _ more: String = "", extra: String = "") -> Session {
        var session = session(
            scenario("  cluster: {zones: 3, nodesPerZone: \(nodesPerZone)}") + deployment("web", replicas: replicas, zoneSpread("web", more)) + extra)
        session.run(to: 120)
        #expect(session.pods(app: "web").count { $0.isReady } == replicas)
        return session
    }
    static func budget(_ spec: String) -> String {
        """
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: web}
        spec: {\(spec), selector: {matchLabels: {app: web}}}

        """
    }
    static func answer(_ session: Session, _ question: WhatIf) -> WhatIfAnswer { question.answer(from: WhatIf.Present(session.simulation)) }

    @Test func `asking changes nothing of the session`() {
        let session = Self.cluster(2, replicas: 6)
        let before = session.objects
        let node = session.node("a1")
        for question in WhatIf.questions(about: node, session.simulation) + WhatIf.questions(about: Self.web, WhatIf.Present(session.simulation)) {
            _ = Self.answer(session, question)
        }
        #expect(session.objects == before && session.simulation.eventsRun == session.simulation.eventsRun)
        var other = Self.cluster(2, replicas: 6)
        var same = session
        other.run(to: 600)
        same.run(to: 600)
        #expect(other.objects == same.objects)
    }

    @Test func `the prediction of a drain is the drain`() {
        var session = Self.cluster(2, replicas: 9, extra: Self.budget("maxUnavailable: 1"))
        let question = WhatIf.drain("b1")
        let answer = Self.answer(session, question)
        #expect(answer.refusal == nil && answer.isSettled && answer.pending.isEmpty)
        let before = session.pods(app: "web").count { $0.nodeName == "b1" }
        #expect(before > 0 && answer.moved == before)
        let difference = answer.nodes.first { $0.name == "b1" }
        #expect(difference?.before == "Ready" && difference?.after == "cordoned")
        #expect(difference?.pods.first { $0.workload == Self.web }.map { [$0.before, $0.after] } == [before, 0])

        _ = session.perform(question.commands[0])
        session.advance(to: session.now + answer.ran)
        for node in answer.nodes {
            let now = session.pods(app: "web").count { $0.nodeName == node.name && $0.isActive }
            if let pods = node.pods.first(where: { $0.workload == Self.web }) { #expect(now == pods.after, "\(node.name)") }
        }
        // The budget lets one go at a time, and each is back before the next.
        #expect(answer.workload(Self.web)?.lowest == 8 && answer.workload(Self.web)?.readyAfter == 9)
    }

    @Test func `a drain that a hard constraint and a budget stop is told with both`() throws {
        let session = Self.cluster(1, replicas: 15, extra: Self.budget("maxUnavailable: 1"))
        let answer = Self.answer(session, WhatIf.drain("c1"))
        let message = try #require(answer.pending.first).message
        #expect(answer.pending.count == 1 && message.contains("didn't match pod topology spread constraints"))
        #expect(answer.blocked.map(\.budget.name) == ["web"] && answer.blocked[0].pods.count == 4)
        #expect(answer.workload(Self.web)?.readyAfter == 14)
    }

    @Test func `pods whose Deployment is deleted are told as its pods`() throws {
        let session = Self.cluster(1, replicas: 3)
        let answer = Self.answer(session, WhatIf("delete web", [.delete(.deployment, Self.web.key, DeleteOptions())]))
        #expect(answer.workloads.map(\.workload) == [Self.web])
        let row = try #require(answer.workloads.first)
        #expect((row.readyBefore, row.readyAfter, row.counts.gone) == (3, 0, 3))
    }

    @Test(arguments: ["OrderedReady", "Parallel"]) func `pods that are made one after another wait for the first`(policy: String) {
        let large = """
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: large}
            spec:
              replicas: 1
              podManagementPolicy: \(policy)
              serviceName: large
              selector: {matchLabels: {app: large}}
              template:
                metadata: {labels: {app: large}}
                spec: {containers: [{name: c, image: "c:1", resources: {requests: {cpu: 99}}}]}

            """
        let session = Self.cluster(1, replicas: 3, extra: large)
        let answer = Self.answer(session, WhatIf("scale", [.scale(.statefulSet, ObjectKey(namespace: "default", name: "large"), replicas: 4)]))
        if policy == "Parallel" {
            #expect(answer.heldBack.isEmpty && answer.pending.count == 4)
        } else {
            #expect(answer.pending.count == 1 && answer.heldBack.map { [$0.count, $0.before] } == [[3, 0]])
            #expect(answer.heldBack.first?.message == "each waits for the one before it, and large-0 is not ready")
        }
    }

    @Test func `a quota that keeps a drained pod from coming back is the reason`() throws {
        var session = Self.cluster(2, replicas: 6)
        let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: small, namespace: default}, spec: {hard: {pods: 5}}}"
        _ = try session.perform(.apply(ManifestReader.read(text: quota, file: "quota.yaml").documents.map(\.json))).get()
        session.advance(to: session.now + .seconds(30))
        let held = Self.answer(session, .drain("a1")).heldBack
        #expect(held.map(\.workload) == [Self.web] && held.map(\.before) == [0] && held.map(\.count) == [1])
        #expect(held.first?.message.hasPrefix("exceeded quota: small, requested: pods=1, used: pods=5") == true)
        #expect(Self.answer(Self.cluster(2, replicas: 6), .drain("a1")).heldBack.isEmpty)
    }

    @Test func `with nodeTaintsPolicy Honor the same drain goes through`() {
        let session = Self.cluster(1, replicas: 15, ", nodeTaintsPolicy: Honor", extra: Self.budget("maxUnavailable: 1"))
        let answer = Self.answer(session, WhatIf.drain("c1"))
        #expect(answer.pending.isEmpty && answer.blocked.isEmpty && answer.moved == 5)
        #expect(answer.workload(Self.web)?.after?.byZone.domains.map(\.ready) == [8, 7])
    }

    @Test func `losing a zone waits for the taint's tolerance, and tells what stays pending`() throws {
        let session = Self.cluster(2, replicas: 6)
        let answer = Self.answer(session, WhatIf("lose zone eu-a", [.fail(.zone("eu-a"))]))
        #expect(answer.pending.count == 2 && answer.pendingBefore == 0)
        #expect(answer.took > .seconds(300) && answer.isSettled)
        let web = try #require(answer.workload(Self.web))
        #expect(web.readyBefore == 6 && web.lowest == 4 && web.readyAfter == 4)
        #expect((Duration.seconds(40)...Duration.seconds(60)).contains(web.lowestAfter))
        #expect(answer.nodes.filter { $0.after == "NotReady" }.map(\.name) == ["a1", "a2"])
    }

    @Test func `the pods of a deleted node are collected, and replaced`() throws {
        let session = Self.cluster(2, replicas: 6)
        let node = try #require(session.pods(app: "web").first).nodeName
        let here = session.pods(app: "web").count { $0.nodeName == node }
        let answer = Self.answer(session, WhatIf("delete node", [.delete(.node, ObjectKey(name: node), DeleteOptions())]))
        let web = try #require(answer.workload(Self.web))
        #expect(web.moved == here && web.readyAfter == 6 && answer.isSettled)
        // The garbage collector leaves them 40 s, and looks each 20 s.
        #expect((Duration.seconds(40)...Duration.seconds(90)).contains(answer.took))
    }

    @Test(arguments: [30, 600]) func `a taint drives pods out when what they tolerate of it is over`(seconds: Int) throws {
        let toleration = "tolerations: [{key: retired, operator: Exists, effect: NoExecute, tolerationSeconds: \(seconds)}]"
        var session = session(scenario("  cluster: {zones: 3, nodesPerZone: 2}") + deployment("web", replicas: 6, toleration) + deployment("api", replicas: 6))
        session.run(to: 120)
        let node = try #require(session.pods(app: "web").first).nodeName
        func here(_ app: String) -> Int { session.pods(app: app).count { $0.nodeName == node } }
        let question = WhatIf("retire", [.taint(node: node, Taint(key: "retired", value: "", effect: TaintEffect.noExecute))])
        let answer = question.answer(from: WhatIf.Present(session.simulation), limit: .minutes(20))
        #expect(answer.isSettled)
        #expect(answer.workload(Workload(kind: "Deployment", namespace: "default", name: "api"))?.moved ?? 0 == here("api"))
        // Pods that tolerate it for a time may be bound there again, and driven out again.
        #expect(answer.workload(Self.web)?.moved ?? 0 == here("web"))
        #expect(answer.took >= .seconds(seconds))
    }

    @Test func `a zone is lost of which only the last node has pods that go`() throws {
        var session = session(
            scenario("  cluster: {zones: 2, nodesPerZone: 8}\n")
                + deployment(
                    "web", replicas: 1,
                    "nodeSelector: {kubernetes.io/hostname: a8}\n      tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 500}]"
                ))
        session.run(to: 120)
        #expect(session.pods(app: "web").map(\.nodeName) == ["a8"])
        let answer = WhatIf("lose zone eu-a", [.fail(.zone("eu-a"))]).answer(from: WhatIf.Present(session.simulation), limit: .minutes(20))
        #expect(answer.pending.map(\.workload) == [Self.web] && answer.isSettled)
    }

    @Test func `a soft constraint lets the replacements land elsewhere`() throws {
        let text =
            "topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]"
        var session = session(scenario("  cluster: {zones: 3, nodesPerZone: 2}") + deployment("web", replicas: 6, text))
        session.run(to: 120)
        let answer = Self.answer(session, WhatIf("lose zone eu-a", [.fail(.zone("eu-a"))]))
        let web = try #require(answer.workload(Self.web))
        #expect(answer.pending.isEmpty && web.readyAfter == 6 && web.moved == 2)
        #expect(web.after?.byZone.domains.map(\.ready) == [3, 3])
    }

    @Test func `scaling tells placements and skew`() throws {
        let session = Self.cluster(2, replicas: 6)
        let answer = Self.answer(session, .scale(.deployment, Self.web.key, from: 6, to: 8))
        #expect(answer.workload(Self.web)?.readyAfter == 8 && answer.isSettled)
        #expect(answer.nodes.flatMap(\.pods).reduce(0) { $0 + $1.after - $1.before } == 2)
        let zone = try #require(answer.spread.first { !$0.group.isDefault })
        #expect(zone.before?.skewNow == 0 && zone.after?.skewNow == 1)
    }

    @Test func `a smaller maxSkew or more minDomains are rolled out on the fork`() throws {
        let session = Self.cluster(2, replicas: 6)
        let present = WhatIf.Present(session.simulation)
        let group = try #require(present.spread(of: Self.web).first { !$0.isDefault })
        let questions = WhatIf.questions(about: group, session.cluster.store)
        let loose = try #require(questions.first { $0.title == "maxSkew 1 to 2 on zone" }).answer(from: present)
        #expect(loose.pending.isEmpty && loose.moved == 6)
        let four = try #require(questions.first { $0.title == "minDomains unset to 2 on zone" }).answer(from: present)
        #expect(four.pending.isEmpty)
    }

    @Test func `a refused change says why and is not run`() {
        let session = Self.cluster(1, replicas: 3)
        let answer = Self.answer(session, WhatIf("drain", [.drain(node: "nowhere", Drain.Options())]))
        #expect(answer.refusal == "nodes \"nowhere\" not found" && answer.nodes.isEmpty && answer.ran == .zero)
    }

    @Test func `what changed is all that is told`() {
        let session = Self.cluster(2, replicas: 6, extra: deployment("other", replicas: 3))
        let answer = Self.answer(session, .scale(.deployment, Self.web.key, from: 6, to: 7))
        #expect(answer.workloads.map(\.workload) == [Self.web] && answer.nodes.count == 1)
    }

    // MARK: In order

    private func inOrder(_ commands: [Command], _ session: Session) -> WhatIfAnswer {
        var question = WhatIf("several", commands)
        question.isInOrder = true
        return Self.answer(session, question)
    }

    @Test func `evictions are asked for one after another, and a refusal stops none of them`() throws {
        let session = Self.cluster(2, replicas: 4, extra: Self.budget("maxUnavailable: 30%"))
        let pods = session.pods(app: "web").map(\.key)
        let answer = inOrder(pods.map { .evict(pod: $0) }, session)
        // 30 % of four are two, rounded up: seen of a real control plane.
        #expect(answer.evictions.map { $0.refusal?.code } == [nil, nil, 429, 429])
        #expect(answer.evictions.map(\.pod) == pods)
        #expect(answer.evictions[2].words.hasSuffix("(The disruption budget web needs 2 healthy pods and has 2 currently)"))
        let counts = try #require(answer.workload(Self.web)?.counts)
        #expect(counts.gone == 2 && counts.new == 2 && counts.terminating == 0 && counts.pending == 0)
        #expect(counts.zones.reduce(0) { $0 + $1.pods } == 4)
    }

    @Test func `nodes that are lost one after another are lost at once`() throws {
        let session = Self.cluster(2, replicas: 6)
        let answer = inOrder([.fail(.node("a1")), .fail(.node("b1"))], session)
        let counts = try #require(answer.workload(Self.web)?.counts)
        // One after another the second would take pods of the first along.
        #expect(counts.new == 2 && counts.terminating == 2 && counts.gone == 0)
        #expect(answer.took < .minutes(8) && answer.isSettled)
    }

    @Test func `a moment at which nothing moves before more comes is told`() throws {
        let brief = "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 15}]"
        let session = session(
            scenario("  cluster: {zones: 3, nodesPerZone: 1}") + deployment("web", replicas: 3, zoneSpread("web")) + deployment("brief", replicas: 3, brief))
        var started = session
        started.run(to: 120)
        let answer = inOrder([.fail(.zone("eu-a"))], started)
        let rest = try #require(answer.rests.first)
        let early = Workload(kind: "Deployment", namespace: "default", name: "brief")
        #expect(answer.rests.count == 1 && rest.after < .minutes(3) && answer.took > .minutes(5))
        #expect(rest.workloads.map(\.workload) == [early] && rest.workloads[0].counts.terminating > 0)
        #expect(rest.pending.isEmpty && answer.workload(Self.web)?.counts.terminating == 1)
    }

    @Test func `a drain that kubectl refuses leaves the node cordoned`() throws {
        let bare = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {nodeName: a1, containers: [{name: c, image: i}]}\n"
        var session = Self.cluster(1, replicas: 3, extra: bare)
        let command = Command.drain(node: "a1", .init(ignoreDaemonSets: true))
        let answer = inOrder([command], session)
        let why = "cannot delete Pods that declare no controller (use --force to override): default/bare"
        #expect(answer.drains.map(\.failure) == [why])
        #expect(answer.nodes.map(\.after) == ["cordoned"] && answer.workloads.isEmpty)
        guard case .success(let receipt) = session.perform(command) else { return #expect(Bool(false)) }
        #expect(receipt.message.hasSuffix(why) && session.node("a1").spec.unschedulable)
    }

    @Test func `the drain of a dead node waits until its time is over`() throws {
        let session = Self.cluster(2, replicas: 6)
        var dead = session
        _ = dead.perform(.fail(.node("a1")))
        dead.advance(to: dead.now + .minutes(2))
        let pod = try #require(dead.pods(app: "web").first { $0.nodeName == "a1" })
        let answer = inOrder([.drain(node: "a1", .init(ignoreDaemonSets: true, timeout: .seconds(40)))], dead)
        let why = "error when waiting for pod \"\(pod.name)\" in namespace \"default\" to terminate: context deadline exceeded"
        #expect(answer.drains.map(\.failure) == [why])
        #expect(answer.drains[0].lines.last == why)
    }

    @Test func `a lost node that is deleted takes what ends on it along`() throws {
        let session = Self.cluster(2, replicas: 6)
        let answer = inOrder([.fail(.node("a1")), .delete(.node, ObjectKey(name: "a1"), DeleteOptions())], session)
        let counts = try #require(answer.workload(Self.web)?.counts)
        #expect(counts.gone == 1 && counts.new == 1 && counts.terminating == 0)
    }
}
