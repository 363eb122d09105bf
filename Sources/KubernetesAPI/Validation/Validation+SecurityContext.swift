// Security contexts of pods and containers, and what the operating system allows.
extension Validation {
    static func podSecurityContext(_ context: PodSecurityContext, _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        id(context.fsGroup, "\(at).fsGroup", &errors)
        id(context.runAsUser, "\(at).runAsUser", &errors)
        id(context.runAsGroup, "\(at).runAsGroup", &errors)
        for (i, group) in context.supplementalGroups.enumerated() { id(group, "\(at).supplementalGroups[\(i)]", &errors) }
        if spec.shareProcessNamespace == true, spec.hostPID {
            errors.invalid("\(at).shareProcessNamespace", true, "ShareProcessNamespace and HostPID cannot both be enabled")
        }
        sysctls(context.sysctls, spec, "\(at).sysctls", &errors)
        if let policy = context.fsGroupChangePolicy { errors.oneOf("\(at).fsGroupChangePolicy", policy, ["Always", "OnRootMismatch"]) }
        seccompProfile(context.seccompProfile, "\(at).seccompProfile", &errors)
        windowsOptions(context.windowsOptions, "\(at).windowsOptions", &errors)
        appArmorProfile(context.appArmorProfile, "\(at).appArmorProfile", &errors)
        if let policy = context.supplementalGroupsPolicy { errors.oneOf("\(at).supplementalGroupsPolicy", policy, ["Merge", "Strict"]) }
        if let policy = context.seLinuxChangePolicy { errors.oneOf("\(at).seLinuxChangePolicy", policy, ["MountOption", "Recursive"]) }
    }

