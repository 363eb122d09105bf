import Canvas
import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation
import SimulationKit

/// A command of the `:` prompt that is not a kind.
struct PromptCommand: Sendable {
    var names: [String]
    /// What follows the name, as help shows it.
    var arguments: String
    var help: String
    /// What tab completes its arguments from; nil for namespaces and labels.
    var candidates: (@Sendable (World, String) -> [String])?
    var run: @Sendable (inout Dashboard, [String]) -> Void
}

enum PromptCommands {
    /// All commands; kinds come on top of them. Those of screens that do not stand in the list come last.
    static let all: [PromptCommand] = {
        let known = Set(listed.flatMap(\.names))
        return listed + ScreenCatalog.all.compactMap(\.command).filter { known.isDisjoint(with: $0.names) }
    }()

    private static let listed: [PromptCommand] = [
        DeckScreen.command,
        SpreadScreen.command,
        WhyScreen.command,
        WhatIfScreen.command,
        AvailabilityScreen.command,
        PromptCommand(names: ["rebalance"], arguments: "[workload]", help: "The fewest evictions that bring violated spread constraints within maxSkew") {
            dashboard, words in
            guard let word = words.first else {
                guard let workload = dashboard.stack.last!.focusedWorkload(dashboard.world) else { return dashboard.show("Select a workload first", .warning) }
                return dashboard.apply([.push(WhatIfScreen(.rebalance(workload)))])
            }
            guard case .workload(let workload) = WhatIfSubject.named(word, dashboard.world) else { return dashboard.show("No workload \(word)", .error) }
            dashboard.apply([.push(WhatIfScreen(.rebalance(workload)))])
        },
        WorkloadsScreen.command,
        AutoscalerScreen.command,
        GatesScreen.command,
        PromptCommand(names: ["resize"], arguments: "[pod|kind/name]", help: "Resize a pod, or all pods of a workload, in place") { dashboard, words in
            let world = dashboard.world
            if let (kind, object) = LiveWorkload.find(words.first, world) {
                let pods = LiveWorkload.pods(of: [object], world)
                if pods.isEmpty { return dashboard.show("\(kind.kind) \(object.metadata.name) has no pod", .error) }
                return dashboard.apply([.open(ResizeDialog(pods, of: "\(counted(pods.count, "pod")) of \(kind.kind) \(object.metadata.name)", world))])
            }
            dashboard.withPod(words.first) { [.open(ResizeDialog([$0], world))] }
        },
        VolumesScreen.command,
        MigrateScreen.command,
        RecommendScreen.command,
        PromptCommand(names: ["load"], arguments: "[pod|kind/name]", help: "Set how much CPU and memory a pod, or each pod of a workload, uses") {
            dashboard, words in
            let world = dashboard.world
            if let (_, object) = LiveWorkload.find(words.first, world) { return dashboard.apply([.open(LoadDialog([object], world))]) }
            dashboard.withPod(words.first) { [.open(LoadDialog([$0], world))] }
        },
        PromptCommand(names: ["evict"], arguments: "[pod]", help: "Evict a pod; disruption budgets apply") { dashboard, words in
            let world = dashboard.world
            dashboard.withPod(words.first) { [.open(evictDialog([$0], world))] }
        },
        PromptCommand(names: ["drain"], arguments: "node", help: "Cordon a node and evict its pods") { dashboard, words in
            dashboard.withNode(words.first) { node, world in [.open(Forms.drain([node], world))] }
        },
        PromptCommand(names: ["cordon"], arguments: "node", help: "Keep new pods off a node") { dashboard, words in
            dashboard.withNode(words.first) { node, _ in [.perform([.cordon(node: node.metadata.name)])] }
        },
        PromptCommand(names: ["uncordon"], arguments: "node", help: "Let new pods onto a node") { dashboard, words in
            dashboard.withNode(words.first) { node, _ in [.perform([.uncordon(node: node.metadata.name)])] }
        },
        PromptCommand(names: ["containers", "co"], arguments: "[pod]", help: "The containers of a pod") { dashboard, words in
            dashboard.withPod(words.first) { [.push(Lists.containers(of: $0))] }
        },
        PromptCommand(names: ["xray", "x", "xr"], arguments: "kind [namespace]", help: "Objects and what they own, as a tree: deploy, sts, ds, svc, po, no …") {
            dashboard, words in
            guard let info = KindInfo.find(words.first ?? "deploy"), Lists.xrayKinds.contains(info.type) else {
                return dashboard.show("An x-ray starts from one of \(Lists.xrayKinds.map { $0.info.plural }.joined(separator: ", "))", .error)
            }
            if let namespace = words.dropFirst().first { dashboard.use(namespace: namespace) }
            dashboard.apply([.push(Lists.xray(info))])
        },
        PromptCommand(names: ["pulse", "pu", "pulses", "hz"], arguments: "", help: "How many objects of each kind there are, and how many have a fault") {
            dashboard, _ in
            dashboard.apply([.root(Lists.pulses)])
        },
        PromptCommand(names: ["create"], arguments: "", help: "Create an object with a form") { dashboard, _ in dashboard.perform(.create) },
        PromptCommand(names: ["fault"], arguments: "[fail|recover zone|node|kubelet NODE]", help: "Fail or recover a node, a zone, or a kubelet alone") {
            dashboard, words in
            if words.count == 3, words[1] == "kubelet" {
                dashboard.perform([words[0] == "recover" ? .recover(.kubelet(words[2])) : .fail(.kubelet(words[2]))])
                return
            }
            guard words.count == 2 else { return dashboard.perform(.fault) }
            let isZone = dashboard.world.view.nodes.values.contains { $0.labels[LabelKey.zone] == words[1] }
            let target: FaultTarget = isZone ? .zone(words[1]) : .node(words[1])
            dashboard.perform([words[0] == "recover" ? .recover(target) : .fail(target)])
        },
        LabScreen.command,
        PromptCommand(
            names: ["demand"], arguments: "workload [cpu|+20%|-20%|none]", help: "Total demand on a workload or Service: 2, 200m..6/30m, 500m@0s 6@5m"
        ) { dashboard, words in
            guard let name = words.first else { return dashboard.show("Name a workload or Service: :demand web 2", .error) }
            dashboard.bendDemand(of: name, words.dropFirst().joined(separator: " "))
        },
        PromptCommand(names: ["speed"], arguments: "1…10000|max", help: "How fast virtual time runs") { dashboard, words in
            guard let word = words.first, let speed = Speed(word) else { return dashboard.show("The speed is 1 to 10000, or max", .error) }
            dashboard.setSpeed(speed)
        },
        PromptCommand(names: ["pause", "stop"], arguments: "", help: "Pause virtual time") { dashboard, _ in dashboard.setPaused(true) },
        PromptCommand(names: ["play", "resume", "continue"], arguments: "", help: "Let virtual time run") { dashboard, _ in dashboard.setPaused(false) },
        PromptCommand(names: ["time"], arguments: "t|+d|-d", help: "Go to a time, or forward or back by a span: 5m, +30s, -10s") { dashboard, words in
            guard let word = words.first, let span = Duration(word.hasPrefix("+") || word.hasPrefix("-") ? String(word.dropFirst()) : word), span >= .zero
            else { return dashboard.show("A time is a span since the start, such as 90s or 5m, or + or - and a span", .error) }
            let (now, origin) = (dashboard.world.now, dashboard.world.cluster.origin)
            guard span <= (word.hasPrefix("+") ? Dashboard.longestJump : now - origin + Dashboard.longestJump) || word.hasPrefix("-") else {
                return dashboard.show("At most a year (8760h) at once", .error)
            }
            let goal = word.hasPrefix("+") ? now + span : word.hasPrefix("-") ? now - span : origin + span
            if goal < dashboard.world.now || dashboard.world.isMirror { dashboard.rewind(to: max(origin, goal)) } else { dashboard.run(to: goal) }
        },
        PromptCommand(names: ["branch"], arguments: "", help: "Make the present state of a followed cluster a simulation of its own") { dashboard, _ in
            dashboard.branch()
        },
        PromptCommand(names: ["live"], arguments: "", help: "Back to the followed cluster's present; there: what is followed, and what is missing") {
            dashboard, _ in
            if dashboard.world.followed == nil { return dashboard.show("No cluster is followed; evenkeel --context NAME opens one", .warning) }
            if dashboard.world.isFollowing { dashboard.apply([.push(LiveScreen())]) } else { dashboard.lookAtPresent() }
        },
        PromptCommand(names: ["import"], arguments: "", help: "What of the opened state was kept, guessed and left out") { dashboard, _ in
            // Of a followed cluster: how far it is known.
            dashboard.apply([.push(dashboard.world.isMirror ? LiveScreen() as any Screen : ImportScreen())])
        },
        PromptCommand(names: ["undo"], arguments: "", help: "Take back the last command") { dashboard, _ in dashboard.undo() },
        PromptCommand(names: ["ns", "namespace", "namespaces"], arguments: "[name]", help: "Look at one namespace, or list them") { dashboard, words in
            guard let word = words.first else { return dashboard.apply([.push(TableScreen(Kind.namespace.info))]) }
            dashboard.use(namespace: word)
        },
        PromptCommand(names: ["ctx", "context", "contexts"], arguments: "", help: "What the dashboard looks at") { dashboard, _ in
            let world = dashboard.world
            if world.isMirror { return dashboard.apply([.push(LiveScreen())]) }
            dashboard.show("sim:\(world.options.name), Kubernetes v\(world.cluster.profile.version), seed \(world.session.simulation.options.seed)", .info)
        },
        ScenariosScreen.command,
        PromptCommand(names: ["aliases", "alias", "a"], arguments: "", help: "List the kinds and their short names") { dashboard, _ in
            dashboard.perform(.aliases)
        },
        PromptCommand(names: ["apply"], arguments: "file …", help: "Apply manifests, as kubectl apply -f") { dashboard, words in
            dashboard.applyFiles(words)
        },
        PromptCommand(names: ["explain"], arguments: "kind.field", help: "What a field means, as kubectl explain") { dashboard, words in
            dashboard.apply([.push(ExplainScreen(words.first ?? "pod"))])
        },
        LinksScreen.command,
        PromptCommand(names: ["trace"], arguments: "logs|exec|from POD, get PATH …", help: "Follow one request hop by hop") { dashboard, words in
            do {
                let request = try LinkRequest(words.joined(separator: " "), namespace: dashboard.world.namespace)
                if dashboard.stack.last is LinksScreen { dashboard.apply([.pop]) }
                dashboard.apply([.push(LinksScreen(tracing: request))])
            } catch { dashboard.show((error as? LinkRequest.Mistake)?.text ?? "\(error)", .error) }
        },
        PromptCommand(names: ["get"], arguments: "nodes|pods|services/NAME[:PORT]/proxy/PATH", help: "What comes back through the API server's proxy") {
            dashboard, words in
            dashboard.proxy(words)
        },
        PromptCommand(
            names: ["kubectl", "k"], arguments: "logs|exec|attach|port-forward|debug|get …", help: "What kubectl would say: logs with all its flags, the proxy",
            candidates: { _, _ in ["logs", "exec", "attach", "port-forward", "debug", "get"] }
        ) { dashboard, words in
            dashboard.kubectl(words)
        },
        PromptCommand(names: ["help", "h", "?"], arguments: "", help: "Keys and commands") { dashboard, _ in dashboard.perform(.help) },
        PromptCommand(names: ["keymap"], arguments: "[k9s|evenkeel]", help: "Letters with shift sort as in k9s, or have our own meanings") { dashboard, words in
            guard let word = words.first else { return dashboard.show("Keymap \(dashboard.world.options.settings.keymap.preset.rawValue)", .info) }
            guard let preset = KeymapPreset(rawValue: word) else {
                return dashboard.show("No keymap \(word); there are \(KeymapPreset.allCases.map(\.rawValue).joined(separator: ", "))", .error)
            }
            dashboard.world.options.settings.keymap.preset = preset
            dashboard.show("Keymap \(preset.rawValue)", .info)
        },
        PromptCommand(names: ["skin"], arguments: "name", help: "Use another theme of the themes folder") { dashboard, words in
            dashboard.requests.append(.loadTheme(words.first ?? ""))
        },
        PromptCommand(names: ["set"], arguments: "[header|crumbs|motion|ascii] [on|off]", help: "Show or change how the dashboard draws") { dashboard, words in
            dashboard.set(words)
        },
        PromptCommand(names: ["export"], arguments: "[file]", help: "Save the state of the namespaces looked at, to be opened again; :export! replaces a file")
        {
            dashboard, words in
            dashboard.export(to: words.first)
        },
        PromptCommand(names: ["export!"], arguments: "[file]", help: "The same, in place of a file that is there") { dashboard, words in
            dashboard.export(to: words.first, replaces: true)
        },
        PromptCommand(
            names: ["serve"], arguments: "[port|stop]", help: "Let kubectl and other clients in on this machine; again: how; stop sends them away",
            candidates: { _, _ in ["stop"] }
        ) { dashboard, words in
            if words.first == "stop" { return dashboard.requests.append(.stopServing) }
            let port = words.first.map { Int($0) ?? -1 } ?? 0
            guard (0...65_535).contains(port) else { return dashboard.show("A port is 0 to 65535, not \(words.joined(separator: " "))", .error) }
            if dashboard.world.options.readOnly { return dashboard.show("Read-only: clients could change the cluster", .error) }
            dashboard.requests.append(.serve(port: port))
        },
        PromptCommand(names: ["seed"], arguments: "", help: "The seed of all random choices") { dashboard, _ in
            dashboard.show("The seed is \(dashboard.session.simulation.options.seed); evenkeel --seed N starts with another", .info)
        },
        PromptCommand(names: ["suspend"], arguments: "", help: "Suspend the program; fg resumes it") { dashboard, _ in dashboard.requests.append(.suspend) },
        PromptCommand(names: ["cow"], arguments: "message", help: "Moo") { dashboard, words in
            dashboard.show("< \(words.isEmpty ? "moo" : words.joined(separator: " ")) >  ^__^ (oo)", .info)
        },
        PromptCommand(names: ["quit", "q", "q!", "qa", "exit"], arguments: "", help: "Leave") { dashboard, _ in dashboard.apply([.quit]) },
    ]

