// Containers: ports, environment, mounts, probes.
extension Validation {
    static func containers(
        _ spec: PodSpec, _ volumes: [String], _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        let at = "\(at).containers"
        if spec.containers.isEmpty { errors.required(at) }
        for (i, it) in spec.containers.enumerated() {
            container(it, spec, volumes, "\(at)[\(i)]", profile, &errors)
            if spec.containers[..<i].contains(where: { $0.name == it.name }) {
                errors.duplicate("\(at)[\(i)].name", .string(it.name))
            }
            lifecycleAndProbes(it, "\(at)[\(i)]", &errors)
            restartPolicy(it, "\(at)[\(i)]", profile, &errors)
        }
        hostPortConflicts(spec.containers, at, &errors)
    }

    static func initContainers(
        _ spec: PodSpec, _ volumes: [String], _ at: String, _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        for (i, it) in spec.initContainers.enumerated() {
            let at = "\(at).initContainers[\(i)]"
            container(it, spec, volumes, at, profile, &errors)
            let others = spec.containers + spec.initContainers[..<i]
            if others.contains(where: { $0.name == it.name }) {
                errors.duplicate("\(at).name", .string(it.name))
            }
            hostPortConflicts([it], "\(at).ports", single: true, &errors)
            if it.isSidecar {
                lifecycleAndProbes(it, at, &errors)
            } else {
                let why = "may not be set for init containers without restartPolicy=Always"
                if it.lifecycle != nil { errors.forbidden("\(at).lifecycle", why) }
                if it.livenessProbe != nil { errors.forbidden("\(at).livenessProbe", why) }
                if it.readinessProbe != nil { errors.forbidden("\(at).readinessProbe", why) }
                if it.startupProbe != nil { errors.forbidden("\(at).startupProbe", why) }
            }
            restartPolicy(it, at, profile, &errors)
        }
    }

    private static func restartPolicy(
        _ container: Container, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        guard let policy = container.restartPolicy else { return }
        if profile.isEnabled(.containerRestartRules) {
            errors.oneOf("\(at).restartPolicy", policy, ["Always", "Never", "OnFailure"])
        } else if at.contains(".containers[") {
            errors.forbidden("\(at).restartPolicy", "may not be set for non-init containers")
        } else {
            errors.oneOf("\(at).restartPolicy", policy, ["Always"])
        }
    }

    /// The rules that containers of all sorts share.
    private static func container(
        _ container: Container, _ spec: PodSpec, _ volumes: [String], _ at: String,
        _ profile: KubernetesProfile,
        _ errors: inout [FieldError]
    ) {
        if container.name.isEmpty {
            errors.required("\(at).name")
        } else {
            errors.invalid("\(at).name", container.name, each: NameRules.label(container.name))
        }
        if container.image.isEmpty {
            errors.required("\(at).image")
        } else if container.image.first!.isWhitespace || container.image.last!.isWhitespace {
            errors.invalid(
                "\(at).image", .string(container.image), "must not have leading or trailing whitespace")
        }
        errors.oneOf(
            "\(at).terminationMessagePolicy", container.terminationMessagePolicy,
            ["FallbackToLogsOnError", "File"])
        ports(container.ports, "\(at).ports", &errors)
        environment(container, at, profile, &errors)
        mounts(container.volumeMounts, volumes, "\(at).volumeMounts", &errors)
        errors.oneOf("\(at).imagePullPolicy", container.imagePullPolicy, ["Always", "IfNotPresent", "Never"])
        containerResources(container.resources, "\(at).resources", &errors)
        resizePolicy(container.resizePolicy, spec, "\(at).resizePolicy", profile, &errors)
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
            errors.oneOf("\(at).protocol", port.protocol, ["SCTP", "TCP", "UDP"])
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

    private static func environment(
        _ container: Container, _ at: String, _ profile: KubernetesProfile, _ errors: inout [FieldError]
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
            if let key = source.configMapKeyRef {
                keySelector(key, "\(at).valueFrom.configMapKeyRef", &errors)
            }
            if let key = source.secretKeyRef { keySelector(key, "\(at).valueFrom.secretKeyRef", &errors) }
        }
        for (i, source) in container.envFrom.enumerated() {
            let at = "\(at).envFrom[\(i)]"
            if !source.prefix.isEmpty {
                errors.invalid(
                    "\(at).prefix", source.prefix, each: NameRules.environmentName(source.prefix, profile))
            }
            switch (source.configMapRef, source.secretRef) {
            case (nil, nil): errors.invalid(at, "", "must specify one of: `configMapRef` or `secretRef`")
            case (_?, _?): errors.invalid(at, "", "may not have more than one field specified at a time")
            case (let ref?, nil): if ref.name.isEmpty { errors.required("\(at).configMapRef.name") }
            case (nil, let ref?): if ref.name.isEmpty { errors.required("\(at).secretRef.name") }
            }
        }
    }