    static func securityContext(_ context: SecurityContext, hostUsers: Bool, _ at: String, _ errors: inout [FieldError]) {
        id(context.runAsUser, "\(at).runAsUser", &errors)
        id(context.runAsGroup, "\(at).runAsGroup", &errors)
        if let mount = context.procMount {
            errors.oneOf("\(at).procMount", mount, ["Default", "Unmasked"])
            if hostUsers, mount == "Unmasked" {
                errors.invalid("\(at).procMount", .string(mount), "`hostUsers` must be false to use `Unmasked`")
            }
        }
        seccompProfile(context.seccompProfile, "\(at).seccompProfile", &errors)
        if context.allowPrivilegeEscalation == false {
            if context.privileged == true {
                errors.invalid(at, context.json ?? [:], "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
            }
            for added in context.capabilities?.add ?? [] where added == "CAP_SYS_ADMIN" {
                errors.invalid(
                    at, context.json ?? [:], "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
            }
        }
        windowsOptions(context.windowsOptions, "\(at).windowsOptions", &errors)
        appArmorProfile(context.appArmorProfile, "\(at).appArmorProfile", &errors)
    }

    private static func id(_ id: Int?, _ at: String, _ errors: inout [FieldError]) {
        if let id, !(0...2_147_483_647).contains(id) { errors.invalid(at, id, "must be between 0 and 2147483647, inclusive") }
    }

    private static func sysctls(_ sysctls: [Sysctl], _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        for (i, sysctl) in sysctls.enumerated() {
            let (at, name) = ("\(at)[\(i)].name", sysctl.name)
            if name.isEmpty {
                errors.required(at)
            } else if !isSysctlName(name) {
                errors.invalid(
                    at, .string(name),
                    #"must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"#)
            } else if sysctls[..<i].contains(where: { $0.name == name }) {
                errors.duplicate(at, .string(name))
            }
            // Slashes may stand for dots.
            let dotted = name.replacing("/", with: ".")
            if spec.hostNetwork, dotted.hasPrefix("net.") {
                errors.invalid(at, .string(name), "may not be specified when 'hostNetwork' is true")
            } else if spec.hostIPC, dotted.hasPrefix("kernel.shm") || dotted.hasPrefix("kernel.msg") || dotted == "kernel.sem" || dotted.hasPrefix("fs.mqueue.")
            {
                errors.invalid(at, .string(name), "may not be specified when 'hostIPC' is true")
            }
        }
    }

    private static func isSysctlName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8?) -> Bool { byte.map { 97...122 ~= $0 || 48...57 ~= $0 } ?? false }
        return name.utf8.count <= 253
            && name.utf8.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 46 || $0 == 47 }).allSatisfy { segment in
                isAlphanumeric(segment.first) && isAlphanumeric(segment.last)
                    && segment.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 95 }
            }
    }

    private static let profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"]

    private static func seccompProfile(_ profile: SeccompProfile?, _ at: String, _ errors: inout [FieldError]) {
        guard let profile else { return }
        if profile.type.isEmpty {
            errors.required("\(at).type", "type is required when seccompProfile is set")
        } else {
            errors.oneOf("\(at).type", profile.type, profileTypes)
        }
        switch (profile.type, profile.localhostProfile) {
        case ("Localhost", nil): errors.required("\(at).localhostProfile", "must be set when seccomp type is Localhost")
        case ("Localhost", let path?): descendingPath(path, "\(at).localhostProfile", &errors)
        case (_, .some):
            errors.invalid("\(at).localhostProfile", profile.json ?? [:], "can only be set when seccomp type is Localhost")
        default: break
        }
    }

    private static func appArmorProfile(_ profile: AppArmorProfile?, _ at: String, _ errors: inout [FieldError]) {
        guard let profile else { return }
        let field = "\(at).localhostProfile"
        switch (profile.type, profile.localhostProfile) {
        case ("Localhost", let name):
            if let name, name != name.trimmed {
                errors.invalid(field, .string(name), "must not be padded with whitespace")
            } else if (name ?? "").isEmpty {
                errors.required(field, "must be set when AppArmor type is Localhost")
            }
            if let name, name.utf8.count > 4095 { errors.tooLong(field, 4095) }
        case ("RuntimeDefault", let name?), ("Unconfined", let name?):
            errors.invalid(field, .string(name), "can only be set when AppArmor type is Localhost")
        case ("", _): errors.required("\(at).type", "type is required when appArmorProfile is set")
        default: errors.oneOf("\(at).type", profile.type, profileTypes)
        }
    }

    private static func windowsOptions(_ options: WindowsSecurityContextOptions?, _ at: String, _ errors: inout [FieldError]) {
        guard let options else { return }
        if let name = options.gmsaCredentialSpecName {
            errors.invalid("\(at).gmsaCredentialSpecName", name, each: NameRules.subdomain(name))
        }
        if let spec = options.gmsaCredentialSpec {
            let field = "\(at).gmsaCredentialSpec"
            if spec.isEmpty {
                errors.invalid(field, .string(spec), "gmsaCredentialSpec cannot be an empty string")
            } else if spec.utf8.count > 64 * 1024 {
                errors.invalid(field, .string(spec), "gmsaCredentialSpec size must be under 64 KiB")
            }
        }
        guard let name = options.runAsUserName else { return }
        func refuse(_ why: String) { errors.invalid("\(at).runAsUserName", .string(name), why) }
        let parts = name.split(separator: "\\", omittingEmptySubsequences: false)
        if name.isEmpty { return refuse("runAsUserName cannot be an empty string") }
        if name.utf8.contains(where: { $0 < 32 || $0 == 127 }) { return refuse("runAsUserName cannot contain control characters") }
        if parts.count > 2 { return refuse("runAsUserName cannot contain more than one backslash") }
        let user = parts[parts.count - 1]
        if parts.count == 2 {
            let domain = parts[0]
            if domain.utf8.count >= 256 { refuse("runAsUserName's Domain length must be under 256 characters") }
            let isNetBIOS = 1...15 ~= domain.unicodeScalars.count && domain.first != "." && !domain.contains { #"\/:*?"<>|"#.contains($0) }
            let isDNS = domain.utf8.split(separator: 46, omittingEmptySubsequences: false).allSatisfy { label in
                func isAlphanumeric(_ byte: UInt8?) -> Bool { byte.map { 97...122 ~= $0 | 0x20 || 48...57 ~= $0 } ?? false }
                return label.count <= 63 && isAlphanumeric(label.first) && isAlphanumeric(label.last)
                    && label.allSatisfy { isAlphanumeric($0) || $0 == 45 }
            }
            if !isNetBIOS, !isDNS { refuse("runAsUserName's Domain doesn't match the NetBios nor the DNS format") }
        }
        if user.isEmpty {
            refuse("runAsUserName's User cannot be empty")
        } else if user.utf8.count > 104 {
            refuse("runAsUserName's User length must not be longer than 104 characters")
        }
        if !user.isEmpty, user.allSatisfy({ $0 == "." || $0 == " " }) { refuse("runAsUserName's User cannot contain only periods or spaces") }
        if user.contains(where: { #""/\:;|=,+*?<>@[]"#.contains($0) }) {
            refuse(#"runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]"#)
        }
    }

    // MARK: The operating system

    /// The containers of all sorts with their places, in the order in which the API server visits them.
    static func allContainers(_ spec: PodSpec, _ at: String) -> [(container: Container, at: String)] {
        let added = spec.ephemeralContainers?.read([EphemeralContainer].self) ?? []
        return spec.initContainers.enumerated().map { ($1, "\(at).initContainers[\($0)]") }
            + spec.containers.enumerated().map { ($1, "\(at).containers[\($0)]") }
            + added.enumerated().map { ($1.container, "\(at).ephemeralContainers[\($0)]") }
    }

    /// Containers that are processes of a Windows host: all of a pod's or none, and on the host's network.
    static func hostProcesses(_ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        let ofPod = spec.securityContext?["windowsOptions"]?["hostProcess"]?.read(Bool.self)
        let containers = allContainers(spec, at)
        if ofPod == nil, !containers.contains(where: { $0.container.securityContext?["windowsOptions"] != nil }) { return }
        var count = 0
        for (container, at) in containers {
            let own = container.securityContext?["windowsOptions"]?["hostProcess"]?.read(Bool.self)
            if let ofPod, let own, own != ofPod {
                errors.invalid(
                    "\(at).securityContext.windowsOptions.hostProcess", .bool(own),
                    "pod hostProcess value must be identical if both are specified, was \(ofPod)")
            }
            if own ?? ofPod ?? false { count += 1 }
        }
        if count == 0 { return }
        if count != containers.count {
            errors.invalid(at, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")
        }
        if !spec.hostNetwork {
            errors.invalid("\(at).hostNetwork", false, "hostNetwork must be true if pod contains any hostProcess containers")
        }
    }

    static func hostUsers(_ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        guard spec.hostUsers == false else { return }
        let why = "when `pod.Spec.HostUsers` is false"
        if spec.hostNetwork { errors.forbidden("\(at).hostNetwork", why) }
        // The API server writes these two so.
        if spec.hostPID { errors.forbidden("\(at).HostPID", why) }
        if spec.hostIPC { errors.forbidden("\(at).HostIPC", why) }
    }

    static func operatingSystem(_ os: PodOS, _ spec: PodSpec, _ at: String, _ errors: inout [FieldError]) {
        switch os.name {
        case "": errors.required("\(at).os.name", "cannot be empty")
        case "linux":
            let why = "windows options cannot be set for a linux pod"
            if spec.securityContext?["windowsOptions"] != nil { errors.forbidden("\(at).securityContext.windowsOptions", why) }
            for (container, at) in allContainers(spec, at) where container.securityContext?["windowsOptions"] != nil {
                errors.forbidden("\(at).securityContext.windowsOptions", why)
            }
        case "windows":
            let why = "cannot be set for a windows pod"
            func refuse(_ names: [String], of context: JSONValue?, _ at: String) {
                for name in names where context?[name] ?? .null != .null { errors.forbidden("\(at).securityContext.\(name)", why) }
            }
            refuse(["appArmorProfile", "seLinuxOptions"], of: spec.securityContext, at)
            if spec.hostUsers != nil { errors.forbidden("\(at).hostUsers", why) }
            if spec.hostPID { errors.forbidden("\(at).hostPID", why) }
            if spec.hostIPC { errors.forbidden("\(at).hostIPC", why) }
            refuse(["seccompProfile", "fsGroup", "fsGroupChangePolicy"], of: spec.securityContext, at)
            if spec.securityContext?["sysctls"]?.array?.isEmpty == false { errors.forbidden("\(at).securityContext.sysctls", why) }
            if spec.shareProcessNamespace != nil { errors.forbidden("\(at).shareProcessNamespace", why) }
            refuse(
                ["runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"],
                of: spec.securityContext, at)
            for (container, at) in allContainers(spec, at) {
                refuse(
                    [
                        "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
                        "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
                    ], of: container.securityContext, at)
            }
        default: errors.notSupported("\(at).os", .string(os.name), ["linux", "windows"])
        }
    }
}