    static func find(_ name: String) -> PromptCommand? { all.first { $0.names.contains(name.lowercased()) } }
}

extension KindInfo {
    /// What the `:` prompt calls the kind: its plural, with the group where `:workloads` is a view already.
    var promptName: String { type == .workload ? qualifiedPlural : plural }
}

extension Dashboard {
    /// The names of all commands of the `:` prompt.
    public static var commandNames: [String] { PromptCommands.all.flatMap(\.names) }
    /// Those that open a full-screen view.
    public static var screenNames: [String] { ScreenCatalog.all.compactMap { $0.command?.names.first } }

    /// Runs a line of the `:` prompt: a command, or a kind with namespace, filter and labels in any order.
    mutating func run(line: String, remember: Bool = true) {
        let words = resolve(CommandLine.words(line))
        guard let first = words.first else { return }
        if remember { history.add(line) }
        if let command = PromptCommands.find(first) { return command.run(&self, Array(words.dropFirst())) }
        guard let kind = KindInfo.find(first, among: world.store.customKinds) else {
            let names =
                PromptCommands.all.flatMap(\.names) + KindInfo.all.flatMap { [$0.plural] + $0.shortNames } + world.store.customKinds.map(\.plural)
                + world.options.settings.aliases.keys.sorted()
            let near = nearest(first, among: names).map { "; nearest: \($0)" } ?? ""
            prompt = Prompt(.command, text: line)
            return show("No kind or command \(first)\(near)", .error)
        }
        var filter: [String] = []
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            if word.hasPrefix("/") {
                filter.append(String(word.dropFirst()))
            } else if ["-f", "-l"].contains(word) {
                // Fuzzy or labels: the next word belongs to it.
                filter.append(([word] + (rest.popFirst().map { [$0] } ?? [])).joined(separator: " "))
            } else if word.hasPrefix("@") {
                // A context, as k9s writes it; there is one.
                if word.dropFirst() != world.options.name { show("The only context is \(world.options.name)", .warning) }
            } else if word.contains(" ") || word.contains("=") && !word.hasPrefix("!") {
                filter.append(word.contains(" ") ? "-l " + word : word)
            } else if word == "all" {
                setNamespace("")
            } else {
                use(namespace: word)
            }
        }
        apply([.root(TableScreen(kind, filter: filter.joined(separator: " ")))])
    }

    /// The words with the user's name for a command replaced by what it stands for.
    func resolve(_ words: [String]) -> [String] {
        var words = words
        var seen: Set<String> = []
        while let first = words.first?.lowercased(), seen.insert(first).inserted {
            guard let line = world.options.settings.aliases[first] else { break }
            words = CommandLine.words(line) + words.dropFirst()
        }
        return words
    }

    /// Looks at a namespace, several (`a,b`) or all but some (`!a`); refuses names that do not exist.
    mutating func use(namespace word: String) {
        if word == "all" { return setNamespace("") }
        let names = word.split(separator: ",")
        if names.isEmpty { return show("No namespace \(word)", .error) }
        for name in names where world.store.namespaces[ObjectKey(name: String(name.drop { $0 == "!" }))] == nil {
            return show("No namespace \(name)", .error)
        }
        setNamespace(word)
    }

    /// Does something with the pod called `name` in the namespaces looked at, or with the selected one.
    mutating func withPod(_ name: String?, _ body: (Pod) -> [Effect]) {
        guard let name else {
            if let pod = (stack.last as? any PodHolder)?.selectedPod(world) { return apply(body(pod)) }
            return show("Which pod?", .error)
        }
        let found = world.store.pods.rows.first {
            $0.map { $0.metadata.name == name && (world.namespace.isEmpty || world.namespace == $0.metadata.namespace) } ?? false
        }
        guard let pod = found ?? nil else {
            let near = nearest(name, among: world.store.pods.all.map(\.metadata.name)).map { "; nearest: \($0)" } ?? ""
            return show("No pod \(name)\(near)", .error)
        }
        apply(body(pod))
    }

    /// Does something with the claim `[NAMESPACE/]NAME`; it may be gone if a volume is kept for it.
    mutating func withClaim(_ word: String, _ body: (ObjectKey) -> [Effect]) {
        let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
        let claims = world.store.persistentVolumeClaims.sorted().map(\.key)
        let kept = world.store.persistentVolumes.sorted().compactMap { $0.spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) } }
        let found = (claims + kept).first { key in
            parts.count == 2
                ? key == ObjectKey(namespace: parts[0], name: parts[1]) : key.name == word && (world.namespace.isEmpty || world.namespace == key.namespace)
        }
        guard let found else {
            let near = nearest(word, among: claims.map(\.name)).map { "; nearest: \($0)" } ?? ""
            return show("No claim \(word)\(near)", .error)
        }
        apply(body(found))
    }

    /// Sets, changes by percent, takes away or tells the demand on the workload or Service called `name`.
    mutating func bendDemand(of name: String, _ text: String) {
        guard let target = Demands.find(name, world) else { return show("No workload or Service \(name)", .error) }
        let present = Demands.load(target, world)
        if text.isEmpty {
            return show(present.map { "The demand on \(name) is \(Demand.text($0))" } ?? "\(name) has no demand; :demand \(name) 2 gives it one", .info)
        }
        if text == "none" {
            perform([.demand(target.kind, target.key, nil)])
            return
        }
        guard text.hasSuffix("%"), let percent = Int(text.dropLast().drop { $0 == "+" }) else {
            perform([.demand(target.kind, target.key, text)])
            return
        }
        guard abs(Double(percent)) <= Double(QuantityField.mostPercent) else {
            return show("A demand changes by at most \(QuantityField.mostPercent)%", .error)
        }
        guard let present else { return show("\(name) has no demand; :demand \(name) 2 gives it one", .error) }
        perform([Demands.bent(target, present, percent: percent)])
    }

    mutating func withNode(_ name: String?, _ body: (Node, World) -> [Effect]) {
        guard let name, let node = world.store.nodes[ObjectKey(name: name)] else { return show(name.map { "No node \($0)" } ?? "Which node?", .error) }
        apply(body(node, world))
    }
}

