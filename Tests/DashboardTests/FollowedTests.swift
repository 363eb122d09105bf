// A dashboard on a cluster that is followed: what it shows, what it refuses to do, and how one goes back.

import Canvas
import ControlPlane
import Dashboard
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit
import Testing

@Suite struct FollowedTests {
    /// A user whose dashboard follows the built-in cluster.
    private struct User {
        var dashboard: Dashboard
        var size = Size(width: 120, height: 36)
        var now: Instant
        var status = LiveStatus()

        init() throws {
            let built = try #require(PictureTests.dashboards["block"]).session
            now = built.now
            var options = SimulationOptions()
            options.origin = now
            options.profile = built.cluster.profile
            var shown = DashboardOptions()
            shown.name = "prod"
            dashboard = Dashboard(session: Session(.mirroring(options)), options: shown)
            dashboard.beginFollowing("prod", kubectl: "kubectl --context prod")
            var changes: [MirrorChange] = []
            for kind in KindInfo.all where kind.type != .secret && kind.type != .configMap {
                for object in built.cluster.store.objects(kind.type) { changes.append(.put(try Self.told(built.simulation.document(of: object)))) }
            }
            tell(changes)
            _ = dashboard.frame(size: size)
        }
        /// An object as a list or watch tells it.
        static func told(_ document: JSONValue) throws -> StateObject {
            try #require(StateObject.read(ManifestDocument(source: "test", json: document)).object)
        }
        mutating func tell(_ changes: [MirrorChange], after span: SimulationKit.Duration = .seconds(2)) {
            now = now + span
            dashboard.advance(by: span) { false }
            dashboard.follow(LiveUpdate(changes: changes, status: status), at: now)
        }
        mutating func press(_ keys: String) throws -> String {
            try dashboard.press(keys)
            return dashboard.frame(size: size).picture()
        }
        var pods: Int { dashboard.session.cluster.store.pods.count }
        /// What was sent to the clipboard.
        mutating func copied() -> String? {
            var text: String?
            while let request = dashboard.takeRequest() { if case .copy(let own) = request { text = own } }
            return text
        }
    }

    @Test func `the header says where it comes from, and that nothing can be changed`() throws {
        var user = try User()
        let head = try #require(try user.press(":po<Enter>").split(separator: "\n").first)
        #expect(head.contains("live:prod") && head.contains(" RO") && head.contains("pods 55") && !head.contains("seed") && !head.contains("paused"))
    }

    @Test func `what would change the cluster is shown as a line of kubectl`() throws {
        var user = try User()
        let before = user.dashboard.session.cluster.store.revision
        #expect(try user.press(":deploy<Enter>/web<Enter>s").contains("Scale"))
        let screen = try user.press("<ctrl-u>3<Enter><Enter>")
        #expect(screen.contains("With kubectl") && screen.contains("kubectl --context prod scale deployments.apps/web --replicas=3 -n shop"))
        #expect(try !user.press("<Enter>").contains("With kubectl"))
        #expect(user.copied() == "kubectl --context prod scale deployments.apps/web --replicas=3 -n shop")
        #expect(try user.press(":cordon a1<Enter>").contains("kubectl --context prod cordon a1"))
        #expect(try user.press("<Esc>:po<Enter>l").contains("kubectl --context prod logs --follow"))
        #expect(try user.press("<Esc>s").contains("kubectl --context prod exec -it"))
        #expect(try user.press("<Esc>e").contains("kubectl --context prod edit pods/"))
        #expect(try user.press("<Esc>:demand web 500m<Enter>").contains("Only a simulation can do that"))
        #expect(try user.press("U").contains("nothing to undo"))
        #expect(user.dashboard.session.cluster.store.revision == before)
        #expect(user.dashboard.session.journal.allSatisfy { if case .mirror = $0.command { true } else { false } })
    }

    @Test func `questions are answered on a fork, and nothing moves`() throws {
        var user = try User()
        #expect(try user.press("B").contains("uncordon c2"))
        #expect(try user.press("<Esc>W").contains("Why"))
        #expect(!user.dashboard.session.simulation.awake.isMirror)
        let fork = Fork(of: user.dashboard.session.simulation)
        #expect(!fork.simulation.isMirror && fork.simulation.cluster.store.pods.count == 55)
        user.tell([], after: .minutes(10))
        #expect(user.pods == 55 && user.dashboard.session.simulation.nextDue == nil)
    }

