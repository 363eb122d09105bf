// Parameters of the latency model: what a scenario can set by name.
import KubernetesAPI
import SimulationKit

/// A parameter of the latency model, with everything that is known about it but its default, which is that of the
/// property behind it.
///
/// To add one, write the property and its row in the list of parameters beside it.
public struct Parameter<Root: Sendable>: Sendable {
    public enum Value: Sendable {
        /// A length of time, and which lengths it can have.
        case time(WritableKeyPath<Root, Duration> & Sendable, ClosedRange<Duration>)
        /// A number, and which numbers it can be.
        case number(WritableKeyPath<Root, Double> & Sendable, ClosedRange<Double>)
    }

    public let name: String
    public let value: Value
    /// What it is.
    public let summary: String
    /// Where its default comes from: a file or flag of Kubernetes; `model` for values that Kubernetes leaves to the machine.
    public let source: String

    /// A length of time; `range` is mostly `.step` or `.again`.
    public static func time(
        _ name: String, _ path: WritableKeyPath<Root, Duration> & Sendable, _ summary: String, range: ClosedRange<Duration> = .step,
        source: String = "model"
    ) -> Parameter { Parameter(name: name, value: .time(path, range), summary: summary, source: source) }

    /// A number; a `range` that ends below 1 is a share.
    public static func number(
        _ name: String, _ path: WritableKeyPath<Root, Double> & Sendable, _ range: ClosedRange<Double>, _ summary: String, source: String = "model"
    ) -> Parameter { Parameter(name: name, value: .number(path, range), summary: summary, source: source) }

    /// Sets the parameter in `root` to what a document says; what is wrong with that is returned in words, nil if nothing is.
    public func set(_ json: JSONValue, in root: inout Root) -> String? {
        switch value {
        case .time(let path, let range):
            guard let time = json.string.flatMap({ Duration($0) }), range.contains(time) else {
                return "must be a length of time such as 300ms, from \(range.lowerBound) to \(range.upperBound)"
            }
            root[keyPath: path] = time
        case .number(let path, let range):
            let number: Double? =
                switch json {
                case .int(let n): Double(n)
                case .double(let n): n
                default: json.string.flatMap { Quantity($0) }.map { Double($0.value) }
                }
            guard let number, range.contains(number) else {
                return range.upperBound < 1 ? "must be 0 or more and less than 1" : "must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))"
            }
            root[keyPath: path] = number
        }
        return nil
    }

    /// The value in `root` as a document states it.
    public func json(in root: Root) -> JSONValue {
        switch value {
        case .time(let path, _): .string("\(root[keyPath: path])")
        case .number(let path, _): .double(root[keyPath: path])
        }
    }

    /// A row of the table of parameters, in Markdown: name, what it is, default, source.
    public func cells(default root: Root) -> [String] {
        let text =
            switch value {
            case .time(let path, _): "\(root[keyPath: path])"
            case .number(let path, _): root[keyPath: path].rounded() == root[keyPath: path] ? "\(Int(root[keyPath: path]))" : "\(root[keyPath: path])"
            }
        return ["`\(name)`", summary, "`\(text)`", source]
    }
}

extension ClosedRange<Duration> {
    /// How long a step can take.
    public static var step: Self { .zero...Duration.hours(24) }
    /// What is waited for before the same is tried again: no time at all would mean to try for ever.
    public static var again: Self { .milliseconds(100)...Duration.hours(24) }
}
