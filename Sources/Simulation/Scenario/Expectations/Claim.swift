// What all that a scenario can expect has in common.
import ControlPlane
import KubernetesAPI

/// Something that a scenario can expect: what it is called, what can be written, and whether it holds.
///
/// To add one, write a file with its type and a line in ``Expectation/catalog``.
protocol Claim: APIStruct {
    /// The field of the expectation, such as `pods`.
    static var name: String { get }
    /// What is wrong with the fields; `field` is a path below the expectation, empty for itself.
    var faults: [(field: String, message: String)] { get }
    /// What differs from what is expected, in words; nil if it holds.
    func difference(in simulation: Simulation) -> String?
    /// What it names that is not there, in words: then it holds without telling anything. Nil if there is nothing of the kind,
    /// or if it says that it may match nothing.
    func absence(in simulation: Simulation) -> String?
    /// What was found instead, and what would be needed, one a line; asked for where it does not hold.
    func evidence(in simulation: Simulation) -> [String]
}

extension Claim {
    func absence(in simulation: Simulation) -> String? { nil }
    func evidence(in simulation: Simulation) -> [String] { [] }

    /// Why it fails, in words; nil if it holds and tells something by that.
    func problem(in simulation: Simulation) -> String? {
        difference(in: simulation) ?? absence(in: simulation).map { "matches nothing: \($0)" }
    }

    /// The field by which an expectation says that nothing may be there for it.
    static func matchesNothing(_ path: WritableKeyPath<Self, Bool> & Sendable) -> Field<Self> {
        .f("matchesNothing", path, "true: it may hold because nothing matches; otherwise that is an error.")
    }

    /// What is wrong with a selector of labels in the field `labelSelector`.
    func faults(ofSelector text: String?) -> [(field: String, message: String)] {
        guard let text, LabelSelector(text: text) == nil else { return [] }
        return [("labelSelector", "\"\(text)\" is not a label selector")]
    }

    /// How `count` of `what` misses its bounds, in words; nil if it does not.
    func difference(_ count: Int, _ what: String, exactly: Int?, atLeast: Int?, atMost: Int?) -> String? {
        if let exactly, count != exactly { return "\(count) \(what), expected \(exactly)" }
        if let atLeast, count < atLeast { return "\(count) \(what), expected at least \(atLeast)" }
        if let atMost, count > atMost { return "\(count) \(what), expected at most \(atMost)" }
        return nil
    }

    /// The object of a kind that is acted on; in the namespace `default` if none is given.
    /// - Throws: why there is none, in words.
    func object(_ kind: String, _ namespace: String, _ name: String, in cluster: Cluster) throws(Difference) -> (any StoredObject, title: String) {
        guard let info = KindInfo.find(kind), info.type != .custom else { throw Difference(text: "no kind \(kind)") }
        let key = info.isNamespaced ? ObjectKey(given: namespace, name) : ObjectKey(name: name)
        guard let object = cluster.store.object(info.type, key) else { throw Difference(text: "\(info.kind) \(key) does not exist") }
        return (object, "\(info.kind) \(key)")
    }
}

/// How the cluster differs from what is expected, in words.
struct Difference: Error { var text: String }
