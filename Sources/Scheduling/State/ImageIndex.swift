import KubernetesAPI

/// Which nodes have which image.
struct ImageIndex: Sendable {
    struct Entry: Sendable {
        /// In bytes, as the first node with the image reported it.
        var size: Int
        var nodes: NodeMask
        var count: Int
    }
    private(set) var entries: [String: Entry] = [:]

    mutating func change(from old: Node?, to new: Node?, row: Int) {
        if let old, let new, old.status.images == new.status.images { return }
        for image in old?.status.images ?? [] {
            for name in image.names where entries[name]?.nodes[row] == true {
                entries[name]!.nodes[row] = false
                entries[name]!.count -= 1
                if entries[name]!.count == 0 { entries[name] = nil }
            }
        }
        for image in new?.status.images ?? [] {
            for name in image.names {
                var entry =
                    entries.removeValue(forKey: name)
                    ?? Entry(size: image.sizeBytes, nodes: NodeMask(count: 0), count: 0)
                if !entry.nodes[row] { entry.count += 1 }
                entry.nodes[row] = true
                entries[name] = entry
            }
        }
    }
}
