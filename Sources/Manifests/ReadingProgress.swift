// How far files have been read, for the one who waits.

/// How far a file has been read.
public struct ReadingProgress: Sendable, Equatable {
    public enum Stage: Sendable { case looking, reading }
    /// A large List is first looked through for its items, then these are read.
    public var stage: Stage
    public var file: String
    /// Bytes while it is looked through, else objects.
    public var done: Int
    /// How much there is of it; nil: that is not known, as of a packed file.
    public var total: Int?
}
