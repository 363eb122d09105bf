/// What the API server fills in, and what it leaves out because a feature gate is off.
///
/// ``KubernetesObject/setDefaults(_:)`` of each kind leads here. Applying it twice is the same as once. A ``Shared`` part
/// that is complete already is not copied: its ``Shared/identity`` stays.
/// - Source: Kubernetes `pkg/apis/*/v1/defaults.go`; for gated fields `pkg/api/pod/util.go` and the
///   `dropDisabledFields` of each kind's strategy.
public enum Defaulting {
    /// Changes a shared part only if `body` changes its content, so that it stays shared otherwise.
    static func edit<Value: Equatable>(_ shared: inout Shared<Value>, _ body: (inout Value) -> Void) {
        var copy = shared.value
        body(&copy)
        if copy != shared.value { shared.value = copy }
    }
}

/// Sets what nobody set.
extension Optional {
    mutating func fill(_ value: @autoclosure () -> Wrapped) { if self == nil { self = value() } }
}
extension String {
    mutating func fill(_ value: @autoclosure () -> String) { if isEmpty { self = value() } }
}
extension Int {
    mutating func fill(_ value: Int) { if self == 0 { self = value } }
}
