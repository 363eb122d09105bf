import Canvas
import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit

/// The pods that use an object: k9s' "used by".
struct Users {
    var keys: Set<ObjectKey> = []

    init(of object: any StoredObject, _ world: World) {
        let name = object.metadata.name
        let namespace = object.metadata.namespace
        for case let pod? in world.store.pods.rows where namespace.isEmpty || pod.metadata.namespace == namespace {
            let spec = pod.spec.value
            let uses: Bool =
                switch object {
                case is ConfigMap:
                    spec.volumes.contains { $0.configMap?.name == name || $0.projected?.sources.contains { $0.configMap?.name == name } ?? false }
                        || Self.environment(spec) {
                            $0.configMapRef?.name == name
                        } orKey: {
                            $0.configMapKeyRef?.name == name
                        }
                case is Secret:
                    spec.volumes.contains { $0.secret?.secretName == name || $0.projected?.sources.contains { $0.secret?.name == name } ?? false }
                        || Self.environment(spec) {
                            $0.secretRef?.name == name
                        } orKey: {
                            $0.secretKeyRef?.name == name
                        }
                        || spec.imagePullSecrets.contains { $0.name == name }
                case is PersistentVolumeClaim:
                    spec.volumes.contains { $0.persistentVolumeClaim?.claimName == name || $0.ephemeral != nil && "\(pod.metadata.name)-\($0.name)" == name }
                case is ServiceAccount: spec.serviceAccountName == name
                case is PriorityClass: spec.priorityClassName == name
                default: false
                }
            if uses { keys.insert(pod.key) }
        }
    }

    private static func environment(_ spec: PodSpec, _ from: (EnvFromSource) -> Bool, orKey: (EnvVarSource) -> Bool) -> Bool {
        (spec.initContainers + spec.containers).contains { container in
            container.envFrom.contains(where: from) || container.env.contains { $0.valueFrom.map(orKey) ?? false }
        }
    }
}

extension CronJob {
    /// The Job that `kubectl create job --from` and k9s' trigger make.
    /// - Source: Kubernetes `kubectl/pkg/cmd/create/create_job.go` (createJobFromCronJob).
    func manualJob(at now: Instant) -> Job {
        let template = spec.jobTemplate
        var meta = ObjectMeta()
        meta.name = String("\(metadata.name)".prefix(42)) + "-manual-\(max(0, now.nanoseconds) / 1_000_000)"
        meta.namespace = metadata.namespace
        meta.labels = template.metadata.labels
        meta.annotations = template.metadata.annotations
        meta.annotations["cronjob.kubernetes.io/instantiate"] = "manual"
        meta.ownerReferences = [OwnerReference(controller: self)]
        var job = Job()
        (job.metadata, job.spec) = (Metadata(meta), Shared(template.spec))
        return job
    }
}

/// A secret with its values in clear: k9s' decode.
struct SecretScreen: TextScreen {
    var text = ScrollingText()
    var filter = ""
    private let secret: Secret
    init(_ secret: Secret) { self.secret = secret }
    var crumb: String { "\(secret.metadata.name) decoded" }
    var heading: StyledText { StyledText("Secret \(secret.metadata.name), decoded") }

    func lines(_ world: World, width: Int) -> [StyledText] {
        let now = world.store.secrets[secret.key] ?? secret
        if now.data.isEmpty { return [StyledText("It holds nothing.", world.theme[.dim])] }
        return now.data.entries.flatMap { key, value -> [StyledText] in
            var lines = (Self.decoded(value) ?? value).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            var head = StyledText("\(key): ", world.theme[.yamlKey])
            if lines.count == 1 { head.append(lines.removeFirst(), world.theme[.yamlValue]) } else { head.append("|", world.theme[.yamlValue]) }
            return [head] + lines.map { StyledText("  \($0)", world.theme[.yamlValue]) }
        }
    }

    /// The text in base64, or how many bytes that are no text; nil if it is not base64.
    static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\n") {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? "(\(bytes.count) bytes that are no text)"
    }
}
