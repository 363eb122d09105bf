/// A regular expression whose search takes time in proportion to the text, whatever was typed.
///
/// The syntax is the one of Go's `regexp`, which schemas and k9s' filter use: literals, `.`, classes, groups, alternatives, repetitions,
/// anchors and word boundaries, `(?i)` in front; no look-around and no references back. All alternatives advance together, one
/// scalar at a time (Thompson's construction), so that a pattern such as `(a+)+$` costs no more than another.
public struct SearchPattern: Sendable {
    /// Why a text is no pattern, as an end of a sentence.
    public struct Problem: Error {
        public var text: String
    }

    /// What a counted repetition may grow to; a search costs at most this much a scalar.
    private static let longestProgram = 2000

    private enum Step {
        case scalar(UInt32)
        case set(ScalarSet)
        case split(Int, Int)
        case assertion(Assertion)
        case end
    }
    fileprivate enum Assertion { case start, end, boundary, noBoundary }
    private var program: [Step] = []
    private var parts = 0
    private var ignoresCase: Bool
    /// The scalars of a pattern without any operator, which is most of what is typed: they are looked for as they are; in lower case if the
    /// pattern ignores case.
    public private(set) var literal: [UInt32]?
    /// The same as bytes, if they are ASCII.
    private var bytes: [UInt8]?

    /// Reads a pattern. One without an upper-case letter ignores case, as does one that begins with `(?i)`.
    ///
    /// - Parameter exact: look at case whatever the pattern is, but for `(?i)`.
    /// - Throws: What is wrong with it.
    public init(_ text: String, exact: Bool = false) throws(Problem) {
        var parser = Parser(text)
        ignoresCase = parser.takeFlag() || !exact && !Self.hasUppercase(text)
        let node = try parser.whole()
        literal = node.literal?.map { [ignoresCase] in ignoresCase ? Self.lowered($0) : $0 }
        bytes = literal.flatMap { $0.allSatisfy { $0 < 128 } ? $0.map { UInt8(truncatingIfNeeded: $0) } : nil }
        if literal == nil {
            try add(node)
            program.append(.end)
        }
    }

    /// Whether the pattern is found anywhere in `text`.
    public func isFound(in text: String) -> Bool {
        if let bytes, let found = text.utf8.withContiguousStorageIfAvailable({ isFound(bytes, in: $0) }), let found { return found }
        var scalars = text.unicodeScalars.map(\.value)
        if let literal {
            if ignoresCase { for index in scalars.indices { scalars[index] = Self.lowered(scalars[index]) } }
            return scalars.contains(literal)
        }
        return search(scalars)
    }

