// Containers: ports, environment, mounts, probes.
extension Validation {
    static func containers(
        _ spec: PodSpec, _ volumes: [String: Volume], _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        let at = "\(at).containers"
        if spec.containers.isEmpty { errors.required(at) }
        for (i, it) in spec.containers.enumerated() {
            container(it, spec, volumes, "\(at)[\(i)]", profile, &errors)
            if spec.containers[..<i].contains(where: { $0.name == it.name }) {
                errors.duplicate("\(at)[\(i)].name", .string(it.name))
            }
            lifecycleAndProbes(it, spec, "\(at)[\(i)]", profile, &errors)
            restartPolicy(it, "\(at)[\(i)]", profile, &errors)
        }
        hostPortConflicts(spec.containers, at, &errors)
    }

    static func initContainers(
        _ spec: PodSpec, _ volumes: [String: Volume], _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        for (i, it) in spec.initContainers.enumerated() {
            let at = "\(at).initContainers[\(i)]"
            container(it, spec, volumes, at, profile, &errors)
            restartPolicy(it, at, profile, &errors)
            let others = spec.containers + spec.initContainers[..<i]
            if others.contains(where: { $0.name == it.name }) {
                errors.duplicate("\(at).name", .string(it.name))
            }
            hostPortConflicts([it], "\(at).ports", single: true, &errors)
            if it.isSidecar {
                lifecycleAndProbes(it, spec, at, profile, &errors)
            } else {
                let why = "may not be set for init containers without restartPolicy=Always"
                if it.lifecycle != nil { errors.forbidden("\(at).lifecycle", why) }
                if it.livenessProbe != nil { errors.forbidden("\(at).livenessProbe", why) }
                if it.readinessProbe != nil { errors.forbidden("\(at).readinessProbe", why) }
                if it.startupProbe != nil { errors.forbidden("\(at).startupProbe", why) }
            }
        }
    }

    /// Containers for debugging, which only their own subresource may add.
    static func ephemeralContainers(
        _ spec: PodSpec, _ volumes: [String: Volume], _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        let added = spec.ephemeralContainers?.read([EphemeralContainer].self) ?? []
        let others = spec.containers.map(\.name) + spec.initContainers.map(\.name)
        let allowed = [
            "name", "image", "command", "args", "workingDir", "envFrom", "env", "volumeMounts", "volumeDevices", "terminationMessagePath",
            "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce", "tty", "targetContainerName",
        ]
        let why = "cannot be set for an Ephemeral Container"
        for (i, it) in added.enumerated() {
            let at = "\(at).ephemeralContainers[\(i)]"
            var filled = it.container
            Defaulting.container(&filled)
            container(filled, spec, volumes, at, profile, &errors)
            imageWithoutSpaces(filled, at, &errors)
            if others.contains(filled.name) || added[..<i].contains(where: { $0.container.name == filled.name }) {
                errors.duplicate("\(at).name", .string(filled.name))
            }
            if !it.targetContainerName.isEmpty, !others.contains(it.targetContainerName) {
                errors.notFound("\(at).targetContainerName", it.targetContainerName)
            }
            for (name, _) in it.jsonObject.members where !allowed.contains(name) { errors.forbidden("\(at).\(name)", why) }
            for (j, mount) in filled.volumeMounts.enumerated() {
                if !mount.subPath.isEmpty { errors.forbidden("\(at).volumeMounts[\(j)].subPath", why) }
                if !mount.subPathExpr.isEmpty { errors.forbidden("\(at).volumeMounts[\(j)].subPathExpr", why) }
            }
        }
    }

    static func imageWithoutSpaces(_ container: Container, _ at: String, _ errors: inout [FieldError]) {
        if container.image != container.image.trimmed {
            errors.invalid("\(at).image", .string(container.image), "must not have leading or trailing whitespace")
        }
    }

