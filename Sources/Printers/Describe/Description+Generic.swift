// `describe` of kinds that have no words of their own: the object as a tree.

import ControlPlane
import KubernetesAPI

extension Description {
    /// Any object: its names, then all its content as a tree.
    /// - Source: Kubernetes `kubectl/pkg/describe/describe.go`, `genericDescriber`.
    mutating func generic(_ object: any StoredObject) {
        line(0, "Name:", object.metadata.name)
        if object.kindInfo.isNamespaced { line(0, "Namespace:", object.metadata.namespace) }
        labels(object.metadata.labels)
        annotations(object.metadata.annotations)
        line(0, "API Version:", object.kindInfo.apiVersion)
        line(0, "Kind:", object.kindInfo.kind)
        var content = object.document.object ?? JSONObject()
        content["apiVersion"] = nil
        content["kind"] = nil
        if var meta = content["metadata"]?.object {
            for known in ["name", "namespace", "labels", "annotations", "managedFields"] { meta[known] = nil }
            content["metadata"] = .object(meta)
        }
        if object is Secret, let data = content["data"]?.object {
            // Credentials are not shown, only their sizes, as kubectl does.
            content["data"] = .object(
                JSONObject(
                    members: data.members.map {
                        ($0.key, .string("\(Self.decodedSize($0.value.string ?? "")) bytes"))
                    }))
        }
        tree(.object(content), level: 0)
    }

    /// The members of an object by name, each on its line.
    mutating func tree(_ value: JSONValue, level: Int) {
        for (key, member) in (value.object?.members ?? []).sorted(by: { $0.key < $1.key }) {
            let title = Self.title(key) + ":"
            switch member {
            case .object:
                line(level, title)
                tree(member, level: level + 1)
            case .array(let elements):
                line(level, title)
                for element in elements {
                    if element.object != nil {
                        tree(element, level: level + 1)
                    } else {
                        line(level + 1, Self.text(element))
                    }
                }
            default:
                let lines = Self.text(member).split(separator: "\n", omittingEmptySubsequences: false)
                for (i, text) in lines.enumerated() {
                    line(i == 0 ? level : 0, i == 0 ? title : "", String(text))
                }
            }
        }
    }

    private static func text(_ value: JSONValue) -> String { value.string ?? value.text() }

    private static func decodedSize(_ base64: String) -> Int {
        base64.utf8.count / 4 * 3 - base64.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    }

    /// `restartPolicy` as `Restart Policy`; names with dots or dashes stay as they are.
    static func title(_ name: String) -> String {
        if name.contains(where: { !$0.isLetter && !$0.isNumber }) { return name }
        let letters = Array(name)
        var out = ""
        for (i, letter) in letters.enumerated() {
            let startsWord =
                i > 0 && letter.isUppercase
                && (letters[i - 1].isLowercase
                    || (i + 1 < letters.count && letters[i + 1].isLowercase && letters[i - 1].isUppercase))
            if startsWord { out += " " }
            out += i == 0 ? letter.uppercased() : String(letter)
        }
        return ["Api Version": "API Version", "Uid": "UID"][out] ?? out
    }
}

extension JSONObject {
    init(members: [(key: String, value: JSONValue)]) {
        self.init()
        self.members = members
    }
}