    /// Whether an ASCII literal is found in a text that is ASCII as well; nil if it is not, where scalars of other scripts may be the
    /// capitals of letters.
    private func isFound(_ literal: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Bool? {
        guard text.allSatisfy({ $0 < 128 }) else { return nil }
        var start = 0
        while start + literal.count <= text.count {
            var length = 0
            while length < literal.count {
                var byte = text[start + length]
                if ignoresCase, byte >= 65, byte <= 90 { byte |= 32 }
                guard byte == literal[length] else { break }
                length += 1
            }
            if length == literal.count { return true }
            start += 1
        }
        return false
    }

    /// Where the pattern is found in `text`, in scalars: the first places, none over another; of several at one place that which the
    /// pattern prefers, as Go finds them. Nil if it takes too long to tell.
    public func matches(in text: String, most: Int = .max) -> [Range<Int>]? {
        let scalars = text.unicodeScalars.map(\.value)
        var (found, from, steps): ([Range<Int>], Int, Int) = ([], 0, 0)
        while found.count < most, from <= scalars.count, let match = match(in: scalars, from: from, &steps) {
            if steps > Self.mostSteps { return nil }
            // An empty one right after another is none.
            if !match.isEmpty || match.lowerBound != found.last?.upperBound { found.append(match) }
            from = match.isEmpty ? match.upperBound + 1 : match.upperBound
        }
        return found
    }
    private static let mostSteps = 8 << 20

    /// The first match from a place on. All starts are followed at once; earlier ones come first.
    private func match(in text: [UInt32], from: Int, _ steps: inout Int) -> Range<Int>? {
        if let literal {
            guard literal.count <= text.count else { return nil }
            let places = from..<max(from, text.count - literal.count + 1)
            let found = places.first { text[$0..<$0 + literal.count].elementsEqual(literal) { (ignoresCase ? Self.lowered($0) : $0) == $1 } }
            steps += (found ?? text.count) - from
            return found.map { $0..<$0 + literal.count }
        }
        var (now, next, stack): (Threads, Threads, [Int]) = (Threads(program.count), Threads(program.count), [])
        var found: Range<Int>?
        for index in from...text.count {
            if found == nil, follow(0, at: index, of: text, into: &now, &stack, from: index) { found = index..<index }
            guard index < text.count, !now.positions.isEmpty || found == nil else { break }
            steps += now.positions.count + 1
            next.clear()
            // What comes after a thread that is at its end is preferred less.
            for (thread, position) in now.positions.enumerated() where matches(program[position], text[index]) {
                let start = now.starts[thread]
                if follow(position + 1, at: index + 1, of: text, into: &next, &stack, from: start) {
                    found = start..<index + 1
                    break
                }
            }
            swap(&now, &next)
        }
        return found
    }

    private func matches(_ step: Step, _ scalar: UInt32) -> Bool {
        switch step {
        case .scalar(let wanted): (ignoresCase ? Self.lowered(scalar) : scalar) == wanted
        case .set(let set): ignoresCase ? set.contains(scalar, or: Self.lowered(scalar), Self.raised(scalar)) : set.contains(scalar)
        default: false
        }
    }

    // MARK: Search

    private func search(_ text: [UInt32]) -> Bool {
        var (now, next) = (Threads(program.count), Threads(program.count))
        var stack: [Int] = []
        for index in 0...text.count {
            // The search may begin at each scalar.
            if follow(0, at: index, of: text, into: &now, &stack) { return true }
            guard index < text.count else { break }
            let scalar = text[index]
            next.clear()
            for position in now.positions where matches(program[position], scalar) {
                if follow(position + 1, at: index + 1, of: text, into: &next, &stack) { return true }
            }
            swap(&now, &next)
        }
        return false
    }

    /// The positions in the program that wait for a scalar, each once.
    private struct Threads {
        private(set) var positions: [Int] = []
        /// Where the match of each begins.
        private(set) var starts: [Int] = []
        private var isKnown: [Bool]

        init(_ count: Int) { isKnown = Array(repeating: false, count: count) }

        mutating func insert(_ position: Int, from start: Int) -> Bool {
            if isKnown[position] { return false }
            isKnown[position] = true
            positions.append(position)
            starts.append(start)
            return true
        }

        mutating func clear() {
            for position in positions { isKnown[position] = false }
            positions.removeAll(keepingCapacity: true)
            starts.removeAll(keepingCapacity: true)
        }
    }

    /// Goes from `start` to every step that takes a scalar; returns whether the end is among them.
    private func follow(_ start: Int, at index: Int, of text: [UInt32], into threads: inout Threads, _ stack: inout [Int], from begin: Int = 0) -> Bool {
        stack.append(start)
        while let position = stack.popLast() {
            guard threads.insert(position, from: begin) else { continue }
            switch program[position] {
            case .scalar, .set: continue
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .assertion(let assertion): if Self.holds(assertion, at: index, of: text) { stack.append(position + 1) }
            case .end:
                stack.removeAll()
                return true
            }
        }
        return false
    }

    private static func holds(_ assertion: Assertion, at index: Int, of text: [UInt32]) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && ScalarSet.word.contains(text[index]) }
        return switch assertion {
        case .start: index == 0
        case .end: index == text.count
        case .boundary: isWord(index - 1) != isWord(index)
        case .noBoundary: isWord(index - 1) == isWord(index)
        }
    }

    // MARK: Case

    private static func hasUppercase(_ text: String) -> Bool {
        var isEscaped = false
        for character in text {
            if character.isUppercase, !isEscaped { return true }
            isEscaped = character == "\\" && !isEscaped
        }
        return false
    }

    private static func lowered(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return 0x41...0x5A ~= scalar ? scalar + 0x20 : scalar }
        return mapped(scalar, \.lowercaseMapping)
    }

    private static func raised(_ scalar: UInt32) -> UInt32 {
        if scalar < 0x80 { return 0x61...0x7A ~= scalar ? scalar - 0x20 : scalar }
        return mapped(scalar, \.uppercaseMapping)
    }

    private static func mapped(_ scalar: UInt32, _ mapping: KeyPath<Unicode.Scalar.Properties, String>) -> UInt32 {
        guard let known = Unicode.Scalar(scalar) else { return scalar }
        let mapped = known.properties[keyPath: mapping].unicodeScalars
        return mapped.count == 1 ? mapped[mapped.startIndex].value : scalar
    }

    // MARK: The program

    private mutating func add(_ node: Node) throws(Problem) {
        parts += 1
        // Repeated empty groups make no program, but work.
        guard max(parts / 2, program.count) < Self.longestProgram else { throw Problem(text: "it is too large") }
        switch node {
        case .scalar(let scalar): program.append(.scalar(ignoresCase ? Self.lowered(scalar) : scalar))
        case .set(let set): program.append(.set(set))
        case .assertion(let assertion): program.append(.assertion(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .either(let first, let second):
            // A split, the first, a step over the second, the second.
            let split = program.count
            program.append(.end)
            try add(first)
            let jump = program.count
            program.append(.end)
            program[split] = .split(split + 1, program.count)
            try add(second)
            program[jump] = .split(program.count, program.count)
        case .repeated(let node, let least, let most):
            for _ in 0..<least { try add(node) }
            if let most {
                var splits: [Int] = []
                for _ in least..<most {
                    splits.append(program.count)
                    program.append(.end)
                    try add(node)
                }
                for split in splits { program[split] = .split(split + 1, program.count) }
            } else {
                let split = program.count
                program.append(.end)
                try add(node)
                program.append(.split(split, split))
                program[split] = .split(split + 1, program.count)
            }
        }
    }

    fileprivate indirect enum Node {
        case scalar(UInt32)
        case set(ScalarSet)
        case assertion(Assertion)
        case sequence([Node])
        case either(Node, Node)
        /// At least and at most so often; nil for any number.
        case repeated(Node, Int, Int?)

        var literal: [UInt32]? {
            switch self {
            case .scalar(let scalar): return [scalar]
            case .sequence(let nodes):
                let scalars = nodes.compactMap { if case .scalar(let scalar) = $0 { scalar } else { nil } }
                return scalars.count == nodes.count ? scalars : nil
            default: return nil
            }
        }
    }
}

/// Scalars by ranges.
private struct ScalarSet {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0 ~= scalar } != isNegated }
    /// Whether one of three forms of a scalar is in it.
    func contains(_ scalar: UInt32, or lower: UInt32, _ upper: UInt32) -> Bool {
        ranges.contains { $0 ~= scalar || $0 ~= lower || $0 ~= upper } != isNegated
    }

    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let any = ScalarSet(ranges: [], isNegated: true)

    /// `\d`, `\s`, `\w` by their letter; the upper-case ones are the scalars outside.
    static func escaped(_ letter: Unicode.Scalar) -> ScalarSet? {
        switch letter {
        case "d", "D": ScalarSet(ranges: [0x30...0x39], isNegated: letter == "D")
        case "s", "S": ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20], isNegated: letter == "S")
        case "w", "W": ScalarSet(ranges: word.ranges, isNegated: letter == "W")
        default: nil
        }
    }

    /// The classes of POSIX, as in `[[:alpha:]]`.
    static let named: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "blank": [0x09...0x09, 0x20...0x20],
        "digit": [0x30...0x39], "lower": [0x61...0x7A], "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        "space": [0x09...0x0D, 0x20...0x20], "upper": [0x41...0x5A], "word": word.ranges, "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]

    /// The ranges of a set that is part of a larger one.
    var positive: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var (rest, from) = ([ClosedRange<UInt32>](), UInt32(0))
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > from { rest.append(from...range.lowerBound - 1) }
            from = max(from, range.upperBound + 1)
        }
        return rest + [from...0x10FFFF]
    }
}

