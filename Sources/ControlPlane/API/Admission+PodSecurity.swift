// PodSecurity: what the labels of a namespace let its pods do.
//
// Differs from Kubernetes: updates of pods are not looked at again, and all versions of the standards are taken for the newest.
// - Source: Kubernetes `staging/src/k8s.io/pod-security-admission/{admission,api,policy}`

import KubernetesAPI

/// What one namespace asks of its pods.
struct PodSecurityPolicy: Equatable {
    enum Level: Int { case privileged, baseline, restricted }
    struct Mode: Equatable {
        var level = Level.privileged
        var version = "latest"
        /// `restricted:latest`
        var text: String { "\(level):\(version)" }
    }
    var enforce = Mode()
    var warn = Mode()

    static let prefix = "pod-security.kubernetes.io/"
    private static let levels = ["privileged", "baseline", "restricted"]

    /// What cannot be read counts as the strictest, and is in `errors`.
    init(_ labels: StringMap<String>, _ errors: inout [FieldError]) {
        func refuse(_ name: String, _ value: String, _ why: String) {
            errors.append(FieldError(.invalid, "metadata.labels[\(Self.prefix)\(name)]", value: JSONValue.string(value).text(), why))
        }
        func read(_ name: String) -> (mode: Mode, hasLevel: Bool, hasVersion: Bool) {
            var mode = Mode()
            let (level, version) = (labels[Self.prefix + name], labels["\(Self.prefix)\(name)-version"])
            if let level {
                let place = Self.levels.firstIndex(of: level)
                mode.level = place.flatMap(Level.init) ?? .restricted
                if place == nil { refuse(name, level, "must be one of \(Self.levels.joined(separator: ", "))") }
            }
            if let version {
                let minor = version.hasPrefix("v1.") ? version.dropFirst(3) : ""
                let isVersion = version == "latest" || UInt(minor).map { "\($0)" == minor } ?? false
                if isVersion { mode.version = version } else { refuse("\(name)-version", version, #"must be "latest" or "v1.x""#) }
            }
            return (mode, level != nil, version != nil)
        }
        let (enforced, warned) = (read("enforce"), read("warn"))
        _ = read("audit")
        (enforce, warn) = (enforced.mode, warned.mode)
        // What is enforced is warned of as well, so that the makers of pods hear of it in time.
        if enforced.hasLevel, !warned.hasLevel, enforce.level.rawValue > warn.level.rawValue {
            warn.level = enforce.level
            if !warned.hasVersion { warn.version = enforce.version }
        }
    }
}

extension Cluster {
    private func podSecurity(_ namespace: String) -> PodSecurityPolicy? {
        guard let labels = store.namespaces[ObjectKey(name: namespace)]?.metadata.labels,
            labels.entries.contains(where: { $0.key.hasPrefix(PodSecurityPolicy.prefix) })
        else { return nil }
        var errors: [FieldError] = []
        return PodSecurityPolicy(labels, &errors)
    }

    /// Refuses a pod that its namespace does not let in.
    func requirePodSecurity(_ pod: Pod) throws(APIError) {
        guard let mode = podSecurity(pod.namespace)?.enforce, mode.level != .privileged else { return }
        let found = PodSecurity(pod.document, mode.level).violations
        if found.isEmpty { return }
        throw .forbidden(pod.kindInfo, pod.name, "violates PodSecurity \"\(mode.text)\": \(Self.details(found))")
    }

    /// What a client is warned of when it writes a pod, or something that makes pods.
    func podSecurityWarnings(_ object: any StoredObject) -> [String] {
        let path: String
        switch object {
        case is Pod: path = ""
        case is Deployment, is ReplicaSet, is StatefulSet, is DaemonSet, is Job, is ReplicationController: path = "spec.template"
        case is CronJob: path = "spec.jobTemplate.spec.template"
        default: return []
        }
        guard let mode = podSecurity(object.metadata.namespace)?.warn, mode.level != .privileged else { return [] }
        let document = object.document
        guard let pod = path.isEmpty ? document : document.value(at: path) else { return [] }
        let found = PodSecurity(pod, mode.level).violations
        return found.isEmpty ? [] : ["would violate PodSecurity \"\(mode.text)\": \(Self.details(found))"]
    }

    private static func details(_ violations: [PodSecurity.Violation]) -> String {
        violations.map { $0.detail.isEmpty ? $0.reason : "\($0.reason) (\($0.detail))" }.joined(separator: ", ")
    }

    /// Refuses labels of a namespace that mean nothing.
    func requirePodSecurityLabels(_ namespace: Namespace, over old: Namespace?) throws(APIError) {
        var (errors, before): ([FieldError], [FieldError]) = ([], [])
        _ = PodSecurityPolicy(namespace.metadata.labels, &errors)
        if let old { _ = PodSecurityPolicy(old.metadata.labels, &before) }
        if !errors.isEmpty, errors != before { throw .invalid(namespace.kindInfo, namespace.name, errors) }
    }

    /// What a client is warned of that asks more of a namespace than its pods keep to.
    func podSecurityWarnings(_ namespace: Namespace, over old: Namespace) -> [String] {
        var errors: [FieldError] = []
        let (mode, before) = (PodSecurityPolicy(namespace.metadata.labels, &errors).enforce, PodSecurityPolicy(old.metadata.labels, &errors).enforce)
        if mode.level == .privileged || mode == before || mode.version == before.version && mode.level.rawValue <= before.level.rawValue { return [] }
        var names: [String: (first: String, count: Int)] = [:]
        for pod in store.pods.sorted(namespace: namespace.name) {
            let reasons = PodSecurity(pod.document, mode.level).violations.map(\.reason).joined(separator: ", ")
            if !reasons.isEmpty { names[reasons] = (names[reasons]?.first ?? pod.name, (names[reasons]?.count ?? 0) + 1) }
        }
        if names.isEmpty { return [] }
        let lines = names.map { reasons, pods in
            let others = pods.count == 1 ? "" : pods.count == 2 ? " (and 1 other pod)" : " (and \(pods.count - 1) other pods)"
            return "\(pods.first)\(others): \(reasons)"
        }
        return ["existing pods in namespace \"\(namespace.name)\" violate the new PodSecurity enforce level \"\(mode.text)\""] + lines.sorted()
    }
}

/// A pod, or the template of one, held against the Pod Security Standards.
struct PodSecurity {
    struct Violation: Equatable {
        /// `hostPath volumes`
        var reason: String
        /// `volume "h"`
        var detail: String
    }
    private(set) var violations: [Violation] = []
    private let spec: JSONValue
    private let containers: [JSONValue]
    private var podContext: JSONValue? { spec["securityContext"] }

    init(_ pod: JSONValue, _ level: PodSecurityPolicy.Level) {
        let spec = pod["spec"] ?? [:]
        self.spec = spec
        containers = ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0]?.array ?? [] }
        // In the order of the names of the checks, those of the weaker level first.
        if level == .privileged { return }
        if level == .baseline { capabilities() }
        hostNamespaces()
        if level == .baseline { hostPathVolumes() }
        hostPorts()
        privileged()
        unmaskedProc()
        if level == .baseline { seccomp() }
        sysctls()
        if level == .baseline { return }
        allowPrivilegeEscalation()
        restrictedCapabilities()
        restrictedVolumes()
        runAsNonRoot()
        runAsUser()
        restrictedSeccomp()
    }

