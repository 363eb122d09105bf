import Canvas
import KubernetesAPI
import ControlPlane
import Dashboard
import Manifests
import Simulation
import SimulationKit
import Testing

/// Flows by keys on the built-in cluster: what k9s users' fingers expect.
@Suite struct KeyTests {
    private struct User {
        var dashboard: Dashboard
        var size = Size(width: 120, height: 36)
        init() throws {
            dashboard = try #require(PictureTests.dashboards["block"])
            _ = dashboard.frame(size: size)
        }
        /// Presses keys and answers what the screen shows.
        mutating func press(_ keys: String) throws -> String {
            try dashboard.press(keys)
            return dashboard.frame(size: size).picture()
        }
        /// The row under the cursor, or with the title.
        mutating func line(_ mark: String) -> String {
            dashboard.frame(size: size).picture().split(separator: "\n").first { $0.contains(mark) }.map(String.init) ?? ""
        }
    }

    @Test func `Esc in the filter prompt clears the filter, Enter keeps it`() throws {
        var user = try User()
        #expect(try user.press(":po<Enter>/web").contains("15 of 55 shown"))
        #expect(try !user.press("<Esc>").contains("shown ─"))
        #expect(try user.press("/web<Enter>").contains("</web>"))
        #expect(try !user.press("<Esc>").contains("</web>"))
    }

    @Test func `a filter that cannot be read keeps the last result`() throws {
        var user = try User()
        #expect(try user.press(":po<Enter>/web").contains("15 of 55 shown"))
        #expect(try user.press("(").contains("15 of 55 shown"))
    }

    @Test func `filters take patterns, inverse, fuzzy, labels and typed terms`() throws {
        for (filter, count) in [
            ("web", 15), ("!web", 40), ("-f wb", 15), ("app=web", 15), ("-l app in (web,api)", 21), ("status:pending", 1), ("node:c3", 6),
            ("zone:eu-c status:running", 16),
            ("WEB", 0),
        ] {
            var user = try User()
            let screen = try user.press(":po<Enter>/\(filter)<Enter>")
            #expect(screen.contains("\(count) of 55 shown"), "\(filter): \(user.line("Pods("))")
        }
        var user = try User()
        #expect(try user.press(":po<Enter>/age<lt>1m<Enter>").contains("of 55 shown"))
        #expect(try user.press("<Esc>/cpu>400m<Enter>").contains("of 55 shown"))
    }

    @Test func `a command takes namespace, filter, labels and context in any order`() throws {
        var user = try User()
        #expect(try user.press(":po /web shop<Enter>").contains("Pods(shop)"))
        #expect(user.line("Pods(").contains("</web>"))
        #expect(try user.press(":po -f wb @three-zones all<Enter>").contains("</-f wb>"))
        #expect(try user.press(":po 'app in (web,api)'<Enter>").contains("21 of 55 shown"))
        #expect(try user.press(":po shop,kube-system<Enter>").contains("Pods(shop,kube-system)"))
        #expect(try user.press(":po !kube-system<Enter>").contains("Pods(!kube-system)"))
    }

    @Test(arguments: [
        ("dp", "Deployments("), ("sec", "Secrets("), ("jo", "Jobs("), ("np", "NetworkPolicies("), ("v1/pods", "Pods("), ("apps/v1/deployments", "Deployments("),
        ("DEPLOY", "Deployments("),
    ])
    func `k9s' short forms are known`(name: String, title: String) throws {
        var user = try User()
        #expect(try user.press(":\(name)<Enter>").contains(title), "\(user.line("╭"))")
    }

    @Test func `a bookmark comes back with cursor, filter and namespace`() throws {
        var user = try User()
        _ = try user.press(":po shop /web<Enter>jjma")
        let row = user.line("▸")
        #expect(try user.press("D").contains("<deck>"))
        #expect(try user.press("'").contains("Go to bookmark"))
        #expect(try user.press("a").contains("</web>"))
        #expect(user.line("▸") == row)
        #expect(try user.press("'b").contains("There is no bookmark b"))
    }

    @Test func `Z gives the focused pane the whole view`() throws {
        var user = try User()
        let zoomed = try user.press("Z")
        #expect(zoomed.contains("Spread  7 constraints") && !zoomed.contains("╭─ Events"))
        #expect(try user.press("Z").contains("╭─ Events"))
    }

    @Test func `saving a table asks for the format`() throws {
        var user = try User()
        #expect(try user.press(":ns<Enter><C-s>").contains("Format"))
        _ = try user.press("<Tab><Right><Tab><Tab><Tab><Enter>")
        let file = try #require(user.dashboard.fileToWrite)
        #expect(file.name == "namespaces.json")
        #expect(file.content.contains("\"kind\": \"List\""))
    }

    @Test func `marks drop with their objects, and the cursor stays on its object`() throws {
        var user = try User()
        // Two pods above the cursor are marked and deleted; the cursor stays where it looks.
        _ = try user.press(":po shop /web<Enter>  jjj")
        let name = user.line("▸").prefix(24)
        #expect(user.line("Pods(").contains("2 marked"))
        _ = try user.press("<C-d>y<wait:2m>")
        #expect(!user.line("Pods(").contains("marked"))
        #expect(user.line("▸").prefix(24) == name)
    }

    @Test func `deleting starts on Cancel and swallows keys that were typed before it was seen`() throws {
        var user = try User()
        let before = user.dashboard.session.cluster.store.pods.count
        #expect(try user.press(":po<Enter><C-d>").contains("─ Delete"))
        #expect(try !user.press("<Enter>").contains("─ Delete"))
        user.dashboard.handle(.key(.control("d")))
        user.dashboard.handle(.key(.character("y")))
        #expect(user.dashboard.frame(size: user.size).picture().contains("─ Delete"))
        #expect(user.dashboard.session.cluster.store.pods.count == before)
    }

