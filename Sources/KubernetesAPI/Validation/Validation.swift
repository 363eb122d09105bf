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
        object.validate(profile, &errors)
        object.validateNew(&errors)
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
        new.validateChange(from: old, profile, &errors)
        return errors
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
