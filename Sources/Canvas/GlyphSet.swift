/// The characters the dashboard draws with, in three alphabets.
///
/// `block` is the default; `braille` has finer curves; `ascii` is for terminals without UTF-8, for
/// fonts without these signs, and where they are two columns wide.
public struct GlyphSet: Equatable, Sendable {
    /// The three alphabets.
    public enum Alphabet: String, CaseIterable, Sendable {
        /// Curves of braille dots, two values a column; everything else as `block`.
        case braille
        /// Blocks in eighths.
        case block
        /// Nothing above U+007E.
        case ascii
    }

    /// Which alphabet this is.
    public let alphabet: Alphabet

    /// A pod that is ready, of the workload looked at.
    public var ready: Character = "●"
    /// A pod that runs and is not ready; also "deferred".
    public var notReady: Character = "◐"
    /// A pod that waits or starts.
    public var starting: Character = "○"
    /// A pod that is terminating.
    public var leaving: Character = "◌"
    /// A pod that failed.
    public var failed: Character = "✗"
    /// A pod of another workload.
    public var other: Character = "•"
    /// A pod that a what-if would add.
    public var ghost: Character = "+"

    /// A column of a bar that is full.
    public var barFull: Character = "█"
    /// One eighth to seven eighths of a column, rising.
    public var barParts: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// A column of a bar that is free.
    public var barEmpty: Character = "░"
    /// What comes on top in a preview ("after").
    public var barAdded: Character = "▓"
    /// Room that is neither used nor asked for.
    public var barRoom: Character = "·"
    /// Levels of a sparkline, from the lowest above nothing to the full height.
    public var sparkLevels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A span of waiting in a waterfall.
    public var wait: Character = "▒"
    /// A span of work in a waterfall.
    public var work: Character = "█"
    /// A span after the work, as probes.
    public var after: Character = "▓"

    /// A limit.
    public var limit: Character = "┆"
    /// Now, or the cursor in time.
    public var now: Character = "┃"
    /// The row under the cursor.
    public var cursor: Character = "▸"
    /// A marked row.
    public var mark: Character = "*"
    /// Time runs.
    public var play: Character = "▶"
    /// Time stands.
    public var pause: Character = "‖"
    /// We look at the past.
    public var past: Character = "◆"
    /// The domain with the fewest pods.
    public var minimum: Character = "◂"
    /// A check that passed.
    public var passed: Character = "✓"
    /// A check that stopped the pod.
    public var stopped: Character = "✗"
    /// A plugin that was not asked.
    public var notAsked: Character = "·"
    /// Something starts anew.
    public var restarts: Character = "↻"

    /// Sorted ascending.
    public var arrowUp: Character = "↑"
    /// Sorted descending.
    public var arrowDown: Character = "↓"
    /// To the left.
    public var arrowLeft: Character = "←"
    /// To the right; "leads to".
    public var arrowRight: Character = "→"
    /// Text goes on.
    public var ellipsis: Character = "…"
    /// Columns are hidden on the right; also between owner and owned.
    public var more: Character = "›"
    /// Columns are hidden on the left.
    public var less: Character = "‹"
    /// The part of a scroll bar that stands for what is seen.
    public var scrollBar: Character = "┃"
    /// Domains are hidden on the left.
    public var scrolledLeft: Character = "«"
    /// Domains are hidden on the right.
    public var scrolledRight: Character = "»"
    /// A factor, as in "x10".
    public var times: Character = "×"
    /// At most.
    public var lessEqual: Character = "≤"
    /// At least.
    public var greaterEqual: Character = "≥"
    /// Between short facts of a line.
    public var separator: Character = "·"
    /// Between parts of the status line.
    public var bar: Character = "│"
    /// A line of dots between the boxes of nodes.
    public var dotted: Character = "┈"
    /// A character that cannot be shown.
    public var unknown: Character = "·"

    /// The parts of a box.
    public var frame = Frame()

    /// Corners, edges and joints of boxes, scales and trees.
    public struct Frame: Equatable, Sendable {
        /// Upper left corner.
        public var topLeft: Character = "╭"
        /// Upper right corner.
        public var topRight: Character = "╮"
        /// Lower left corner.
        public var bottomLeft: Character = "╰"
        /// Lower right corner.
        public var bottomRight: Character = "╯"
        /// A level edge.
        public var horizontal: Character = "─"
        /// An upright edge.
        public var vertical: Character = "│"
        /// Upright with a branch to the right: the left end of a scale.
        public var teeRight: Character = "├"
        /// Upright with a branch to the left: the right end of a scale.
        public var teeLeft: Character = "┤"
        /// Level with a branch down: a tick.
        public var teeDown: Character = "┬"
        /// Level with a branch up: a tick.
        public var teeUp: Character = "┴"
        /// Crossing.
        public var cross: Character = "┼"
        /// The last branch of a tree.
        public var branch: Character = "└"
        /// A short line down to a label.
        public var tick: Character = "╵"
    }

    private init(_ alphabet: Alphabet) {
        self.alphabet = alphabet
    }

    /// Blocks in eighths: the default.
    public static let block = GlyphSet(.block)

    /// Curves of braille dots.
    public static let braille = GlyphSet(.braille)

    /// Nothing above U+007E.
    public static let ascii: GlyphSet = {
        var set = GlyphSet(.ascii)
        set.scrollBar = "#"
        (set.ready, set.notReady, set.starting, set.leaving) = ("#", "o", ".", "-")
        (set.failed, set.other, set.ghost) = ("x", ":", "+")
        (set.barFull, set.barParts, set.barEmpty) = ("=", ["."], " ")
        (set.barAdded, set.barRoom) = ("+", ".")
        set.sparkLevels = ["_", ".", ",", "-", "~", "+", "*", "#"]
        (set.wait, set.work, set.after) = (".", "=", "+")
        (set.limit, set.now, set.cursor, set.mark) = (":", "|", ">", "*")
        (set.play, set.pause, set.past, set.minimum) = (">", "=", "@", "<")
        (set.passed, set.stopped, set.notAsked, set.restarts) = ("y", "x", ".", "@")
        (set.arrowUp, set.arrowDown, set.arrowLeft, set.arrowRight) = ("^", "v", "<", ">")
        (set.ellipsis, set.more, set.less) = ("~", ">", "<")
        (set.scrolledLeft, set.scrolledRight) = ("<", ">")
        (set.times, set.lessEqual, set.greaterEqual) = ("x", "<", ">")
        (set.separator, set.bar, set.dotted, set.unknown) = (".", "|", ".", "?")
        set.frame = Frame(
            topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", horizontal: "-",
            vertical: "|", teeRight: "|", teeLeft: "|", teeDown: "+", teeUp: "+", cross: "+",
            branch: "`", tick: "'")
        return set
    }()

    /// The set of an alphabet.
    public static func named(_ alphabet: Alphabet) -> GlyphSet {
        switch alphabet {
        case .braille: .braille
        case .block: .block
        case .ascii: .ascii
        }
    }

    /// Whether only ASCII may be shown.
    public var isASCII: Bool { alphabet == .ascii }

    /// "At most" as text: `≤`, or `<=` in ASCII.
    public var atMost: String { isASCII ? "<=" : "≤" }

    /// "At least" as text: `≥`, or `>=` in ASCII.
    public var atLeast: String { isASCII ? ">=" : "≥" }
}
