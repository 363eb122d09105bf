// What every action of a scenario's steps has in common.
import ControlPlane
import KubernetesAPI
import SimulationKit

/// An action of a scenario's steps: what it is called, what can be written, and the command that comes of it.
///
/// To add one, write a file with its type and a line in ``ScenarioStep/catalog``.
protocol StepAction: APIValue {
    /// The field of the step, such as `scale`.
    static var name: String { get }
    /// What it does, in one sentence.
    static var summary: String { get }
    /// What is asked of the simulation that was started with `options`.
    /// - Throws: what is wrong with the fields.
    func command(_ options: SimulationOptions) throws(StepProblem) -> Command
}

/// What is wrong with an action: one or more fields and what is said of them.
struct StepProblem: Error {
    /// Each field as a path below the action, such as `kind` or `set.maxPods`, empty for the action itself.
    var faults: [(field: String, message: String)]

    init(_ faults: [(field: String, message: String)]) { self.faults = faults }
    init(_ field: String, _ message: String) { faults = [(field, message)] }
}

/// An action of which the value is not a structure of its own.
protocol WrappingStep: StepAction {
    associatedtype Value: APIValue
    var value: Value { get }
    init(value: Value)
}

extension WrappingStep {
    static func decode(_ json: JSONValue, _ decoder: inout APIDecoder) -> Self? { Value.decode(json, &decoder).map { Self(value: $0) } }
    var json: JSONValue? { value.json }
    static var typeName: String { Value.typeName }
    static var structure: (any APIStruct.Type)? { Value.structure }
}

/// An action on an object that is named by kind, namespace and name.
protocol ObjectStep: StepAction, APIStruct {
    var kind: String { get set }
    var name: String { get set }
    var namespace: String { get set }
}

extension ObjectStep {
    /// The three fields that name the object; `kinds` says of what kind it can be.
    static func objectFields(_ kinds: String = "Its kind, such as Deployment.") -> Fields<Self> {
        [.f("kind", \.kind, kinds), .f("name", \.name, "Its name."), .f("namespace", \.namespace, "Its namespace; default default.")]
    }

    /// The object that is meant.
    /// - Throws: a problem with `kind` if the simulation does not act on such objects.
    func object() throws(StepProblem) -> (Kind, ObjectKey) {
        guard let info = KindInfo.find(kind), info.type != .custom else { throw StepProblem("kind", "\"\(kind)\" is not a kind that is acted on") }
        return (info.type, info.isNamespaced ? ObjectKey(given: namespace, name) : ObjectKey(name: name))
    }
}

extension ObjectKey {
    /// The key of `name` in `namespace`, which is `default` if none is given.
    init(given namespace: String, _ name: String) { self.init(namespace: namespace.isEmpty ? "default" : namespace, name: name) }
}