    @Test func `more than ten objects are deleted only with their number typed`() throws {
        var user = try User()
        #expect(try user.press(":po shop<Enter>                <C-d>").contains("Type the number"))
        #expect(try user.press("y").contains("Type 16 to delete"))
    }

    @Test func `what uses an object is shown`() throws {
        var user = try User()
        #expect(try user.press(":pvc<Enter>u").contains("using data-db-0"))
    }

    @Test func `nothing is changed when only reading`() throws {
        var options = DashboardOptions()
        options.readOnly = true
        var dashboard = Dashboard(session: try #require(PictureTests.dashboards["block"]).session, options: options)
        let size = Size(width: 120, height: 36)
        for keys in [":po<Enter><C-d>", "<C-k>", "V", "R", ":deploy<Enter>s", "r", ":no<Enter>c", "r", "C", "I", "U", ":drain a1<Enter>", ":cordon a1<Enter>"] {
            let commands = dashboard.session.journal.count
            try dashboard.press(keys)
            #expect(dashboard.frame(size: size).picture().contains("Read-only: nothing can be changed"), "\(keys)")
            #expect(dashboard.session.journal.count == commands)
        }
        // Saving writes a file, not the cluster.
        try dashboard.press(":po<Enter><C-s>")
        #expect(dashboard.frame(size: size).picture().contains("─ Save"))
    }

    @Test func `help is narrowed by typing and does what its line says`() throws {
        var user = try User()
        #expect(try user.press(":no<Enter>?/cordon<Enter>").contains("Help (nodes) </cordon>"))
        #expect(user.line("▸").contains("Keep new pods off the node"))
        #expect(try user.press("<Enter>").contains("node/a1 cordoned"))
        // A command that needs more is put into the prompt.
        #expect(try user.press("?/drain<Enter>G<Enter>").contains(":drain"))
    }

    @Test func `a row whose object is gone is shown for two seconds`() throws {
        var user = try User()
        let pod = "cart-5bbbf55764-cf5nq"
        _ = try user.press(":po /cart<Enter>")
        _ = try user.press("<C-k>")
        #expect(user.line(pod).contains(pod))
        for _ in 0..<3 {
            user.dashboard.advance(by: .milliseconds(1500), until: { false })
            _ = user.dashboard.frame(size: user.size)
        }
        #expect(!user.dashboard.frame(size: user.size).picture().contains(" \(pod)  "))
    }

    @Test func `the palette finds objects by their names`() throws {
        var user = try User()
        #expect(try user.press("<C-p>db-1").contains("shop/db-1"))
        #expect(try user.press("<Enter>").contains("╭─ shop/db-1"))
        #expect(try user.press("<C-p>c3<Enter>").contains("╭─ Node c3"))
    }

    @Test func `the footer offers only what the line under the cursor can do`() throws {
        var user = try User()
        let tree = try user.press(":xray deploy<Enter>").split(separator: "\n").last ?? ""
        #expect(tree.contains("<d> describe") && !tree.contains("<R> resize"))
        #expect(try user.press("jj").split(separator: "\n").last?.contains("<R> resize") == true)
        #expect(try user.press(":pulses<Enter>").split(separator: "\n").last?.contains("describe") == false)
        #expect(try user.press(":po shop<Enter>K").contains("(shop)["))
    }

    @Test func `what is exported can be started from`() throws {
        var user = try User()
        _ = try user.press(":export x<Enter>")
        let file = try #require(user.dashboard.fileToWrite)
        #expect(file.name == "x.yaml")
        let input = Input(ManifestReader.read(text: file.content, file: file.name))
        #expect(input.problems.map(\.description) == [])
        let (session, refusals) = input.makeSession()
        #expect(refusals.problems.map(\.description) == [])
        // As it is: every object with its identity, and every pod on its node.
        func names(_ store: ObjectStore) -> Set<String> {
            Set(Kind.allCases.flatMap { kind in store.objects(kind).map { "\(kind) \($0.key) \($0.metadata.uid) \(($0 as? Pod)?.nodeName ?? "")" } })
        }
        #expect(names(user.dashboard.session.cluster.store).subtracting(names(session.cluster.store)).isEmpty)
    }

    @Test func `the deck shows what changed while many changes were not looked at`() throws {
        var manifests =
            "apiVersion: evenkeel.dev/v1\nkind: Scenario\nmetadata: {name: many}\nspec:\n  duration: 1m\n  cluster: {zones: 3, nodesPerZone: 1}\n  steps:\n"
        manifests += "  - {at: 11s, cordon: {node: b1}}\n  - at: 12s\n    apply:\n"
        for number in 1...6000 { manifests += "    - {apiVersion: v1, kind: ConfigMap, metadata: {name: m\(number), namespace: default}}\n" }
        let input = Input(ManifestReader.read(text: manifests, file: "many.yaml"))
        #expect(input.problems.isEmpty)
        var dashboard = Dashboard(session: input.makeSession().session)
        dashboard.run(to: .start + .seconds(10))
        _ = dashboard.frame(size: Size(width: 120, height: 36))
        dashboard.run(to: .start + .seconds(19))
        #expect(dashboard.session.cluster.store.configMaps.count > 6000)
        #expect(dashboard.frame(size: Size(width: 120, height: 36)).picture().contains("cordoned"))
    }

    @Test func `the commands of the last time can be walked through`() throws {
        var user = try User()
        user.dashboard.commandLines = ["po shop", "no"]
        #expect(try user.press(":<Up><Up><Enter>").contains("Pods(shop)"))
        #expect(user.dashboard.commandLines == ["po shop", "no", "po shop"])
    }
}