    private static func keySelector(_ selector: KeySelector, _ at: String, _ errors: inout [FieldError]) {
        if selector.key.isEmpty {
            errors.required("\(at).key")
        } else {
            errors.invalid("\(at).key", selector.key, each: NameRules.configKey(selector.key))
        }
    }

    private static func mounts(
        _ mounts: [VolumeMount], _ volumes: [String], _ at: String, _ errors: inout [FieldError]
    ) {
        for (i, mount) in mounts.enumerated() {
            let at = "\(at)[\(i)]"
            if mount.name.isEmpty {
                errors.required("\(at).name")
            } else if !volumes.contains(mount.name) {
                errors.notFound("\(at).name", mount.name)
            }
            if mount.mountPath.isEmpty {
                errors.required("\(at).mountPath")
            } else if mounts[..<i].contains(where: { $0.mountPath == mount.mountPath }) {
                errors.invalid("\(at).mountPath", .string(mount.mountPath), "must be unique")
            }
            if !mount.subPath.isEmpty { descendingPath(mount.subPath, "\(at).subPath", &errors) }
            if !mount.subPathExpr.isEmpty {
                if !mount.subPath.isEmpty {
                    errors.invalid(
                        "\(at).subPathExpr", .string(mount.subPathExpr),
                        "subPathExpr and subPath are mutually exclusive")
                }
                descendingPath(mount.subPathExpr, "\(at).subPathExpr", &errors)
            }
        }
    }

    private static func descendingPath(_ path: String, _ at: String, _ errors: inout [FieldError]) {
        if path.hasPrefix("/") { errors.invalid(at, .string(path), "must be a relative path") }
        if path.split(separator: "/").contains("..") {
            errors.invalid(at, .string(path), "must not contain '..'")
        }
    }

    // MARK: Probes and hooks

    private static func lifecycleAndProbes(_ container: Container, _ at: String, _ errors: inout [FieldError])
    {
        for (name, hook) in [
            ("postStart", container.lifecycle?.postStart), ("preStop", container.lifecycle?.preStop),
        ] {
            guard let hook else { continue }
            let at = "\(at).lifecycle.\(name)"
            var count = action(hook.exec, hook.httpGet, hook.tcpSocket, nil, at, &errors)
            if let sleep = hook.sleep {
                count += 1
                if sleep.seconds < 0 {
                    errors.invalid("\(at).sleep", sleep.seconds, "must be greater than or equal to 0")
                }
            }
            if count == 0 { errors.required(at, "must specify a handler type") }
        }
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

    /// Checks the actions and answers how many are set; each beyond the first is refused.
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
        }
        if let tcp, isFirst("tcpSocket", &errors) { errors.port("\(at).tcpSocket.port", tcp.port) }
        if let grpc, isFirst("grpc", &errors) { errors.port("\(at).grpc.port", grpc.port) }
        return count
    }
}