    private static func restartPolicy(
        _ container: Container, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        guard profile.isEnabled(.containerRestartRules) else {
            guard let policy = container.restartPolicy else { return }
            if at.contains(".containers[") {
                errors.forbidden("\(at).restartPolicy", "may not be set for non-init containers")
            } else {
                errors.oneOf("\(at).restartPolicy", policy, ["Always"])
            }
            return
        }
        if let policy = container.restartPolicy { errors.oneOf("\(at).restartPolicy", policy, ["Always", "Never", "OnFailure"]) }
        let rules = container.restartPolicyRules?.read([ContainerRestartRule].self) ?? []
        if rules.isEmpty { return }
        if container.restartPolicy == nil {
            errors.required("\(at).restartPolicy", "must specify restartPolicy when restart rules are used")
        }
        if rules.count > 20 { errors.tooMany("\(at).restartPolicyRules", rules.count, 20) }
        let actions = profile.isEnabled(.restartAllContainersOnContainerExits) ? ["Restart", "RestartAllContainers"] : ["Restart"]
        for (i, rule) in rules.enumerated() {
            let at = "\(at).restartPolicyRules[\(i)]"
            errors.oneOf("\(at).action", rule.action, actions)
            guard let codes = rule.exitCodes else {
                errors.required("\(at).exitCodes", "must be specified")
                continue
            }
            errors.oneOf("\(at).exitCodes.operator", codes.operator, ["In", "NotIn"])
            if codes.values.count > 255 { errors.tooMany("\(at).exitCodes.values", codes.values.count, 255) }
        }
    }

    /// The rules that containers of all sorts share.
    private static func container(
        _ container: Container, _ spec: PodSpec, _ volumes: [String: Volume], _ at: String,
        _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        if container.name.isEmpty {
            errors.required("\(at).name")
        } else {
            errors.invalid("\(at).name", container.name, each: NameRules.label(container.name))
        }
        if container.image.isEmpty { errors.required("\(at).image") }
        errors.choice("\(at).terminationMessagePolicy", container.terminationMessagePolicy, ["FallbackToLogsOnError", "File"])
        ports(container.ports, "\(at).ports", &errors)
        environment(container, volumes, at, profile, &errors)
        let devices = container.volumeDevices?.read([VolumeDevice].self) ?? []
        mounts(container, devices, volumes, "\(at).volumeMounts", &errors)
        volumeDevices(devices, container.volumeMounts, volumes, "\(at).volumeDevices", &errors)
        errors.choice("\(at).imagePullPolicy", container.imagePullPolicy, ["Always", "IfNotPresent", "Never"])
        containerResources(container.resources, claims: claimNames(spec), "\(at).resources", &errors)
        resizePolicy(container.resizePolicy, spec, "\(at).resizePolicy", profile, &errors)
        if let context = container.securityContext?.read(SecurityContext.self) {
            securityContext(context, hostUsers: spec.hostUsers ?? true, "\(at).securityContext", &errors)
        }
    }

    private static func ports(_ ports: [ContainerPort], _ at: String, _ errors: inout [FieldError]) {
        for (i, port) in ports.enumerated() {
            let at = "\(at)[\(i)]"
            if !port.name.isEmpty {
                let problems = NameRules.portName(port.name)
                errors.invalid("\(at).name", port.name, each: problems)
                if problems.isEmpty, ports[..<i].contains(where: { $0.name == port.name }) {
                    errors.duplicate("\(at).name", .string(port.name))
                }
            }
            if port.containerPort == 0 {
                errors.required("\(at).containerPort")
            } else {
                errors.port("\(at).containerPort", port.containerPort)
            }
            if port.hostPort != 0 { errors.port("\(at).hostPort", port.hostPort) }
            errors.choice("\(at).protocol", port.protocol, ["SCTP", "TCP", "UDP"])
        }
    }

    private static func hostPortConflicts(
        _ containers: [Container], _ at: String, single: Bool = false, _ errors: inout [FieldError]
    ) {
        var taken: [String] = []
        for (i, container) in containers.enumerated() {
            for (j, port) in container.ports.enumerated() where port.hostPort != 0 {
                let text = "\(port.protocol)/\(port.hostIP)/\(port.hostPort)"
                if taken.contains(text) {
                    let ports = single ? at : "\(at)[\(i)].ports"
                    errors.duplicate("\(ports)[\(j)].hostPort", .string(text))
                }
                taken.append(text)
            }
        }
    }

    // MARK: Environment

