// From documents to objects, with what is wrong and where.

import KubernetesAPI

extension ManifestDocument {
    /// The object that the document describes, of the kind's own type or a ``CustomObject``.
    ///
    /// Strict, as `kubectl apply` is: an unknown field is a problem. With problems there is no object.
    public func decode() -> (object: (any KubernetesObject)?, problems: [ManifestProblem]) {
        let (object, _, problems) = decode(leniently: false)
        return (object, problems)
    }

    /// The same of an object of a state: fields that are not known are no problem, and are listed.
    public func decodeState() -> (object: (any KubernetesObject)?, unknown: [String], problems: [ManifestProblem]) { decode(leniently: true) }

    private func decode(leniently: Bool) -> (object: (any KubernetesObject)?, unknown: [String], problems: [ManifestProblem]) {
        func read<O: KubernetesObject>(_ type: O.Type) -> (
            object: (any KubernetesObject)?, unknown: [String], problems: [ManifestProblem]
        ) {
            var decoder = APIDecoder()
            let object = O(document: json.object ?? JSONObject(), &decoder)
            func isUnknown(_ problem: DecodeProblem) -> Bool { if case .unknownField = problem.kind { leniently } else { false } }
            let unknown = decoder.problems.filter(isUnknown).map(\.path)
            var problems = decoder.problems.filter { !isUnknown($0) }.map { problem($0.path, $0.message) }
            let meta = object.metadata
            let isNamed = !meta.name.isEmpty || !meta.generateName.isEmpty
            if !isNamed, !decoder.problems.contains(where: { $0.path.hasPrefix("metadata") }) {
                problems.append(problem("metadata.name", "is missing"))
            }
            return (problems.isEmpty ? object : nil, unknown, problems)
        }
        return read(ManifestKinds.info(self).type.type)
    }

    /// The document read as a structure of its own, such as a component's configuration; apiVersion and kind
    /// are left out. Nil with problems.
    public func decode<Value: APIStruct>(as type: Value.Type) -> (value: Value?, problems: [ManifestProblem]) {
        var decoder = APIDecoder()
        var value = Value()
        var content = json.object ?? JSONObject()
        content["apiVersion"] = nil
        content["kind"] = nil
        value.read(content, &decoder)
        let problems = decoder.problems.map { problem($0.path, $0.message) }
        return (problems.isEmpty ? value : nil, problems)
    }
}

extension ManifestSet {
    /// Decodes all documents: the objects in order, and what is wrong with the others.
    public func decodeAll() -> (objects: [any KubernetesObject], problems: [ManifestProblem]) {
        var objects: [any KubernetesObject] = []
        var problems: [ManifestProblem] = []
        for document in documents {
            let (object, found) = document.decode()
            if let object { objects.append(object) }
            problems += found
        }
        return (objects, problems)
    }
}
