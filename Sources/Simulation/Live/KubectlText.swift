// Commands as lines for a shell: what a user would type to do the same to a real cluster.

import ControlPlane
import KubernetesAPI
import Manifests
import SimulationKit

/// A command as kubectl would be given it.
public enum KubectlText {
    /// A word as a shell takes it for itself: in quotes where that is needed.
    public static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_./:=@,+%".utf8.contains(byte)
            }
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }

    /// The lines that do what `command` does; nil if only a simulation can do that.
    ///
    /// - Parameter kubectl: the program with its flags, as `kubectl --context prod`.
    public static func lines(_ command: Command, kubectl: String, in cluster: Cluster) -> [String]? {
        func line(_ words: [String], _ key: ObjectKey? = nil) -> [String] {
            let place = key.map { $0.namespace.isEmpty ? [] : ["-n", $0.namespace] } ?? []
            return [([kubectl] + (words + place).map(quoted)).joined(separator: " ")]
        }
        func document(_ verb: String, _ documents: [JSONValue]) -> [String] {
            let text = ManifestWriter.yaml(documents)
            return ["\(kubectl) \(verb) -f - <<'EOF'"] + text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) + ["EOF"]
        }
        func name(_ kind: Kind, _ key: ObjectKey) -> String { "\(kind.info.qualifiedPlural)/\(key.name)" }
        switch command {
        case .apply(let manifests): return document("apply", manifests)
        case .create(let object): return document("create", [object.manifest])
        case .edit(let objects): return document("apply", objects.map(\.manifest))
        case .delete(let kind, let key, let options):
            let grace = options.gracePeriodSeconds.map { ["--grace-period=\($0)"] + ($0 == 0 ? ["--force"] : []) } ?? []
            return line(["delete", name(kind, key)] + grace, key)
        case .scale(let kind, let key, let replicas): return line(["scale", name(kind, key), "--replicas=\(replicas)"], key)
        case .resize(let key, let resizes): return line(["patch", "pod", key.name, "--subresource=resize", "-p", patch(resizes).text()], key)
        case .evict(let key):
            let eviction: JSONValue = [
                "apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(key.name), "namespace": .string(key.namespace)],
            ]
            return ["echo \(quoted(eviction.text())) | \(kubectl) create --raw \(quoted("/api/v1/namespaces/\(key.namespace)/pods/\(key.name)/eviction")) -f -"]
        case .cordon(let node): return line(["cordon", node])
        case .uncordon(let node): return line(["uncordon", node])
        case .drain(let node, let options): return line(["drain", node] + flags(options))
        case .taint(let node, let taint):
            return line(["taint", "nodes", node, taint.key + (taint.value.isEmpty ? "" : "=\(taint.value)") + ":\(taint.effect)"])
        case .untaint(let node, let key, let effect): return line(["taint", "nodes", node, key + (effect.isEmpty ? "" : ":\(effect)") + "-"])
        case .restart(let kind, let key): return line(["rollout", "restart", name(kind, key)], key)
        case .pause(let key, let pauses): return line(["rollout", pauses ? "pause" : "resume", name(.deployment, key)], key)
        case .undoRollout(let key, let revision):
            return line(["rollout", "undo", name(.deployment, key)] + (revision == 0 ? [] : ["--to-revision=\(revision)"]), key)
        case .setImage(let kind, let key, let container, let image): return line(["set", "image", name(kind, key), "\(container)=\(image)"], key)
        case .label(let kind, let key, let label, let value):
            return line(["label", name(kind, key), value.map { "\(label)=\($0)" } ?? "\(label)-", "--overwrite"], key)
        case .patch(let kind, let key, let patch): return line(["patch", name(kind, key), "--type=merge", "-p", patch.text()], key)
        case .rebalance(let workload, let pods):
            let keys = pods.isEmpty ? [] : pods
            return keys.isEmpty
                ? nil
                : ["# \(workload.name): one after another, each when the replacement of the one before is ready"]
                    + keys.flatMap { lines(.evict(pod: $0), kubectl: kubectl, in: cluster) ?? [] }
        case .stopDrain, .fail, .recover, .load, .configureKubelets, .hangRuntime, .demand, .autosize, .nodeAutoscaler, .links, .changeLinks, .inContainer,
            .setGates,
            .write, .trust, .skipRevisions, .mirror:
            return nil
        }
    }

    private static func flags(_ options: Drain.Options) -> [String] {
        var flags: [String] = []
        if options.ignoreDaemonSets { flags.append("--ignore-daemonsets") }
        if options.deleteEmptyDirData { flags.append("--delete-emptydir-data") }
        if options.force { flags.append("--force") }
        if options.disableEviction { flags.append("--disable-eviction") }
        if let seconds = options.gracePeriodSeconds { flags.append("--grace-period=\(seconds)") }
        if let timeout = options.timeout { flags.append("--timeout=\(timeout.wholeSeconds)s") }
        return flags
    }

    /// What a patch of a pod's subresource `resize` says.
    private static func patch(_ resizes: [ContainerResize]) -> JSONValue {
        func resources(_ resize: ContainerResize) -> JSONValue {
            var resources = JSONObject()
            for (field, values) in [("requests", resize.requests), ("limits", resize.limits)] where !values.entries.isEmpty {
                var amounts = JSONObject()
                for (name, amount) in values.entries { amounts[name] = .string(amount.description) }
                resources[field] = .object(amounts)
            }
            return .object(resources)
        }
        var spec = JSONObject()
        if let whole = resizes.first(where: { $0.name == ContainerResize.wholePod }) { spec["resources"] = resources(whole) }
        let containers = resizes.filter { $0.name != ContainerResize.wholePod }
        if !containers.isEmpty { spec["containers"] = .array(containers.map { ["name": .string($0.name), "resources": resources($0)] }) }
        return ["spec": .object(spec)]
    }
}
