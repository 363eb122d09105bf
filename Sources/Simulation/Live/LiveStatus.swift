// How far a cluster is followed: by kind, and as a whole.

import KubernetesAPI
import SimulationKit

/// How one kind is followed.
public enum LiveState: Sendable, Equatable {
    /// It was not listed yet.
    case waiting
    case following
    /// It fails, and is tried again.
    case failing(String, since: Instant)
    /// Nobody allows it.
    case forbidden(String)
    /// The server does not have it.
    case missing(String)

    public var isFailing: Bool { failingSince != nil }
    var failingSince: Instant? { if case .failing(_, let since) = self { since } else { nil } }

    /// In a word, and why.
    public var words: (state: String, why: String) {
        switch self {
        case .waiting: ("waits", "")
        case .following: ("followed", "")
        case .failing(let why, _): ("fails", why)
        case .forbidden(let why): ("forbidden", why)
        case .missing(let why): ("not served", why)
        }
    }
}

/// How a cluster is followed.
public struct LiveStatus: Sendable, Equatable {
    public struct Row: Sendable, Equatable {
        public var resource: LiveResource
        public var state: LiveState
        /// The namespace that may be looked at; nil: all.
        public var namespace: String?
    }
    public struct Loss: Sendable, Equatable {
        public var since: Instant
        public var why: String
        public init(since: Instant, why: String) { (self.since, self.why) = (since, why) }
    }
    public var kinds: [Row] = []
    /// When the server was last heard.
    public var heard: Instant?
    /// Why it cannot be reached.
    public var lost: Loss?

    public init() {}
    init(kinds: [Row], heard: Instant?, lost: Loss?) { (self.kinds, self.heard, self.lost) = (kinds, heard, lost) }

    /// How many kinds were not listed yet.
    public var waiting: Int { kinds.count { $0.state == .waiting } }
    /// The kind that fails longest.
    public var failing: (name: String, since: Instant, why: String)? {
        let failing = kinds.compactMap { row in
            if case .failing(let why, let since) = row.state { (row.resource.name, since, why) } else { nil }
        }
        return failing.min { $0.1 < $1.1 }
    }
    /// What is missing and what lacks for it; last what is only seen in one namespace.
    public var missing: [String] {
        let lines = kinds.compactMap { row -> String? in
            switch row.state {
            case .forbidden: "\(row.resource.name) may not be looked at: no \(row.resource.need)"
            case .missing where row.resource == .metrics: "no metrics server: use is guessed from requests"
            default: nil
            }
        }
        let narrow = kinds.filter { $0.namespace != nil && $0.state == .following }
        guard let namespace = narrow.first?.namespace else { return lines }
        return lines + ["of namespace \(namespace) alone: \(narrow.map(\.resource.name).joined(separator: ", "))"]
    }
    /// The rules that would let everything be followed that is forbidden now.
    public var rules: [LiveRule] {
        LiveRule.merged(
            kinds.compactMap { row in
                if case .forbidden = row.state { return row.resource.rule }
                return row.namespace == nil ? nil : row.resource.rule
            })
    }
}

/// What a followed cluster told since the last time, and how it stands.
public struct LiveUpdate: Sendable {
    public var changes: [MirrorChange]
    public var status: LiveStatus

    public init(changes: [MirrorChange], status: LiveStatus) { (self.changes, self.status) = (changes, status) }
}