    private func context(_ container: JSONValue) -> JSONValue? { container["securityContext"] }
    private func names(where isBad: (JSONValue) -> Bool) -> [String] { containers.filter(isBad).map { $0["name"]?.string ?? "" } }
    private func quoted(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
    private func listed(_ word: String, _ names: [String]) -> String { "\(word)\(names.count == 1 ? "" : "s") \(quoted(names))" }
    private mutating func refuse(_ reason: String, _ detail: String) { violations.append(Violation(reason: reason, detail: detail)) }
    private mutating func refuse(_ reason: String, _ bad: [String], _ must: String) {
        if !bad.isEmpty { refuse(reason, "\(listed("container", bad)) \(must)") }
    }

    // MARK: Baseline

    private static let usual: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]

    private func added(_ container: JSONValue) -> [String] { (context(container)?["capabilities"]?["add"]?.array ?? []).compactMap(\.string) }
    private func forbidden(_ allowed: Set<String>) -> (names: [String], capabilities: [String]) {
        let bad = names { !added($0).allSatisfy(allowed.contains) }
        return (bad, Set(containers.flatMap(added).filter { !allowed.contains($0) }).sorted())
    }

    private mutating func capabilities() {
        let (bad, capabilities) = forbidden(Self.usual)
        refuse("non-default capabilities", bad, "must not include \(quoted(capabilities)) in securityContext.capabilities.add")
    }
    private mutating func hostNamespaces() {
        let set = ["hostNetwork", "hostPID", "hostIPC"].filter { spec[$0] == true }
        if !set.isEmpty { refuse("host namespaces", set.map { "\($0)=true" }.joined(separator: ", ")) }
    }
    private mutating func hostPathVolumes() {
        let bad = (spec["volumes"]?.array ?? []).filter { $0["hostPath"] != nil }.map { $0["name"]?.string ?? "" }
        if !bad.isEmpty { refuse("hostPath volumes", listed("volume", bad)) }
    }
    private mutating func hostPorts() {
        func ports(_ container: JSONValue) -> [Int64] { (container["ports"]?.array ?? []).compactMap { $0["hostPort"]?.int }.filter { $0 != 0 } }
        let bad = names { !ports($0).isEmpty }
        if bad.isEmpty { return }
        let all = Set(containers.flatMap(ports)).map(String.init).sorted()
        refuse("hostPort", "\(listed("container", bad)) \(bad.count == 1 ? "uses" : "use") hostPort\(all.count == 1 ? "" : "s") \(all.joined(separator: ", "))")
    }
    private mutating func privileged() {
        refuse("privileged", names { context($0)?["privileged"] == true }, "must not set securityContext.privileged=true")
    }
    private mutating func unmaskedProc() {
        let bad = names { context($0)?["procMount"]?.string ?? "Default" != "Default" }
        let kinds = Set(containers.compactMap { context($0)?["procMount"]?.string }.filter { $0 != "Default" }).sorted()
        refuse("procMount", bad, "must not set securityContext.procMount to \(quoted(kinds))")
    }
    private mutating func seccomp() {
        func isUnconfined(_ context: JSONValue?) -> Bool { context?["seccompProfile"]?["type"]?.string == "Unconfined" }
        var parts = isUnconfined(podContext) ? ["pod"] : []
        let bad = names { isUnconfined(context($0)) }
        if !bad.isEmpty { parts.append(listed("container", bad)) }
        if !parts.isEmpty { refuse("seccompProfile", "\(parts.joined(separator: " and ")) must not set securityContext.seccompProfile.type to \"Unconfined\"") }
    }
    private static let safeSysctls: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    ]
    private mutating func sysctls() {
        let bad = (podContext?["sysctls"]?.array ?? []).compactMap { $0["name"]?.string }.filter { !Self.safeSysctls.contains($0) }
        if !bad.isEmpty { refuse("forbidden sysctls", bad.joined(separator: ", ")) }
    }

    // MARK: Restricted

    private mutating func allowPrivilegeEscalation() {
        refuse(
            "allowPrivilegeEscalation != false", names { context($0)?["allowPrivilegeEscalation"] != false },
            "must set securityContext.allowPrivilegeEscalation=false")
    }
    private mutating func restrictedCapabilities() {
        let keeps = names { !(context($0)?["capabilities"]?["drop"]?.array ?? []).contains("ALL") }
        let (adds, capabilities) = forbidden(["NET_BIND_SERVICE"])
        var parts: [String] = []
        if !keeps.isEmpty { parts.append("\(listed("container", keeps)) must set securityContext.capabilities.drop=[\"ALL\"]") }
        if !adds.isEmpty { parts.append("\(listed("container", adds)) must not include \(quoted(capabilities)) in securityContext.capabilities.add") }
        if !parts.isEmpty { refuse("unrestricted capabilities", parts.joined(separator: "; ")) }
    }
    private mutating func restrictedVolumes() {
        let allowed: Set<String> = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image"]
        func kind(_ volume: JSONValue) -> String? { volume.object?.members.first { $0.key != "name" }?.key }
        let bad = (spec["volumes"]?.array ?? []).filter { volume in kind(volume).map { !allowed.contains($0) } ?? false }
        if bad.isEmpty { return }
        let kinds = Set(bad.compactMap(kind)).sorted()
        refuse(
            "restricted volume types",
            "\(listed("volume", bad.map { $0["name"]?.string ?? "" })) \(bad.count == 1 ? "uses" : "use") \(listed("restricted volume type", kinds))")
    }
    private mutating func runAsNonRoot() {
        let bad = names { context($0)?["runAsNonRoot"] == false }
        let pod = podContext?["runAsNonRoot"]
        if pod == false || !bad.isEmpty {
            let who = (pod == false ? ["pod"] : []) + (bad.isEmpty ? [] : [listed("container", bad)])
            return refuse("runAsNonRoot != true", "\(who.joined(separator: " and ")) must not set securityContext.runAsNonRoot=false")
        }
        let silent = pod == true ? [] : names { context($0)?["runAsNonRoot"] == nil }
        if !silent.isEmpty { refuse("runAsNonRoot != true", "pod or \(listed("container", silent)) must set securityContext.runAsNonRoot=true") }
    }
    private mutating func runAsUser() {
        let bad = names { context($0)?["runAsUser"]?.int == 0 }
        let who = (podContext?["runAsUser"]?.int == 0 ? ["pod"] : []) + (bad.isEmpty ? [] : [listed("container", bad)])
        if !who.isEmpty { refuse("runAsUser=0", "\(who.joined(separator: " and ")) must not set runAsUser=0") }
    }
    private mutating func restrictedSeccomp() {
        func type(_ context: JSONValue?) -> String? { context?["seccompProfile"]?["type"]?.string }
        func isGood(_ type: String) -> Bool { type == "RuntimeDefault" || type == "Localhost" }
        let bad = names { type(context($0)).map { !isGood($0) } ?? false }
        let pod = type(podContext)
        let who = (pod.map { !isGood($0) } ?? false ? ["pod"] : []) + (bad.isEmpty ? [] : [listed("container", bad)])
        if !who.isEmpty {
            let types = Set(([pod] + containers.map { type(context($0)) }).compactMap { $0 }.filter { !isGood($0) }).sorted()
            return refuse("seccompProfile", "\(who.joined(separator: " and ")) must not set securityContext.seccompProfile.type to \(quoted(types))")
        }
        let silent = pod != nil ? [] : names { type(context($0)) == nil }
        if !silent.isEmpty {
            refuse(
                "seccompProfile",
                "pod or \(listed("container", silent)) must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"")
        }
    }
}
