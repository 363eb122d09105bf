// The user of a fuzzed dashboard, who stops what takes long.

import Dashboard

/// A user whose patience is over after so much work, by count and not by a clock: the same case always takes the same course.
///
/// Work that asks and is told to stop has to stop soon: it traps if it goes on. Work that does not ask at all is found by the one
/// who watches the process.
public final class FuzzedUser {
    /// So often a step may ask whether it is to stop.
    public static let patience = 3000
    /// So often a step may ask on after it was told to stop: several pieces of work each ask once.
    static let politeness = 1000
    /// So often a frame or key may ask whether it is felt; nil for one who never feels it, so that all is worked out at once.
    private let quickness: Int?

    public private(set) var asked = 0
    private var felt = 0

    public init(quickness: Int? = 300) { self.quickness = quickness }

    /// What the dashboard is told.
    public var patience: Patience {
        Patience(
            isOver: { [self] _ in
                asked += 1
                precondition(asked <= Self.patience + Self.politeness, "work went on after it was told to stop")
                return asked > Self.patience
            },
            isFelt: { [self] in
                felt += 1
                return quickness.map { felt > $0 } ?? false
            })
    }

    /// Before the next step.
    public func rest() { (asked, felt) = (0, 0) }
}