private struct Parser {
    typealias Node = SearchPattern.Node
    typealias Problem = SearchPattern.Problem

    private let text: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    /// As Go's.
    private static let (deepest, mostRepeated) = (100, 1000)

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

    private mutating func take(_ expected: String) -> Bool {
        let expected = Array(expected.unicodeScalars)
        guard text[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    mutating func takeFlag() -> Bool { take("(?i)") }

    mutating func whole() throws(Problem) -> Node {
        let node = try alternatives()
        guard next == nil else { throw Problem(text: "a ) closes nothing") }
        return node
    }

    private mutating func alternatives() throws(Problem) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Problem(text: "its groups are nested too deeply") }
        var choices: [Node] = []
        repeat { choices.append(try sequence()) } while take("|")
        // In halves, so that many alternatives are no deep tree.
        while choices.count > 1 {
            choices = stride(from: 0, to: choices.count, by: 2).map { $0 + 1 < choices.count ? .either(choices[$0], choices[$0 + 1]) : choices[$0] }
        }
        return choices[0]
    }

    private mutating func sequence() throws(Problem) -> Node {
        var nodes: [Node] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let atom = try self.atom()
            nodes.append(try repeated(atom))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated(_ atom: Node) throws(Problem) -> Node {
        guard let (least, most) = try count() else { return atom }
        // Shortest first: it finds the same.
        _ = take("?")
        if try count() != nil { throw Problem(text: "a repetition follows another") }
        return .repeated(atom, least, most)
    }

    /// What follows an atom: `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`. A `{` that begins none of these stands for itself.
    private mutating func count() throws(Problem) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{") else { return nil }
        guard let least = number() else {
            position = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else {
            position = start
            return nil
        }
        guard least <= Self.mostRepeated, (most ?? least) <= Self.mostRepeated else { throw Problem(text: "a repetition is at most \(Self.mostRepeated)") }
        guard least <= (most ?? least) else { throw Problem(text: "a repetition's least is above its most") }
        return (least, most)
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = next, "0"..."9" ~= scalar { position += 1 }
        return Int(String(String.UnicodeScalarView(text[start..<position])).prefix(9))
    }

    private mutating func atom() throws(Problem) -> Node {
        guard let scalar = next else { return .sequence([]) }
        if try count() != nil { throw Problem(text: "nothing stands before a repetition") }
        position += 1
        switch scalar {
        case ".": return .set(.any)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "(":
            if take("?") {
                guard take(":") else { throw Problem(text: "(? is followed by what is not known here") }
            }
            let node = try alternatives()
            guard take(")") else { throw Problem(text: "a ( is not closed") }
            return node
        case "[": return .set(try set())
        case "\\":
            guard let letter = next else { throw Problem(text: "a \\ ends it") }
            if let assertion = assertion(letter) {
                position += 1
                return .assertion(assertion)
            }
            if let set = ScalarSet.escaped(letter) {
                position += 1
                return .set(set)
            }
            return .scalar(try escaped())
        default: return .scalar(scalar.value)
        }
    }

    private func assertion(_ letter: Unicode.Scalar) -> SearchPattern.Assertion? {
        switch letter {
        case "A": .start
        case "z": .end
        case "b": .boundary
        case "B": .noBoundary
        default: nil
        }
    }

    /// One scalar behind a `\`.
    private mutating func escaped() throws(Problem) -> UInt32 {
        guard let letter = next else { throw Problem(text: "a \\ ends it") }
        position += 1
        switch letter {
        case "t": return 0x09
        case "n": return 0x0A
        case "r": return 0x0D
        case "f": return 0x0C
        case "v": return 0x0B
        case "a": return 0x07
        default:
            guard !letter.properties.isAlphabetic, !("0"..."9" ~= letter) else { throw Problem(text: "\\\(letter) is not known here") }
            return letter.value
        }
    }

    /// A class, behind its `[`.
    private mutating func set() throws(Problem) -> ScalarSet {
        var set = ScalarSet(ranges: [])
        set.isNegated = take("^")
        var isFirst = true
        while let scalar = next {
            if scalar == "]", !isFirst {
                position += 1
                return set
            }
            isFirst = false
            if take("[:") {
                let isNegated = take("^")
                let start = position
                while let letter = next, letter != ":" { position += 1 }
                let name = String(String.UnicodeScalarView(text[start..<position]))
                guard let ranges = ScalarSet.named[name], take(":]") else { throw Problem(text: "[:\(name):] is no class") }
                set.ranges += isNegated ? ScalarSet(ranges: ranges, isNegated: true).positive : ranges
                continue
            }
            if scalar == "\\", position + 1 < text.count, let known = ScalarSet.escaped(text[position + 1]) {
                position += 2
                set.ranges += known.positive
                continue
            }
            let low = try member()
            if next == "-", position + 1 < text.count, text[position + 1] != "]" {
                position += 1
                let high = try member()
                guard low <= high else { throw Problem(text: "a range of a class ends before it begins") }
                set.ranges.append(low...high)
            } else {
                set.ranges.append(low...low)
            }
        }
        throw Problem(text: "a [ is not closed")
    }

    private mutating func member() throws(Problem) -> UInt32 {
        guard let scalar = next else { throw Problem(text: "a [ is not closed") }
        position += 1
        return scalar == "\\" ? try escaped() : scalar.value
    }
}
