// `evenkeel-lab state`: the state of a cluster of any size, as `kubectl get … -A -o json` prints it.
import Foundation
import KubernetesAPI
import Simulation
import SimulationKit

/// Writes the cluster that `evenkeel --nodes N --pods M` makes, at rest, as a real one of that kind is printed: every StatefulSet has volumes,
/// every workload a budget and a Service. The same numbers give the same bytes.
struct StateFile {
    private struct Node {
        var name: String
        var zone: String
        var address: String
        static let (milliCPU, mebibytes) = (15_890, 60_000)
        var milliCPU = Self.milliCPU
        var mebibytes = Self.mebibytes
    }
    private var nodes: [Node] = []
    private var random: SeededRandom
    private var revision = 1000
    private var next = 0
    private var text = ""
    private var isFirst = true
    private let file: FileHandle

    /// - Parameter seed: of names, identities, sizes and places.
    static func write(nodes: Int, pods: Int, seed: UInt64, to file: FileHandle) throws {
        var writer = StateFile(file: file, random: SeededRandom(seed: seed, stream: "state"))
        try writer.write(nodes, pods, seed)
    }

    private init(file: FileHandle, random: SeededRandom) { (self.file, self.random) = (file, random) }

    private mutating func write(_ nodeCount: Int, _ podCount: Int, _ seed: UInt64) throws {
        text = "{\n    \"apiVersion\": \"v1\",\n    \"items\": ["
        var shape = NodeShape()
        (shape.cpu, shape.memory) = (Quantity(milli: Int64(Node.milliCPU)), Quantity(bytes: Int64(Node.mebibytes) << 20))
        let made = GeneratedCluster(nodes: nodeCount, pods: podCount, seed: seed, node: shape)
        let mix = made.mix
        for name in Set(mix.map(\.namespace)).sorted() + ["kube-system"] { try add(.namespace, ["NAMESPACE": name]) }
        try add(.storageClass, [:])
        for number in 0..<nodeCount {
            let zone = "eu-central-1\(["a", "b", "c"][number % 3])"
            let address = "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
            let node = Node(name: "ip-\(address.replacing(".", with: "-")).eu-central-1.compute.internal", zone: zone, address: address)
            nodes.append(node)
            let cidr = "100.\(64 + number >> 12 & 63).\(number >> 4 & 255).\((number & 15) * 16)/28"
            try add(.node, ["NODE": node.name, "ZONE": zone, "HOSTIP": address, "INSTANCE": "i-0\(hexadecimal(4))", "CIDR": cidr])
        }
        for name in made.daemonSets { try workload(.daemonSet, name, "kube-system", nodeCount, milliCPU: 50, mebibytes: 100) }
        for it in mix where it.replicas > 0 {
            try workload(
                it.isStateful ? .statefulSet : .deployment, it.name, it.namespace, it.replicas, milliCPU: it.milliCPU, mebibytes: it.mebibytes)
        }
        text += "\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n"
        try flush()
    }

    private mutating func workload(
        _ owner: WorkloadTemplates.Owner, _ app: String, _ namespace: String, _ replicas: Int, milliCPU: Int, mebibytes: Int
    ) throws {
        let templates = WorkloadTemplates(
            owner, image: random.below(20), milliCPU: milliCPU, mebibytes: mebibytes, isSpread: owner == .deployment && random.below(2) == 0,
            isMeshed: owner != .daemonSet && random.below(3) == 0)
        let allowed = replicas / 10 + (replicas % 10 == 0 ? 0 : 1)
        let common = [
            "APP": app, "NAMESPACE": namespace, "OWNER": identity(), "REVISION": identity(), "HASH": name(10), "REPLICAS": "\(replicas)",
            "SURGED": "\(replicas + (replicas + 3) / 4)", "ALLOWED": "\(allowed)", "DESIRED": "\(replicas - allowed)", "CPU": "\(milliCPU)m",
            "MEMORY": "\(mebibytes)Mi",
        ]
        try add(templates.workload, common)
        try add(templates.revision, common)
        if owner != .daemonSet {
            try add(.budget, common)
            try add(.service, common.merging(["CLUSTERIP": "172.20.\(random.below(256)).\(random.below(256))"]) { $1 })
        }
        var suffixes: Set<String> = []
        for index in 0..<replicas {
            let place = owner == .daemonSet ? index : place(milliCPU + 10, mebibytes + 32)
            nodes[place].milliCPU -= milliCPU + 10
            nodes[place].mebibytes -= mebibytes + 32
            var suffix = name(5)
            while !suffixes.insert(suffix).inserted { suffix = name(5) }
            let pod = owner == .statefulSet ? "\(app)-\(index)" : owner == .daemonSet ? "\(app)-\(suffix)" : "\(app)-\(common["HASH"] ?? "")-\(suffix)"
            let own = [
                "POD": pod, "INDEX": "\(index)", "SUFFIX": suffix, "NODE": nodes[place].name, "ZONE": nodes[place].zone, "HOSTIP": nodes[place].address,
                "IP": "100.\(64 + random.below(64)).\(random.below(256)).\(random.below(256))", "RESTARTS": random.below(20) == 0 ? "1" : "0",
                "CLAIM": identity(),
                "STARTED": time(day: 20),
            ]
            let values = common.merging(own) { $1 }
            if owner == .statefulSet {
                try add(.claim, values)
                try add(.volume, values)
            }
            try add(templates.pod, values)
        }
    }

    /// The next node with room.
    private mutating func place(_ milliCPU: Int, _ mebibytes: Int) -> Int {
        for _ in nodes.indices {
            next = (next + 1) % nodes.count
            if nodes[next].milliCPU >= milliCPU, nodes[next].mebibytes >= mebibytes { return next }
        }
        return next
    }

    private mutating func add(_ template: Template, _ values: [String: String]) throws {
        text += isFirst ? "\n        " : ",\n        "
        isFirst = false
        revision += 1
        let own = [
            "RV": "\(revision)", "UID": identity(), "UID2": identity(), "HASH64": hexadecimal(8), "HASH64B": hexadecimal(8), "CREATED": time(day: 10),
            "NOW": "2026-03-28T12:00:00Z",
        ]
        template.append(to: &text, own.merging(values) { $1 })
        if text.utf8.count > 1 << 20 { try flush() }
    }

    private mutating func flush() throws {
        try file.write(contentsOf: Data(text.utf8))
        text = ""
    }

    // MARK: Chance

    private mutating func time(day: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "2026-03-\(two(day + random.below(7)))T\(two(random.below(24))):\(two(random.below(60))):\(two(random.below(60)))Z"
    }
    private mutating func hexadecimal(_ words: Int) -> String {
        (0..<words).map { _ in
            let digits = String(UInt32(truncatingIfNeeded: random.next()), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }
    private mutating func identity() -> String {
        let digits = hexadecimal(4)
        func part(_ range: Range<Int>) -> Substring { digits.dropFirst(range.lowerBound).prefix(range.count) }
        return "\(part(0..<8))-\(part(8..<12))-4\(part(13..<16))-8\(part(17..<20))-\(part(20..<32))"
    }
    /// As API servers end names that they make.
    private mutating func name(_ count: Int) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<count).map { _ in letters[random.below(letters.count)] })
    }
}
