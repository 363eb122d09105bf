// Names, labels, annotations, owners: the same for all kinds.
extension Validation {
    /// What is wrong with the metadata of a new object.
    static func metadata<O: KubernetesObject>(_ object: O, _ profile: KubernetesProfile, _ errors: inout [FieldError]) {
        let meta = object.metadata.value
        if !meta.generateName.isEmpty {
            let start = NameRules.maskingDash(meta.generateName)
            errors.invalid("metadata.generateName", meta.generateName, each: nameProblems(O.kind, start, profile))
        }
        if meta.name.isEmpty {
            errors.required("metadata.name", "name or generateName is required")
        } else {
            errors.invalid("metadata.name", meta.name, each: nameProblems(O.kind, meta.name, profile))
            if O.kind == .cronJob, meta.name.utf8.count > 52 {
                errors.invalid("metadata.name", .string(meta.name), "must be no more than 52 characters")
            }
        }
        if !meta.namespace.isEmpty, object.kindInfo.isNamespaced {
            errors.invalid("metadata.namespace", meta.namespace, each: NameRules.label(meta.namespace))
        }
        common(meta, &errors)
    }

    /// What is wrong with the metadata of the new version of an object.
    static func metadata<O: KubernetesObject>(_ new: O, old: O, _ errors: inout [FieldError]) {
        if new.metadata.identity == old.metadata.identity { return }
        common(new.metadata.value, &errors)
        let added = new.metadata.finalizers.filter { !old.metadata.finalizers.contains($0) }
        if old.metadata.isTerminating, !added.isEmpty {
            let list = added.map { JSONValue.string($0).text() }.joined(separator: ", ")
            errors.forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}"
            )
        }
    }

    private static func nameProblems(_ kind: Kind, _ name: String, _ profile: KubernetesProfile) -> [String] {
        switch kind {
        // Its pods' host names are made of it.
        case .statefulSet where profile.has(.statefulSetNamesAreLabels): NameRules.label(name)
        case .namespace: NameRules.label(name)
        // RelaxedServiceNameValidation.
        case .service: profile.has(.digitsFirstInServiceNames) ? NameRules.label(name) : NameRules.dns1035Label(name)
        // Names of custom kinds follow their own rules; only what no path can hold is refused.
        case .custom, .event: name.contains("/") ? ["may not contain '/'"] : []
        default: NameRules.subdomain(name)
        }
    }

    private static func common(_ meta: ObjectMeta, _ errors: inout [FieldError]) {
        labels("metadata.labels", meta.labels, &errors)
        annotations("metadata.annotations", meta.annotations, &errors)
        for (i, owner) in meta.ownerReferences.enumerated() {
            let at = "metadata.ownerReferences[\(i)]"
            if owner.apiVersion.isEmpty {
                errors.invalid("\(at).apiVersion", "", "version must not be empty")
            }
            if owner.kind.isEmpty { errors.invalid("\(at).kind", "", "must not be empty") }
            if owner.name.isEmpty { errors.invalid("\(at).name", "", "must not be empty") }
            if owner.uid.isEmpty { errors.invalid("\(at).uid", "", "must not be empty") }
            if owner.apiVersion == "v1", owner.kind == "Event" {
                errors.invalid(at, owner.json ?? [:], "/v1, Kind=Event is disallowed from being an owner")
            }
        }
        let controllers = meta.ownerReferences.filter { $0.controller == true }
        if controllers.count > 1 {
            errors.invalid(
                "metadata.ownerReferences", meta.ownerReferences.json ?? [],
                "Only one reference can have Controller set to true. Found \"true\" in references for "
                    + "\(controllers[0].name) and \(controllers[1].name)")
        }
        let finalizers = meta.finalizers
        for finalizer in finalizers { errors.invalid("metadata.finalizers", finalizer, each: NameRules.qualifiedName(finalizer)) }
        if finalizers.contains("orphan"), finalizers.contains("foregroundDeletion") {
            errors.invalid(
                "metadata.finalizers", finalizers.json ?? [], "finalizer orphan and foregroundDeletion cannot be both set")
        }
        for (i, finalizer) in finalizers.enumerated() { standardFinalizer(finalizer, "metadata.finalizers[\(i)]", &errors) }
    }

    static func standardFinalizer(_ finalizer: String, _ at: String, _ errors: inout [FieldError]) {
        if !finalizer.contains("/"), !["foregroundDeletion", "orphan", "kubernetes"].contains(finalizer) {
            errors.invalid(at, .string(finalizer), "name is neither a standard finalizer name nor is it fully qualified")
        }
    }

    static func labels(_ field: String, _ labels: StringMap<String>, _ errors: inout [FieldError]) {
        for (key, value) in labels.entries {
            errors.invalid(field, key, each: NameRules.labelKey(key))
            errors.invalid(field, value, each: NameRules.labelValue(value))
        }
    }

    static func annotations(_ field: String, _ annotations: StringMap<String>, _ errors: inout [FieldError]) {
        var size = 0
        for (key, value) in annotations.entries {
            errors.invalid(field, key, each: NameRules.qualifiedName(key.lowercased()))
            size += key.utf8.count + value.utf8.count
        }
        if size > 262_144 { errors.tooLong(field, 262_144) }
    }

    // MARK: Selectors

    /// Whether the API server can make a selector of `selector` at all.
    static func isSelector(_ selector: LabelSelector) -> Bool {
        var errors: [FieldError] = []
        labelSelector("", selector, &errors)
        return errors.isEmpty
    }

    static func labelSelector(_ field: String, _ selector: LabelSelector?, _ errors: inout [FieldError]) {
        guard let selector else { return }
        labels("\(field).matchLabels", selector.matchLabels, &errors)
        for (i, requirement) in selector.matchExpressions.enumerated() {
            self.requirement(requirement, "\(field).matchExpressions[\(i)]", &errors)
        }
    }

    /// - Parameter isOfNode: a node's labels can be compared as numbers, too.
    static func requirement(
        _ requirement: SelectorRequirement, isOfNode: Bool = false, checksValues: Bool = true, _ at: String, _ errors: inout [FieldError]
    ) {
        switch requirement.operator {
        case "In", "NotIn":
            if requirement.values.isEmpty { errors.required("\(at).values", "must be specified when `operator` is 'In' or 'NotIn'") }
        case "Exists", "DoesNotExist":
            if !requirement.values.isEmpty {
                errors.forbidden("\(at).values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case "Gt" where isOfNode, "Lt" where isOfNode:
            if requirement.values.count != 1 { errors.required("\(at).values", "must be specified single value when `operator` is 'Lt' or 'Gt'") }
        default: errors.invalid("\(at).operator", .string(requirement.operator), "not a valid selector operator")
        }
        errors.invalid("\(at).key", requirement.key, each: NameRules.labelKey(requirement.key))
        guard checksValues else { return }
        for (j, value) in requirement.values.enumerated() { errors.invalid("\(at).values[\(j)]", value, each: NameRules.labelValue(value)) }
    }
}
