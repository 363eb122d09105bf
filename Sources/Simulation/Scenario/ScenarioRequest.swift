// Steps and expectations that come from a client, one request at a time, rather than from the document of a scenario.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension ScenarioStep {
    /// The command of one action, written as in a step without a time: `{"fail": {"zone": "eu-a"}}`.
    ///
    /// - Parameters:
    ///   - options: what the simulation was started with.
    ///   - info: what a refusal calls the document.
    /// - Throws: 422 with the field, if there is not exactly one action, or if it is not written as it should be.
    public static func command(_ document: JSONValue, _ options: SimulationOptions, as info: KindInfo) throws(APIError) -> Command {
        var decoder = APIDecoder()
        let step = ScenarioStep.decode(document, &decoder)
        var errors = decoder.problems.map { FieldError(.invalid, $0.path, value: $0.value(in: document), $0.message) }
        for name in ["at", "refused"] where document[name] != nil { errors.append(FieldError(.forbidden, name, "it is done now")) }
        guard errors.isEmpty, let step else { throw .invalid(info, "", errors) }
        guard step.actions.count == 1, let action = step.actions.first else {
            throw .invalid(info, "", [FieldError(.required, "", "exactly one of \(names.joined(separator: ", "))")])
        }
        do throws(StepProblem) { return try action.command(options) } catch {
            let name = type(of: action).name
            throw .invalid(info, "", error.faults.map { FieldError(.invalid, $0.field.isEmpty ? name : "\(name).\($0.field)", $0.message) })
        }
    }
}

extension Expectation {
    /// What came of an expectation that was checked.
    public struct Result: Sendable, Equatable {
        /// `expect[0].pods`
        public var title: String
        /// What differs, in words; nil if it holds.
        public var difference: String?
        /// What was found instead, and what would be needed.
        public var evidence: [String] = []
    }

    /// Checks the expectations of a list, written as a Scenario has them in `spec.expect`, at the present moment.
    ///
    /// - Parameters:
    ///   - path: what titles and refusals call the list.
    ///   - info: what a refusal calls the document.
    /// - Throws: 422 with the field, if one is not written as it should be, or is for another time.
    public static func check(_ list: JSONValue, _ path: String, in simulation: Simulation, as info: KindInfo) throws(APIError) -> [Result] {
        guard let items = list.array else { throw .invalid(info, "", [FieldError(.typeInvalid, path, "must be a list, not \(list.typeName)")]) }
        var errors: [FieldError] = []
        var claims: [(title: String, claim: any Claim)] = []
        for (index, item) in items.enumerated() {
            let place = "\(path)[\(index)]"
            var decoder = APIDecoder()
            let expectation = Expectation.decode(item, &decoder)
            errors += decoder.problems.map { FieldError(.invalid, $0.path.isEmpty ? place : "\(place).\($0.path)", value: $0.value(in: item), $0.message) }
            guard decoder.problems.isEmpty, let expectation else { continue }
            if expectation.at != nil { errors.append(FieldError(.forbidden, "\(place).at", "it is checked now: let time pass first")) }
            guard expectation.claims.count == 1, let claim = expectation.claims.first else {
                errors.append(FieldError(.required, place, "exactly one of \(names.joined(separator: ", "))"))
                continue
            }
            let title = "\(place).\(type(of: claim).name)"
            errors += claim.faults.map { FieldError(.invalid, $0.field.isEmpty ? title : "\(title).\($0.field)", $0.message) }
            claims.append((title, claim))
        }
        if !errors.isEmpty { throw .invalid(info, "", errors) }
        return claims.map { title, claim in
            guard let difference = claim.problem(in: simulation) else { return Result(title: title) }
            return Result(title: title, difference: difference, evidence: claim.evidence(in: simulation))
        }
    }
}

extension DecodeProblem {
    /// The value at the problem's path as text, if it is short; nil else.
    fileprivate func value(in document: JSONValue) -> String? {
        guard let text = document.value(at: path)?.text(), text.utf8.count <= 100 else { return nil }
        return text
    }
}