    private static func environment(
        _ container: Container, _ volumes: [String: Volume], _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        for (i, variable) in container.env.enumerated() {
            let at = "\(at).env[\(i)]"
            if variable.name.isEmpty {
                errors.required("\(at).name")
            } else {
                errors.invalid(
                    "\(at).name", variable.name, each: NameRules.environmentName(variable.name, profile))
            }
            guard let source = variable.valueFrom else { continue }
            valueSource(source, volumes, "\(at).valueFrom", profile, &errors)
            let count = source.jsonObject.members.count
            if count == 0 {
                errors.invalid(
                    "\(at).valueFrom", "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                )
            } else if !(variable.value ?? "").isEmpty {
                errors.invalid("\(at).valueFrom", "", "may not be specified when `value` is not empty")
            } else if count > 1 {
                errors.invalid("\(at).valueFrom", "", "may not have more than one field specified at a time")
            }
        }
        for (i, source) in container.envFrom.enumerated() {
            let list = "\(at).envFrom"
            let at = "\(list)[\(i)]"
            if !source.prefix.isEmpty {
                errors.invalid(
                    "\(at).prefix", source.prefix, each: NameRules.environmentName(source.prefix, profile))
            }
            for (reference, field) in [(source.configMapRef, "configMapRef"), (source.secretRef, "secretRef")] {
                guard let reference else { continue }
                if reference.name.isEmpty {
                    errors.required("\(at).\(field).name")
                } else {
                    errors.invalid("\(at).\(field).name", reference.name, each: NameRules.subdomain(NameRules.maskingDash(reference.name)))
                }
            }
            // The API server leaves the place in the list out.
            switch (source.configMapRef, source.secretRef) {
            case (nil, nil): errors.invalid(list, "", "must specify one of: `configMapRef` or `secretRef`")
            case (_?, _?): errors.invalid(list, "", "may not have more than one field specified at a time")
            default: break
            }
        }
    }

    private static func valueSource(
        _ source: EnvVarSource, _ volumes: [String: Volume], _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        if let reference = source.fieldRef?.read(ObjectFieldSelector.self) {
            fieldReference(
                reference,
                [
                    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
                    "status.hostIPs", "status.podIP", "status.podIPs",
                ], "\(at).fieldRef", &errors)
        }
        if let reference = source.resourceFieldRef?.read(ResourceFieldSelector.self) {
            resourceReference(reference, needsContainer: false, "\(at).resourceFieldRef", &errors)
        }
        if let key = source.configMapKeyRef { keySelector(key, "\(at).configMapKeyRef", &errors) }
        if let key = source.secretKeyRef { keySelector(key, "\(at).secretKeyRef", &errors) }
        if let file = source.fileKeyRef?.read(FileKeySelector.self) {
            let at = "\(at).fileKeyRef"
            if file.volumeName.isEmpty {
                errors.required("\(at).volumeName")
            } else {
                errors.invalid("\(at).volumeName", file.volumeName, each: NameRules.label(file.volumeName))
                if volumes[file.volumeName]?.emptyDir == nil { errors.notFound("\(at).volumeName", file.volumeName) }
            }
            if file.path.isEmpty { errors.required("\(at).path") } else { localPath(file.path, "\(at).path", &errors) }
            if file.key.isEmpty {
                errors.required("\(at).key")
            } else {
                errors.invalid("\(at).key", file.key, each: NameRules.environmentName(file.key, profile))
            }
        }
    }

    private static func keySelector(_ selector: KeySelector, _ at: String, _ errors: inout [FieldError]) {
        errors.invalid("\(at).name", selector.name, each: NameRules.subdomain(selector.name))
        if selector.key.isEmpty {
            errors.required("\(at).key")
        } else {
            errors.invalid("\(at).key", selector.key, each: NameRules.configKey(selector.key))
        }
    }

    /// A field of the pod, one of `supported`, or one label or annotation.
    static func fieldReference(
        _ reference: ObjectFieldSelector, _ supported: [String], _ at: String, _ errors: inout [FieldError]
    ) {
        let path = reference.fieldPath
        let version = reference.apiVersion.isEmpty ? "v1" : reference.apiVersion
        if path.isEmpty { return errors.required("\(at).fieldPath") }
        func refuse(_ why: String) { errors.invalid("\(at).fieldPath", .string(path), "error converting fieldPath: \(why)") }
        if version != "v1" { return refuse("unsupported pod version: \(version)") }
        if path.hasSuffix("']"), let start = path.firstRange(of: "['"), start.lowerBound > path.startIndex {
            let (field, key) = (path[..<start.lowerBound], String(path[start.upperBound...].dropLast(2)))
            switch field {
            case "metadata.annotations": errors.invalid(at, key.lowercased(), each: NameRules.qualifiedName(key.lowercased()))
            case "metadata.labels": errors.invalid(at, key, each: NameRules.qualifiedName(key))
            default: refuse("field label does not support subscript: \(path)")
            }
            return
        }
        let known = [
            "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
            "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase", "status.hostIP", "status.hostIPs",
            "status.podIP", "status.podIPs", "spec.host",
        ]
        if !known.contains(path) { return refuse("field label not supported: \(path)") }
        let field = path == "spec.host" ? "spec.nodeName" : path
        errors.oneOf("\(at).fieldPath", field, supported)
    }

    static func resourceReference(
        _ reference: ResourceFieldSelector, needsContainer: Bool, _ at: String, _ errors: inout [FieldError]
    ) {
        let name = reference.resource
        let supported = [
            "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
        ]
        let isHugePages = name.hasPrefix("limits.hugepages-") || name.hasPrefix("requests.hugepages-")
        if needsContainer, reference.containerName.isEmpty {
            errors.required("\(at).containerName")
        } else if name.isEmpty {
            errors.required("\(at).resource")
        } else if !isHugePages {
            errors.oneOf("\(at).resource", name, supported)
        }
        guard let divisor = reference.divisor, divisor != .zero else { return }
        let units = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
        let (text, list) = (divisor.description, units.joined(separator: ", "))
        func refuse(_ what: String) {
            errors.invalid("\(at).divisor", .string(name), "only divisor's values \(list) are supported with the \(what) resource")
        }
        switch name {
        case "limits.cpu", "requests.cpu":
            if text != "1m", text != "1" {
                errors.invalid("\(at).divisor", .string(name), "only divisor's values 1m and 1 are supported with the cpu resource")
            }
        case "limits.memory", "requests.memory": if !units.contains(text) { refuse("memory") }
        case "limits.ephemeral-storage", "requests.ephemeral-storage": if !units.contains(text) { refuse("local ephemeral storage") }
        default: if isHugePages, !units.contains(text) { refuse("hugepages") }
        }
    }

    // MARK: Mounts and devices

    private static func mounts(
        _ container: Container, _ devices: [VolumeDevice], _ volumes: [String: Volume], _ list: String, _ errors: inout [FieldError]
    ) {
        let mounts = container.volumeMounts
        for (i, mount) in mounts.enumerated() {
            let at = "\(list)[\(i)]"
            if mount.name.isEmpty { errors.required("\(at).name") }
            if volumes[mount.name] == nil { errors.notFound("\(at).name", mount.name) }
            if mount.mountPath.isEmpty { errors.required("\(at).mountPath") }
            if mounts[..<i].contains(where: { $0.mountPath == mount.mountPath }) {
                errors.invalid("\(at).mountPath", .string(mount.mountPath), "must be unique")
            }
            if devices.contains(where: { $0.name == mount.name }) {
                errors.invalid("\(at).name", .string(mount.name), "must not already exist in volumeDevices")
            }
            if devices.contains(where: { $0.devicePath == mount.mountPath }) {
                errors.invalid("\(at).mountPath", .string(mount.mountPath), "must not already exist as a path in volumeDevices")
            }
            if volumes[mount.name]?.image != nil {
                for (name, path) in [("subPath", mount.subPath), ("subPathExpr", mount.subPathExpr)] where !path.isEmpty {
                    errors.invalid("\(at).\(name)", .string(path), "not allowed in image volume sources")
                }
            }
            // The API server leaves the place in the list out of what follows.
            if !mount.subPath.isEmpty { descendingPath(mount.subPath, "\(list).subPath", &errors) }
            if !mount.subPathExpr.isEmpty {
                if !mount.subPath.isEmpty {
                    errors.invalid(
                        "\(at).subPathExpr", .string(mount.subPathExpr),
                        "subPathExpr and subPath are mutually exclusive")
                }
                descendingPath(mount.subPathExpr, "\(list).subPathExpr", &errors)
            }
            if let propagation = mount.mountPropagation {
                errors.oneOf("\(list).mountPropagation", propagation, ["Bidirectional", "HostToContainer", "None"])
                if propagation == "Bidirectional", container.securityContext?["privileged"] != true {
                    errors.forbidden(
                        "\(list).mountPropagation", "Bidirectional mount propagation is available only to privileged containers")
                }
            }
            recursiveReadOnly(mount, "\(list).recursiveReadOnly", &errors)
        }
    }

    private static func recursiveReadOnly(_ mount: VolumeMount, _ at: String, _ errors: inout [FieldError]) {
        switch mount.recursiveReadOnly {
        case nil, "Disabled": break
        case "Enabled", "IfPossible":
            if !mount.readOnly { errors.forbidden(at, "may only be specified when readOnly is true") }
            if let propagation = mount.mountPropagation, propagation != "None" {
                errors.forbidden(at, "may only be specified when mountPropagation is None or not specified")
            }
        case let other?: errors.notSupported(at, .string(other), ["Disabled", "Enabled", "IfPossible"])
        }
    }

    private static func volumeDevices(
        _ devices: [VolumeDevice], _ mounts: [VolumeMount], _ volumes: [String: Volume], _ list: String, _ errors: inout [FieldError]
    ) {
        for (i, device) in devices.enumerated() {
            let at = "\(list)[\(i)]"
            if device.name.isEmpty { errors.required("\(at).name") }
            if !device.name.isEmpty, devices[..<i].contains(where: { $0.name == device.name }) {
                errors.invalid("\(at).name", .string(device.name), "must be unique")
            }
            if let volume = volumes[device.name] {
                if volume.persistentVolumeClaim == nil, volume.ephemeral == nil {
                    errors.invalid(
                        "\(at).name", .string(device.name),
                        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode")
                }
            } else {
                errors.notFound("\(at).name", device.name)
            }
            if device.devicePath.isEmpty { errors.required("\(at).devicePath") }
            if devices[..<i].contains(where: { $0.devicePath == device.devicePath && !hasBacksteps($0.devicePath) }) {
                errors.invalid("\(at).devicePath", .string(device.devicePath), "must be unique")
            }
            if hasBacksteps(device.devicePath) {
                errors.invalid("\(at).devicePath", .string(device.devicePath), "can not contain backsteps ('..')")
            }
            if mounts.contains(where: { $0.name == device.name }) {
                errors.invalid("\(at).name", .string(device.name), "must not already exist in volumeMounts")
            }
            if mounts.contains(where: { $0.mountPath == device.devicePath }) {
                errors.invalid("\(at).devicePath", .string(device.devicePath), "must not already exist as a path in volumeMounts")
            }
        }
    }

    // MARK: Probes and hooks

    private static func lifecycleAndProbes(
        _ container: Container, _ spec: PodSpec, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        for (name, hook) in [
            ("postStart", container.lifecycle?.postStart), ("preStop", container.lifecycle?.preStop),
        ] {
            guard let hook else { continue }
            let at = "\(at).lifecycle.\(name)"
            var count = action(hook.exec, hook.httpGet, hook.tcpSocket, nil, at, &errors)
            if let sleep = hook.sleep {
                if count > 0 {
                    errors.forbidden("\(at).sleep", "may not specify more than 1 handler type")
                } else {
                    sleepAction(sleep, grace: spec.terminationGracePeriodSeconds, "\(at).sleep", profile, &errors)
                }
                count += 1
            }
            if count == 0 { errors.required(at, "must specify a handler type") }
        }
        if let signal = container.lifecycle?.stopSignal { stopSignal(signal, spec, "\(at).lifecycle.stopSignal", &errors) }
        probe(container.livenessProbe, "\(at).livenessProbe", &errors)
        if let probe = container.livenessProbe, probe.successThreshold != 1 {
            errors.invalid("\(at).livenessProbe.successThreshold", probe.successThreshold, "must be 1")
        }
        probe(container.readinessProbe, "\(at).readinessProbe", &errors)
        if let seconds = container.readinessProbe?.terminationGracePeriodSeconds {
            errors.invalid(
                "\(at).readinessProbe.terminationGracePeriodSeconds", seconds,
                "must not be set for readinessProbes")
        }
        probe(container.startupProbe, "\(at).startupProbe", &errors)
        if let probe = container.startupProbe, probe.successThreshold != 1 {
            errors.invalid("\(at).startupProbe.successThreshold", probe.successThreshold, "must be 1")
        }
    }

    private static func sleepAction(
        _ sleep: SleepAction, grace: Int?, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        guard let grace, !(0...max(0, grace)).contains(sleep.seconds) || sleep.seconds == 0 else { return }
        if profile.has(.sleepOfNothing) {
            if sleep.seconds != 0 {
                errors.invalid(at, sleep.seconds, "must be non-negative and less than terminationGracePeriodSeconds (\(grace))")
            }
        } else {
            errors.invalid(
                at, sleep.seconds,
                "must be greater than 0 and less than terminationGracePeriodSeconds (\(grace))."
                    + (profile.has(.sleepRefusalNamesGate) ? " Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep." : ""))
        }
    }

    private static func stopSignal(_ signal: String, _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        guard let os = spec.os, !os.name.isEmpty else {
            errors.forbidden(at, "may not be set for containers with empty `spec.os.name`")
            return
        }
        errors.oneOf(at, signal, os.name == "windows" ? ["SIGKILL", "SIGTERM"] : signals)
    }

    /// The signals of Linux that the API knows.
    private static let signals: [String] = {
        let named = [
            "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR",
            "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH",
            "XCPU", "XFSZ", "RTMIN", "RTMAX",
        ]
        return (named + (1...15).map { "RTMIN+\($0)" } + (1...14).map { "RTMAX-\($0)" }).map { "SIG" + $0 }.sorted()
    }()

    private static func probe(_ probe: Probe?, _ at: String, _ errors: inout [FieldError]) {
        guard let probe else { return }
        if action(probe.exec, probe.httpGet, probe.tcpSocket, probe.grpc, at, &errors) == 0 {
            errors.required(at, "must specify a handler type")
        }
        errors.nonnegative("\(at).initialDelaySeconds", probe.initialDelaySeconds)
        errors.nonnegative("\(at).timeoutSeconds", probe.timeoutSeconds)
        errors.nonnegative("\(at).periodSeconds", probe.periodSeconds)
        errors.nonnegative("\(at).successThreshold", probe.successThreshold)
        errors.nonnegative("\(at).failureThreshold", probe.failureThreshold)
        if let seconds = probe.terminationGracePeriodSeconds, seconds <= 0 {
            errors.invalid("\(at).terminationGracePeriodSeconds", seconds, "must be greater than 0")
        }
    }

    /// Checks the actions and returns how many are set; each beyond the first is refused.
    private static func action(
        _ exec: ExecAction?, _ http: HTTPGetAction?, _ tcp: TCPSocketAction?, _ grpc: GRPCAction?,
        _ at: String,
        _ errors: inout [FieldError]
    ) -> Int {
        var count = 0
        func isFirst(_ name: String, _ errors: inout [FieldError]) -> Bool {
            count += 1
            if count > 1 { errors.forbidden("\(at).\(name)", "may not specify more than 1 handler type") }
            return count == 1
        }
        if let exec, isFirst("exec", &errors), exec.command.isEmpty { errors.required("\(at).exec.command") }
        if let http, isFirst("httpGet", &errors) {
            if http.path.isEmpty { errors.required("\(at).httpGet.path") }
            errors.port("\(at).httpGet.port", http.port)
            errors.oneOf("\(at).httpGet.scheme", http.scheme, ["HTTP", "HTTPS"])
            for header in http.httpHeaders?.read([HTTPHeader].self) ?? [] {
                errors.invalid("\(at).httpGet.httpHeaders", header.name, each: NameRules.httpHeaderName(header.name))
            }
        }
        if let tcp, isFirst("tcpSocket", &errors) { errors.port("\(at).tcpSocket.port", tcp.port) }
        if let grpc, isFirst("grpc", &errors) { errors.port("\(at).grpc.port", grpc.port) }
        return count
    }
}

extension Pod {
    /// Gives the containers that were added for debugging the defaults of all containers.
    package mutating func fillEphemeral() {
        guard spec.ephemeralContainers != nil else { return }
        let filled = spec.ephemeral.map { added in
            var added = added
            Defaulting.container(&added.container)
            return JSONValue.object(added.jsonObject)
        }
        spec.ephemeralContainers = .array(filled)
    }
    /// What is wrong with the containers that were added for debugging.
    package func ephemeralProblems(_ profile: KubernetesProfile) -> [FieldError] {
        var (errors, others) = ([FieldError](), [FieldError]())
        let volumes = Validation.volumes(spec.volumes, podName: name, isPod: true, "spec.volumes", profile, &others)
        Validation.ephemeralContainers(spec.value, volumes, "spec", profile, &errors)
        return errors
    }
}
