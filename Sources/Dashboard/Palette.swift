import Canvas
import ControlPlane
import KubernetesAPI
import Simulation

/// The fuzzy list of everything one can do or go to.
enum Palette {
    enum Item {
        /// `refusal` tells why it cannot be done now.
        case action(Action, title: String, key: String, refusal: String?)
        /// A command; `isOpen` if something has to follow it.
        case line(String, title: String, isOpen: Bool)
        case object(Kind, ObjectKey)

        var title: String {
            switch self {
            case .action(_, let title, _, _), .line(_, let title, _): title
            case .object(_, let key): key.description
            }
        }
        /// The key, command or kind that stands before the title.
        var key: String {
            switch self {
            case .action(_, _, let key, _): "<\(key)>"
            case .line(let line, _, _): ":\(line)"
            case .object(let kind, _): kind.info.kind
            }
        }
        /// Why it cannot be done now; nil if it can.
        var refusal: String? { if case .action(_, _, _, let refusal) = self { refusal } else { nil } }
    }

    /// How many objects are offered at most: more do not help to choose.
    private static let objectsMax = 200

    /// What matches `text`, best first: the object called so, as it stands at the start of a word, anywhere, then its letters in order.
    /// Objects come once two letters are typed.
    static func items(_ text: String, _ dashboard: Dashboard) -> [Item] {
        var all: [Item] = []
        for binding in dashboard.bindingGroups.flatMap(\.bindings) where !binding.help.isEmpty {
            let refusal = dashboard.stack.last?.refusal(binding.action, dashboard.world)
            all.append(.action(binding.action, title: binding.help, key: binding.keys[0].description, refusal: refusal))
        }
        for command in PromptCommands.all {
            all.append(.line(command.names[0], title: command.help, isOpen: command.arguments.first.map { $0 != "[" } ?? false))
        }
        for kind in KindInfo.all { all.append(.line(kind.promptName, title: "List \(kind.promptName)", isOpen: false)) }
        let wanted = Array(text.lowercased().utf8)
        if wanted.isEmpty { return all }
        var hits: [(rank: Int, order: Int, item: Item)] = []
        for item in all {
            if let rank = rank(wanted, in: "\(item.key) \(item.title)".lowercased()) { hits.append((rank, hits.count, item)) }
        }
        if wanted.count > 1 { hits += objects(wanted, dashboard.world, from: hits.count) }
        return hits.sorted { ($0.rank, $0.order) < ($1.rank, $1.order) }.map(\.item)
    }

    /// Nodes, workloads, Services, claims and pods whose names match.
    private static func objects(_ wanted: [UInt8], _ world: World, from order: Int) -> [(rank: Int, order: Int, item: Item)] {
        var hits: [(rank: Int, order: Int, item: Item)] = []
        for kind in [Kind.node, .deployment, .statefulSet, .daemonSet, .job, .service, .persistentVolumeClaim, .pod] {
            let room = objectsMax - hits.count
            if room <= 0 { break }
            var found: [(rank: Int, key: ObjectKey)] = []
            for object in world.store.objects(kind) where world.shows(object.metadata.namespace) {
                if object.metadata.name.utf8.elementsEqual(wanted) {
                    found.append((-1, object.key))
                    continue
                }
                // The letters of a name are many and random: only what stands together counts.
                if let rank = rank(wanted, in: object.key.description), rank < 2 { found.append((rank, object.key)) }
            }
            found.sort { $0.rank != $1.rank ? $0.rank < $1.rank : $0.key < $1.key }
            for (rank, key) in found.prefix(room) { hits.append((rank, order + hits.count, .object(kind, key))) }
        }
        return hits
    }

    /// 0 at the start of a word, 1 inside one, 2 for the letters in order; nil if they are not there.
    static func rank(_ wanted: [UInt8], in text: String) -> Int? {
        let bytes = text.utf8
        var best: Int?
        var previous = UInt8(ascii: " ")
        var start = bytes.startIndex
        while start != bytes.endIndex {
            if bytes[start] == wanted[0], bytes[start...].starts(with: wanted) {
                let isWord = !(previous >= UInt8(ascii: "a") && previous <= UInt8(ascii: "z"))
                if isWord { return 0 }
                best = 1
            }
            previous = bytes[start]
            start = bytes.index(after: start)
        }
        if let best { return best }
        var index = 0
        for byte in bytes where index < wanted.count && byte == wanted[index] { index += 1 }
        return index == wanted.count ? 2 : nil
    }
}

extension Dashboard {
    mutating func choose(_ item: Palette.Item) {
        switch item {
        case .action(let action, _, _, _): perform(action)
        case .line(let line, _, let isOpen): if isOpen { prompt = Prompt(.command, text: line + " ") } else { run(line: line) }
        case .object(let kind, let key):
            guard let object = world.store.object(kind, key) else { return show("\(key) is gone", .warning) }
            switch object {
            case let pod as Pod: apply([.push(PodScreen(pod))])
            case let node as Node: apply([.push(NodeScreen(node.metadata.name, world))])
            default: apply([.push(DetailScreen(object, tab: .describe))])
            }
        }
    }
}
