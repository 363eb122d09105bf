// The commands `:set` and `:export`.

import Canvas
import ControlPlane
import KubernetesAPI
import Manifests
import Simulation

extension Dashboard {
    /// What `:set` turns on and off.
    enum Switch: String, CaseIterable {
        case header, crumbs, motion, ascii
    }

    /// Tells how the dashboard draws, or changes it.
    mutating func set(_ words: [String]) {
        guard let word = words.first else {
            return show(Switch.allCases.map { "\($0.rawValue) \(isOn($0) ? "on" : "off")" }.joined(separator: "   "), .info)
        }
        guard let item = Switch(rawValue: word.lowercased()) else {
            return show("No setting \(word); there are \(Switch.allCases.map(\.rawValue).joined(separator: ", "))", .error)
        }
        let wanted: Bool
        switch words.dropFirst().first?.lowercased() {
        case nil: wanted = !isOn(item)
        case "on": wanted = true
        case "off": wanted = false
        case let other?: return show("\(item.rawValue) is on or off, not \(other)", .error)
        }
        switch item {
        case .header: showsHeader = wanted
        case .crumbs: showsCrumbs = wanted
        case .motion: world.options.reducedMotion = !wanted
        case .ascii: world.options.glyphs = wanted ? .ascii : .block
        }
        show("\(item.rawValue) \(wanted ? "on" : "off")", .info)
    }

    private func isOn(_ item: Switch) -> Bool {
        switch item {
        case .header: showsHeader
        case .crumbs: showsCrumbs
        case .motion: !world.options.reducedMotion
        case .ascii: world.options.glyphs.alphabet == .ascii
        }
    }

    /// Has the state of the namespaces looked at written, whole: opened again, it goes on from here.
    mutating func export(to name: String?, replaces: Bool = false) {
        var objects: [any StoredObject] = []
        for kind in KindInfo.all where kind.type != .custom {
            objects += world.store.objects(kind.type).filter { !kind.isNamespaced || world.shows($0.metadata.namespace) }
        }
        objects += world.store.customObjects.sorted().filter { !$0.kindInfo.isNamespaced || world.shows($0.metadata.namespace) }.map { $0 as any StoredObject }
        if objects.isEmpty { return show("There is nothing to export", .warning) }
        let file = name.map { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") ? $0 : $0 + ".yaml" } ?? "\(world.options.name).yaml"
        var documents: [JSONValue] = []
        for object in objects {
            documents.append(world.session.simulation.document(of: object))
            let isOver = world.patience.isOver {
                WorkProgress(
                    title: "Export", detail: "\(documents.count) of \(objects.count) objects", share: Double(documents.count) / Double(objects.count))
            }
            if isOver { return show("Stopped: nothing was written", .warning) }
        }
        requests.append(.write(file: file, content: ManifestWriter.yaml(documents), replaces: replaces))
        show("\(objects.count) objects", .info)
    }
}
