import ControlPlane
import Foundation
import KubernetesAPI
import Scheduling
import SimulationKit
import Testing

/// Decisions that were recorded from kube-scheduler 1.34.1 and, for the same scenarios, from 1.36.3: 169 scenarios
/// written by hand and 400 random ones. All of them, packed into 1.3 MB; as text they are 27 MB. Of 1.36.3 only what it
/// decided is packed.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")

    static func lines(_ file: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", folder.appendingPathComponent(file).path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The scenarios of a file with what a version decided.
    static func scenarios(_ file: String, minor: Int) throws -> [(id: String, scenario: JSONValue, expected: [JSONValue])] {
        func values(_ file: String) throws -> [JSONValue] { try lines("\(file).jsonl.gz").map { try JSONParser.read(Array($0.utf8)).value } }
        let scenarios = try values(file)
        let decided = minor == 34 ? scenarios : try values("\(file)-1.\(minor)")
        try #require(scenarios.map { $0["id"] } == decided.map { $0["id"] })
        return zip(scenarios, decided).map { ($0["id"]!.string!, $0, $1["expect"]!.array!) }
    }

    static func decode<T: APIStruct>(_ type: T.Type, _ value: JSONValue) -> T {
        var decoder = APIDecoder()
        var object = value.object!
        (object["apiVersion"], object["kind"]) = (nil, nil)
        let result = T.decode(.object(object), &decoder)!
        #expect(decoder.problems.isEmpty)
        return result
    }

    /// What the API server would fill in, as far as it matters to placement.
    static func complete(_ pod: inout Pod) {
        if pod.metadata.namespace.isEmpty { pod.metadata.namespace = "default" }
        func complete(_ container: inout Container) {
            for (name, amount) in container.resources.limits.entries
            where container.resources.requests[name] == nil {
                container.resources.requests[name] = amount
            }
            for i in container.ports.indices {
                if container.ports[i].protocol.isEmpty { container.ports[i].protocol = "TCP" }
                if pod.spec.hostNetwork, container.ports[i].hostPort == 0 {
                    container.ports[i].hostPort = container.ports[i].containerPort
                }
            }
        }
        for i in pod.spec.containers.indices {
            var container = pod.spec.containers[i]
            complete(&container)
            pod.spec.containers[i] = container
        }
        for i in pod.spec.initContainers.indices {
            var container = pod.spec.initContainers[i]
            complete(&container)
            pod.spec.initContainers[i] = container
        }
    }

    static func cluster(_ scenario: JSONValue, minor: Int) throws -> Cluster {
        var cluster = Cluster(profile: KubernetesProfile(minor: minor))
        for value in scenario["objects"]?.array ?? [] {
            func adopt<O: StoredObject>(_ type: O.Type) throws { try cluster.adopt(decode(type, value)) }
            switch value["kind"]!.string! {
            case "PersistentVolume": try adopt(PersistentVolume.self)
            case "PersistentVolumeClaim": try adopt(PersistentVolumeClaim.self)
            case "StorageClass":
                var storageClass = decode(StorageClass.self, value)
                if storageClass.volumeBindingMode == nil { storageClass.volumeBindingMode = "Immediate" }
                try cluster.adopt(storageClass)
            case "CSINode": try adopt(CSINode.self)
            case "CSIDriver": try adopt(CSIDriver.self)
            case "PodDisruptionBudget": try adopt(PodDisruptionBudget.self)
            case "PriorityClass": try adopt(PriorityClass.self)
            case "Service": try adopt(Service.self)
            case "ReplicaSet": try adopt(ReplicaSet.self)
            case "StatefulSet": try adopt(StatefulSet.self)
            case "ReplicationController": try adopt(ReplicationController.self)
            case "Namespace":
                var namespace = decode(Namespace.self, value)
                if let old = cluster.store.namespaces[namespace.key] {
                    namespace.metadata.labels = old.metadata.labels.merging(namespace.metadata.labels)
                    cluster.modify(Namespace.self, old.key) { $0.metadata.labels = namespace.metadata.labels }
                } else {
                    try cluster.adopt(namespace)
                }
            default:
                var object = CustomObject()
                var decoder = APIDecoder()
                object.read(value.object!, &decoder)
                try cluster.adopt(object)
            }
        }
        for value in scenario["nodes"]!.array! {
            var node = decode(Node.self, value)
            if node.status.allocatable.isEmpty { node.status.allocatable = node.status.capacity }
            try cluster.adopt(node)
        }
        for value in scenario["pods"]!.array! + scenario["pending"]!.array! {
            var pod = decode(Pod.self, value)
            complete(&pod)
            try cluster.adopt(pod)
        }
        return cluster
    }

    /// Where two values differ, as `path: ours, theirs`.
    static func differences(_ ours: JSONValue?, _ theirs: JSONValue?, _ path: String) -> [String] {
        if ours == theirs { return [] }
        if let a = ours?.object, let b = theirs?.object {
            let keys = Set(a.members.map(\.key)).union(b.members.map(\.key)).sorted()
            return keys.flatMap { differences(a[$0], b[$0], path + "." + $0) }
        }
        // Shortages of two extended resources come in the order of a Go map.
        if path.hasSuffix(".reasons"), let a = ours?.array?.compactMap(\.string),
            let b = theirs?.array?.compactMap(\.string),
            a.sorted() == b.sorted()
        {
            return []
        }
        return ["\(path): ours \(ours?.text() ?? "–"), recorded \(theirs?.text() ?? "–")"]
    }
}

@Suite struct GoldenTests {
    @Test(arguments: [("handwritten", 169), ("random", 400)], [34, 36])
    func `decides as kube-scheduler did`(file: (name: String, count: Int), minor: Int) throws {
        var shown = 0
        var scenarios = 0
        var pods = 0
        var wrong = 0
        for (id, scenario, expected) in try Golden.scenarios(file.name, minor: minor) {
            scenarios += 1
            // The recorded winner is forced, so that each mistake counts once.
            var next = 0
            let decisions = decide(cluster: try Golden.cluster(scenario, minor: minor), order: .file) {
                decision in
                next += 1
                return expected[next - 1]["winner"]?.string
            }
            #expect(decisions.count == expected.count)
            for (decision, expectation) in zip(decisions, expected) {
                pods += 1
                let differences = Golden.differences(decision.json, expectation, "\(id) \(decision.pod)")
                if !decision.scorePlugins.isEmpty {
                    #expect(scenario["scorePlugins"] == .array(decision.scorePlugins.map(JSONValue.string)))
                }
                wrong += differences.isEmpty ? 0 : 1
                for difference in differences where shown < 40 {
                    shown += 1
                    Issue.record("\(difference)")
                }
            }
        }
        #expect(wrong == 0, "\(wrong) of \(pods) decisions in \(scenarios) scenarios differ")
        #expect(scenarios == file.count && pods > 400)
    }
}