    @Test func `one goes back over all that was seen, while more comes in`() throws {
        var user = try User()
        let pod = try #require(user.dashboard.session.cluster.store.pods.sorted(namespace: "shop").first)
        user.tell([], after: .seconds(20))
        user.tell([.remove(.pod, pod.key)])
        #expect(user.pods == 54)
        user.tell([], after: .seconds(3))
        #expect(try user.press("{").contains("seen 10 s ago"))
        #expect(user.pods == 55)
        user.tell([.remove(.pod, try #require(user.dashboard.session.cluster.store.pods.sorted(namespace: "shop").last).key)])
        #expect(user.pods == 55)
        #expect(try user.press(",").contains("The present"))
        #expect(user.pods == 53)
        // Stopped, and stepped through.
        #expect(try user.press(",").contains("Stopped"))
        #expect(try user.press(":time 5s<Enter>").contains("pods 55"))
        #expect(try user.press("}}}}}}").split(separator: "\n").first?.contains("seen") == false)
        #expect(user.pods == 53)
    }

    @Test func `a branch is a simulation of its own, and the cluster is followed behind it`() throws {
        var user = try User()
        let screen = try user.press(":branch<Enter>")
        let head = try #require(screen.split(separator: "\n").first)
        #expect(head.contains("prod@") && head.contains(" RW") && head.contains("paused"))
        #expect(try user.press(":cordon a1<Enter>").contains("node/a1 cordoned"))
        try user.dashboard.press("<wait:10m>")
        user.tell([.remove(.pod, try #require(user.dashboard.session.cluster.store.pods.sorted(namespace: "shop").last).key)])
        #expect(try user.press(":live<Enter>").split(separator: "\n").first?.contains("live:prod") == true)
        #expect(user.pods <= 55 && user.dashboard.session.simulation.isMirror)
    }

    @Test func `a lost connection is seen`() throws {
        var user = try User()
        user.status.heard = user.now
        user.status.lost = LiveStatus.Loss(since: user.now, why: "connection refused")
        user.tell([], after: .seconds(43))
        let screen = try user.press("<Esc>")
        #expect(screen.split(separator: "\n").first?.contains("LOST 43 s") == true)
        user.status.lost = nil
        user.status.heard = user.now
        user.tell([])
        #expect(try user.press(":po<Enter>").split(separator: "\n").first?.contains("2 s old") == true)
    }

    @Test(arguments: [
        (
            Command.evict(pod: ObjectKey(namespace: "shop", name: "web-1")),
            "echo '{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\"}}' | kubectl create --raw /api/v1/namespaces/shop/pods/web-1/eviction -f -"
        ),
        (.drain(node: "a1", .init(ignoreDaemonSets: true, deleteEmptyDirData: true)), "kubectl drain a1 --ignore-daemonsets --delete-emptydir-data"),
        (.taint(node: "a1", Taint(key: "k", value: "v", effect: "NoSchedule")), "kubectl taint nodes a1 k=v:NoSchedule"),
        (.restart(.statefulSet, ObjectKey(namespace: "shop", name: "db")), "kubectl rollout restart statefulsets.apps/db -n shop"),
        (
            .setImage(.deployment, ObjectKey(namespace: "shop", name: "web"), container: "c", image: "a b'c"),
            #"kubectl set image deployments.apps/web 'c=a b'\''c' -n shop"#
        ),
        (
            .resize(pod: ObjectKey(namespace: "shop", name: "db-0"), [ContainerResize("db", requests: ["cpu": Quantity(milli: 1500)])]),
            #"kubectl patch pod db-0 --subresource=resize -p '{"spec":{"containers":[{"name":"db","resources":{"requests":{"cpu":"1500m"}}}]}}' -n shop"#
        ),
        (
            .delete(.pod, ObjectKey(namespace: "shop", name: "db-0"), DeleteOptions(gracePeriodSeconds: 0)),
            "kubectl delete pods/db-0 --grace-period=0 --force -n shop"
        ),
    ])
    func `commands are written as kubectl takes them`(command: Command, line: String) {
        #expect(KubectlText.lines(command, kubectl: "kubectl", in: Cluster()) == [line])
    }
}