/// How a line of the prompt falls into words.
enum CommandLine {
    /// Words between spaces; those in quotes stay together: `po 'a in (b,c)'`.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote == nil, word.isEmpty, character == "'" || character == "\"" {
                quote = character
            } else if quote == nil, character == " " {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}

/// A screen with a pod under its cursor.
protocol PodHolder {
    func selectedPod(_ world: World) -> Pod?
}

/// Names of node labels as users shorten them.
enum TopologyKeys {
    /// The label meant by `zone`, `host`, `region` or any label of a node.
    static func full(_ word: String, _ world: World) -> String {
        switch word {
        case "zone": LabelKey.zone
        case "region": LabelKey.region
        case "host", "hostname", "node": LabelKey.hostname
        default: used(world).first { $0 == word || $0.hasSuffix("/" + word) } ?? word
        }
    }
    /// The last part: `zone` of `topology.kubernetes.io/zone`.
    static func short(_ key: String) -> String { String(key.split(separator: "/").last ?? "") }
    /// The keys that make sense for the Deck: those of constraints and the usual ones.
    static func used(_ world: World) -> [String] {
        var keys = [LabelKey.zone, LabelKey.hostname]
        for group in world.spread where !keys.contains(group.topologyKey) { keys.append(group.topologyKey) }
        let region = LabelKey.region
        if !keys.contains(region), world.view.nodes.values.contains(where: { $0.labels[region] != nil }) { keys.append(region) }
        return keys
    }
}

