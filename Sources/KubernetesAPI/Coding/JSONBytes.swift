// JSON as bytes: what is sent to clients, written without a value in between.

extension JSONValue {
    /// Appends the value as JSON on one line.
    public func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += Array("null".utf8)
        case .bool(let b): out += b ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6c, 0x73, 0x65]
        case .int(let i): out += Array(String(i).utf8)
        case .double: out += Array(text().utf8)
        case .string(let s): Self.quote(s, to: &out)
        case .array(let elements):
            out.append(0x5b)
            for (i, element) in elements.enumerated() {
                if i > 0 { out.append(0x2c) }
                element.write(to: &out)
            }
            out.append(0x5d)
        case .object(let object):
            out.append(0x7b)
            for (i, member) in object.members.enumerated() {
                if i > 0 { out.append(0x2c) }
                Self.quote(member.key, to: &out)
                out.append(0x3a)
                member.value.write(to: &out)
            }
            out.append(0x7d)
        }
    }

    /// Appends a text with its quotes.
    static func quote(_ text: String, to out: inout [UInt8]) {
        out.append(0x22)
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for at in utf8.indices {
                let byte = utf8[at]
                guard byte < 0x20 || byte == 0x22 || byte == 0x5c else { continue }
                out.append(contentsOf: utf8[start..<at])
                start = at + 1
                switch byte {
                case 0x22, 0x5c: out += [0x5c, byte]
                case 0x0a: out += [0x5c, 0x6e]
                case 0x0d: out += [0x5c, 0x72]
                case 0x09: out += [0x5c, 0x74]
                default:
                    let digits = Array("0123456789abcdef".utf8)
                    out += [0x5c, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            out.append(contentsOf: utf8[start...])
        }
        out.append(0x22)
    }
}

extension APIValue {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        guard let json else { return false }
        json.write(to: &out)
        return true
    }
}

extension APIStruct {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        out.append(0x7b)
        writeMembers(to: &out, afterOthers: false)
        out.append(0x7d)
        return true
    }

    /// Appends the structure if it has a member.
    func writeUnlessEmpty(to out: inout [UInt8]) -> Bool {
        let mark = out.count
        out.append(0x7b)
        writeMembers(to: &out, afterOthers: false)
        out.append(0x7d)
        if out.count - mark > 2 { return true }
        out.removeLast(out.count - mark)
        return false
    }
}

extension String {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        if isEmpty { return false }
        JSONValue.quote(self, to: &out)
        return true
    }
}

extension Optional where Wrapped: APIValue {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        guard let self else { return false }
        if self.writeJSON(to: &out) { return true }
        // A pointer that is set is written even if what it points to is empty.
        guard let json else { return false }
        json.write(to: &out)
        return true
    }
}

extension Array where Element: APIValue {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        if isEmpty { return false }
        out.append(0x5b)
        for (index, element) in enumerated() {
            if index > 0 { out.append(0x2c) }
            if !element.writeJSON(to: &out) { out += Element.typeName == "string" ? [0x22, 0x22] : [0x7b, 0x7d] }
        }
        out.append(0x5d)
        return true
    }
}

extension StringMap {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        if isEmpty { return false }
        out.append(0x7b)
        for (index, entry) in entries.enumerated() {
            if index > 0 { out.append(0x2c) }
            JSONValue.quote(entry.key, to: &out)
            out.append(0x3a)
            if !entry.value.writeJSON(to: &out) { out += Value.typeName == "string" ? [0x22, 0x22] : [0x7b, 0x7d] }
        }
        out.append(0x7d)
        return true
    }
}

extension Metadata {
    public func writeJSON(to out: inout [UInt8]) -> Bool { value.writeJSON(to: &out) }
}

extension KeptJSON {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        out.append(contentsOf: text.utf8)
        return true
    }
}

extension CustomObject {
    public func writeJSON(to out: inout [UInt8]) -> Bool {
        JSONValue.object(jsonObject).write(to: &out)
        return true
    }
    public func writeMembers(to out: inout [UInt8], afterOthers: Bool) {
        var needsComma = afterOthers
        for (name, value) in jsonObject.members {
            if needsComma { out.append(0x2c) }
            needsComma = true
            JSONValue.quote(name, to: &out)
            out.append(0x3a)
            value.write(to: &out)
        }
    }
}

extension ContainerState {
    public func writeJSON(to out: inout [UInt8]) -> Bool { writeUnlessEmpty(to: &out) }
}

extension SchedulerPluginSet {
    public func writeJSON(to out: inout [UInt8]) -> Bool { writeUnlessEmpty(to: &out) }
}

extension PodSpecInAPI {
    func writeJSON(to out: inout [UInt8]) -> Bool {
        out.append(0x7b)
        spec.value.writeMembers(to: &out, afterOthers: false)
        Self.end(nodeName, to: &out)
        return true
    }

    /// The node after the other members.
    fileprivate static func end(_ nodeName: String, to out: inout [UInt8]) {
        if !nodeName.isEmpty {
            if out.last != 0x7b { out.append(0x2c) }
            out += Array("\"nodeName\":".utf8)
            JSONValue.quote(nodeName, to: &out)
        }
        out.append(0x7d)
    }
}

/// Specs of pods as text: the pods of one template share theirs, and it is written once for a list of them. Of use as long as the pods
/// live that were written with it.
public struct PodSpecTexts {
    private struct Key: Hashable {
        var spec: ObjectIdentifier
        var length: Int
    }
    private struct Text {
        var bytes: [UInt8]
        /// Where the pod's own name for a volume stands.
        var places: [Int]
    }
    private var texts: [Key: Text] = [:]

    public init() {}

    /// Appends the spec of a pod without its end, `{"containers":…`.
    /// - Parameters:
    ///   - spec: as it is shown; asked for once for all pods that share theirs.
    ///   - name: what is another for each of these pods; empty for none.
    mutating func append(_ pod: Pod, name: String, spec: () -> PodSpec, to out: inout [UInt8]) {
        let name = Array(name.utf8)
        let key = Key(spec: pod.spec.identity, length: name.count)
        if let known = texts[key] {
            let start = out.count
            out += known.bytes
            for place in known.places { for (offset, byte) in name.enumerated() { out[start + place + offset] = byte } }
            return
        }
        var text = Text(bytes: [0x7b], places: [])
        spec().writeMembers(to: &text.bytes, afterOthers: false)
        if !name.isEmpty, text.bytes.count >= name.count {
            for place in 0...(text.bytes.count - name.count) where text.bytes[place] == name[0] && text.bytes[place..<place + name.count].elementsEqual(name) {
                text.places.append(place)
            }
        }
        texts[key] = text
        out += text.bytes
    }
}

extension Pod {
    /// ``writeMembers(to:afterOthers:)`` with another spec, and what was written before for pods that share theirs.
    public func writeMembers(to out: inout [UInt8], reusing specs: inout PodSpecTexts, name: String = "", spec shown: () -> PodSpec) {
        out += Array("\"metadata\":".utf8)
        _ = metadata.writeJSON(to: &out)
        out += Array(",\"spec\":".utf8)
        specs.append(self, name: name, spec: shown, to: &out)
        PodSpecInAPI.end(nodeName, to: &out)
        out += Array(",\"status\":".utf8)
        _ = status.writeJSON(to: &out)
    }
}
