import SimulationKit

/// What the API server refuses, in its own words, fields and order.
///
/// Objects are validated after defaulting. Each kind has its rules in a file of its own; a rule appends to a
/// list of ``FieldError``.
/// - Source: Kubernetes `pkg/apis/*/validation/validation.go`, v1.36.
public enum Validation {
    /// What is wrong with `object` (after defaulting) when it is created; empty if nothing is.
    public static func create<O: KubernetesObject>(_ object: O, profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        metadata(object, profile, &errors)
        content(object, profile, &errors)
        created(object, &errors)
        return errors
    }

    /// What is wrong with the name, labels, annotations and owners of a new object: enough for a pod whose
    /// spec was found right before.
    public static func metadata<O: KubernetesObject>(of object: O, profile: KubernetesProfile) -> [FieldError] {
        var errors: [FieldError] = []
        metadata(object, profile, &errors)
        return errors
    }

    /// What is wrong with the change from `old` to `new` (after defaulting).
    public static func update<O: KubernetesObject>(_ new: O, old: O, profile: KubernetesProfile)
        -> [FieldError]
    {
        var errors: [FieldError] = []
        metadata(new, old: old, &errors)
        if O.kind == .pod || O.kind == .persistentVolumeClaim || O.kind == .statefulSet {
            // These compare with the old object instead of looking at the new one alone.
            change(new, old, profile, &errors)
        } else {
            content(new, profile, &errors)
            change(new, old, profile, &errors)
        }
        return errors
    }

    /// The rules that are only about new objects.
    private static func created<O: KubernetesObject>(_ object: O, _ errors: inout [FieldError]) {
        switch object {
        case let it as Job: newJob(it, &errors)
        case let it as Node: podCIDRs(it.spec.podCIDRs, &errors)
        // Those of the controller are many, and right as they are made.
        case let it as EndpointSlice where it.metadata.controller == nil: endpointSlice(it, &errors)
        default: break
        }
    }

    /// The rules about an object by itself.
    private static func content<O: KubernetesObject>(
        _ object: O, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        switch object {
        case let it as Pod: pod(it, profile, &errors)
        case let it as Node: node(it, &errors)
        case let it as Deployment: deployment(it.spec.value, profile, &errors)
        case let it as ReplicaSet: replicaSet(it.spec.value, profile, &errors)
        case let it as StatefulSet: statefulSet(it.spec.value, profile, &errors)
        case let it as DaemonSet: daemonSet(it.spec.value, profile, &errors)
        case let it as ReplicationController: replicationController(it.spec, profile, &errors)
        case let it as Job: job(it.spec.value, "spec", profile, &errors)
        case let it as CronJob: cronJob(it, profile, &errors)
        case let it as Namespace: namespace(it, &errors)
        case let it as Service: service(it, profile, &errors)
        case let it as ConfigMap: configMap(it, &errors)
        case let it as Secret: secret(it, &errors)
        case let it as PriorityClass: priorityClass(it, &errors)
        case let it as PodDisruptionBudget: podDisruptionBudget(it.spec, &errors)
        case let it as HorizontalPodAutoscaler: horizontalPodAutoscaler(it.spec, profile, &errors)
        case let it as ResourceQuota: resourceQuota(it, &errors)
        case let it as LimitRange: limitRange(it.spec, &errors)
        case let it as PersistentVolume: persistentVolume(it, profile, &errors)
        case let it as PersistentVolumeClaim: persistentVolumeClaim(it.spec, "spec", profile, &errors)
        case let it as StorageClass: storageClass(it, profile, &errors)
        case let it as CSIDriver: csiDriver(it, &errors)
        case let it as ControllerRevision:
            if it.data == nil { errors.required("data", "data is mandatory") }
            errors.nonnegative("revision", it.revision)
        default: break
        }
    }

    /// The rules about what may change.
    private static func change<O: KubernetesObject>(
        _ new: O, _ old: O, _ profile: KubernetesProfile, _ errors: inout [FieldError]
    ) {
        switch (new, old) {
        case (let new as Pod, let old as Pod): podChange(new, old, profile, &errors)
        case (let new as Node, let old as Node): nodeChange(new.spec.value, old.spec.value, &errors)
        case (let new as ResourceQuota, let old as ResourceQuota):
            if Set(new.spec.scopes) != Set(old.spec.scopes) {
                errors.invalid("spec.scopes", new.spec.scopes.json ?? [], "field is immutable")
            }
        case (let new as EndpointSlice, let old as EndpointSlice):
            if new.addressType != old.addressType {
                errors.invalid("addressType", .string(new.addressType), "field is immutable")
            }
        case (let new as CSIDriver, let old as CSIDriver): csiDriverChange(new.spec, old.spec, &errors)
        case (let new as ControllerRevision, let old as ControllerRevision):
            if new.data != old.data { errors.invalid("data", new.data ?? .null, "field is immutable") }
        case (let new as Deployment, let old as Deployment):
            errors.immutable("spec.selector", new.spec.selector, old.spec.selector)
        case (let new as ReplicaSet, let old as ReplicaSet):
            errors.immutable("spec.selector", new.spec.selector, old.spec.selector)
        case (let new as DaemonSet, let old as DaemonSet):
            errors.immutable("spec.selector", new.spec.selector, old.spec.selector)
        case (let new as StatefulSet, let old as StatefulSet):
            statefulSetChange(new.spec.value, old.spec.value, profile, &errors)
        case (let new as Job, let old as Job): jobChange(new, old, &errors)
        case (let new as Service, let old as Service): serviceChange(new.spec, old.spec, &errors)
        case (let new as ConfigMap, let old as ConfigMap): configMapChange(new, old, &errors)
        case (let new as Secret, let old as Secret): secretChange(new, old, &errors)
        case (let new as PriorityClass, let old as PriorityClass): priorityClassChange(new, old, &errors)
        case (let new as PersistentVolume, let old as PersistentVolume):
            persistentVolumeChange(new, old, profile, &errors)
        case (let new as PersistentVolumeClaim, let old as PersistentVolumeClaim):
            persistentVolumeClaimChange(new, old, profile, &errors)
        case (let new as StorageClass, let old as StorageClass): storageClassChange(new, old, &errors)
        default: break
        }
    }
}