extension World {
    /// The name of the first object, by namespace and name, whose name begins with `word`, as a list of candidates. O(objects).
    func names<O: StoredObject>(of type: O.Type, beginning word: String) -> [String] {
        var first: ObjectKey?
        for case let object? in store[keyPath: O.table].rows where object.metadata.name.hasPrefix(word) {
            let key = object.key
            if first.map({ key < $0 }) ?? true { first = key }
        }
        return first.map { [$0.name] } ?? []
    }
}

/// What tab completes in the command prompt.
enum Completions {
    /// What is missing of the word being typed.
    static func rest(of text: String, _ dashboard: Dashboard) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let word = words.last, !word.isEmpty else { return "" }
        let candidates: [String]
        if words.count == 1 {
            candidates =
                PromptCommands.all.map { $0.names[0] } + KindInfo.all.map(\.promptName) + dashboard.world.store.customKinds.map(\.plural)
                + dashboard.world.options.settings.aliases.keys.sorted()
        } else if let known = PromptCommands.find(words[0])?.candidates {
            candidates = known(dashboard.world, word.lowercased())
        } else if ["drain", "cordon", "uncordon"].contains(words[0]) {
            candidates = dashboard.world.view.nodeNames
        } else if ["resize", "load", "evict"].contains(words[0]) {
            candidates = dashboard.world.names(of: Pod.self, beginning: word.lowercased())
        } else if words[0] == "set" {
            candidates = words.count == 2 ? Dashboard.Switch.allCases.map(\.rawValue) : ["on", "off"]
        } else if ["xray", "x", "xr"].contains(words[0]), words.count == 2 {
            candidates = Lists.xrayKinds.map { $0.info.plural }
        } else if words[0] == "fault" {
            let zones = Set(dashboard.world.view.nodes.values.compactMap { $0.labels[LabelKey.zone] })
            candidates = words.count == 2 ? ["fail", "recover"] : zones.sorted() + dashboard.world.view.nodeNames
        } else if words[0] == "demand" {
            let (world, word) = (dashboard.world, word.lowercased())
            candidates = world.names(of: Deployment.self, beginning: word) + world.names(of: StatefulSet.self, beginning: word)
        } else {
            candidates = dashboard.world.store.namespaces.sorted().map(\.metadata.name) + labels(of: words[0], dashboard.world)
        }
        guard let match = candidates.first(where: { $0.hasPrefix(word.lowercased()) }) else { return "" }
        return String(match.dropFirst(word.count))
    }

    /// `app=web` and the like: the labels of a kind's objects, to narrow a table by.
    private static func labels(of noun: String, _ world: World) -> [String] {
        guard let kind = KindInfo.find(noun, among: world.store.customKinds) else { return [] }
        var found: Set<String> = []
        // A sample is enough to complete from, and cheap in large clusters.
        func sample<O: StoredObject>(_ type: O.Type) -> [any StoredObject] { Array(world.store[keyPath: O.table].rows.lazy.compactMap { $0 }.prefix(500)) }
        for object in sample(ObjectStore.type(of: kind.type)) {
            for (key, value) in object.metadata.labels.entries where !value.isEmpty { found.insert("\(key)=\(value)") }
        }
        return found.sorted()
    }
}
