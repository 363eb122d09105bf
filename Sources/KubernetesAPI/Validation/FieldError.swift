/// What is wrong with one field, as the API server says it.
/// - Source: Kubernetes `apimachinery/pkg/util/validation/field/errors.go`.
public struct FieldError: Error, Sendable, Equatable {
    public enum Kind: String, Sendable {
        case required = "Required value"
        case invalid = "Invalid value"
        case duplicate = "Duplicate value"
        case notSupported = "Unsupported value"
        case forbidden = "Forbidden"
        case tooLong = "Too long"
        case tooMany = "Too many"
        case notFound = "Not found"
        case typeInvalid = "Wrong type"
        case internalError = "Internal error"

        /// The machine-readable reason of a cause in a Status.
        public var reason: String {
            switch self {
            case .required: "FieldValueRequired"
            case .invalid: "FieldValueInvalid"
            case .duplicate: "FieldValueDuplicate"
            case .notSupported: "FieldValueNotSupported"
            case .forbidden: "FieldValueForbidden"
            case .tooLong: "FieldValueTooLong"
            case .tooMany: "FieldValueTooMany"
            case .notFound: "FieldValueNotFound"
            case .typeInvalid: "FieldValueTypeInvalid"
            case .internalError: "InternalError"
            }
        }
    }

    /// The path of the field, such as `spec.containers[0].image`.
    public var field: String
    public var kind: Kind
    /// The bad value as it is printed (texts in quotes); nil where none is.
    public var value: String?
    public var detail: String

    public init(_ kind: Kind, _ field: String, value: String? = nil, _ detail: String = "") {
        (self.kind, self.field, self.value, self.detail) = (kind, field, value, detail)
    }

    /// `Invalid value: 0: must be greater than zero`
    public var body: String {
        var text = kind.rawValue
        if let value { text += ": \(value)" }
        if !detail.isEmpty { text += ": \(detail)" }
        return text
    }
    /// `spec.replicas: Invalid value: -1: must be greater than or equal to 0`
    public var message: String { "\(field): \(body)" }
}