/// The errors in the API server's forms.
extension [FieldError] {
    mutating func required(_ field: String, _ detail: String = "") {
        append(FieldError(.required, field, detail))
    }
    mutating func invalid(_ field: String, _ value: JSONValue, _ detail: String) {
        append(FieldError(.invalid, field, value: value.text(), detail))
    }
    mutating func invalid(_ field: String, _ value: Quantity, _ detail: String) {
        invalid(field, .string(value.description), detail)
    }
    mutating func invalid(_ field: String, _ value: Int, _ detail: String) {
        invalid(field, .int(Int64(value)), detail)
    }
    /// One error for each of `details`.
    mutating func invalid(_ field: String, _ value: String, each details: [String]) {
        for detail in details { invalid(field, .string(value), detail) }
    }
    mutating func forbidden(_ field: String, _ detail: String) {
        append(FieldError(.forbidden, field, detail))
    }
    mutating func duplicate(_ field: String, _ value: JSONValue, _ detail: String = "") {
        append(FieldError(.duplicate, field, value: value.text(), detail))
    }
    mutating func notFound(_ field: String, _ value: String) {
        append(FieldError(.notFound, field, value: JSONValue.string(value).text()))
    }
    mutating func notSupported(_ field: String, _ value: JSONValue, _ supported: [String]) {
        let list = supported.map { JSONValue.string($0).text() }.joined(separator: ", ")
        append(FieldError(.notSupported, field, value: value.text(), "supported values: \(list)"))
    }
    /// Refuses a text that is none of `supported`.
    mutating func oneOf(_ field: String, _ value: String, _ supported: [String]) {
        if !supported.contains(value) { notSupported(field, .string(value), supported) }
    }
    /// The same for a text that must be there.
    mutating func choice(_ field: String, _ value: String, _ supported: [String]) {
        if value.isEmpty { required(field) } else { oneOf(field, value, supported) }
    }
    mutating func tooMany(_ field: String, _ count: Int, _ limit: Int) {
        append(FieldError(.tooMany, field, value: "\(count)", "must have at most \(counted(limit, "item"))"))
    }
    mutating func tooLong(_ field: String, _ limit: Int) {
        append(FieldError(.tooLong, field, "may not be more than \(limit) bytes"))
    }
    mutating func nonnegative(_ field: String, _ value: Int?) {
        if let value, value < 0 { invalid(field, value, "must be greater than or equal to 0") }
    }
    mutating func immutable<Value: APIValue>(_ field: String, _ new: Value, _ old: Value) {
        if new != old { invalid(field, new.json ?? .null, "field is immutable") }
    }
    /// A whole number of 0 or more, or a percentage.
    mutating func nonnegativeOrPercent(_ field: String, _ value: IntOrString?) {
        switch value {
        case .int(let i): nonnegative(field, i)
        case .string(let text):
            let digits = text.utf8.dropLast()
            if text.utf8.last != UInt8(ascii: "%") || digits.isEmpty || !digits.allSatisfy({ 48...57 ~= $0 }) {
                invalid(
                    field, .string(text),
                    "a valid percent string must be a numeric string followed by an ending '%' "
                        + "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")
            }
        case nil: break
        }
    }
    mutating func atMost100Percent(_ field: String, _ value: IntOrString?) {
        if let value, let percent = value.percent, percent > 100 {
            invalid(field, value.json ?? .null, "must not be greater than 100%")
        }
    }
    mutating func port(_ field: String, _ port: Int) {
        if !(1...65535).contains(port) { invalid(field, port, "must be between 1 and 65535, inclusive") }
    }
    /// A port by number or by name.
    mutating func port(_ field: String, _ port: IntOrString) {
        switch port {
        case .int(let number): self.port(field, number)
        case .string(let name): invalid(field, name, each: NameRules.portName(name))
        }
    }
}
