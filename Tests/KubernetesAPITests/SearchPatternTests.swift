import SimulationKit
import Testing

@testable import KubernetesAPI

/// The patterns of `/` against what they find, and against the standard library's regular expressions on random ones.
@Suite struct SearchPatternTests {
    @Test(arguments: [
        ("web", "my-web-1", true), ("web", "my-WEB-1", true), ("Web", "my-web-1", false), ("Web", "my-Web-1", true), ("(?i)Web", "my-web-1", true),
        ("", "", true), ("", "a", true), ("^web$", "web", true), ("^web$", "web-1", false), ("web|api", "an api", true), ("^(web|api)-\\d+$", "api-42", true),
        ("^(web|api)-\\d+$", "api-4x", false), ("a{2,3}b", "ab", false), ("a{2,3}b", "aaab", true), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true),
        ("a{,2}", "a{,2}", true), ("[^a-c]", "abc", false), ("[^a-c]", "abcd", true), ("[^a]", "aA", false), ("(?i)[^A]", "aA", false), ("[]x]", "]", true),
        ("[a-]", "-", true), ("[\\d.]+/s", "4.2/s", true),
        ("\\bweb\\b", "a web.", true), ("\\bweb\\b", "webs", false), ("\\Bs", "webs", true), ("\\S+@\\S+", "x@y", true), ("[[:alpha:]]", "1", false),
        ("[[:^alpha:]]", "1", true), ("[^[:digit:]]", "12", false), ("1\\.2", "1x2", false), ("ü+$", "grÜÜ", true), ("日.語", "日本語", true),
        ("(?:ab)+c", "ababc", true),
        ("a*?b", "aab", true), ("[A-Z]", "abc", false), ("x[W]", "xw", false), ("\\W", "ab", false), ("👩‍💻", "a 👩‍💻 b", true), ("(|a)+$", "b", true),
        ("((a*)*)*b", "aaa", false), ("abc", "ABabABC", true), ("web", "we", false), ("web", "日本 WEB", true), ("k", "10 \u{212A}", true),
    ])
    func `it finds`(pattern: String, text: String, expected: Bool) throws {
        #expect(try SearchPattern(pattern).isFound(in: text) == expected)
    }

    @Test(arguments: [
        "(", ")", "a)", "[a", "[", "a**", "*a", "a{3,2}", "a{1001}", "\\", "(?=a)", "(?<n>a)", "\\1", "[z-a]", "[[:no:]]", "\\p{L}", "a|*", "(?P<n>a)",
        "((a{1,255}){1,255}){1,255}", "(((){1000}){1000}){1000}", String(repeating: "(", count: 500) + String(repeating: ")", count: 500),
    ])
    func `it refuses with a reason`(pattern: String) {
        #expect(throws: SearchPattern.Problem.self) { _ = try SearchPattern(pattern) }
    }

    @Test func `no pattern takes longer than its text is long`() throws {
        let text = String(repeating: "a", count: 2000) + "!"
        let start = ContinuousClock.now
        for pattern in ["(a+)+$", "(a|a)*b", "(a*)*b", "a*a*a*a*a*a*b", "(.*)*x", "(a?){300}b"] { #expect(try !SearchPattern(pattern).isFound(in: text)) }
        // Backtracking would take longer than the world is old; this is no measurement.
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func `random patterns find what the standard library finds`() throws {
        var random = SeededRandom(seed: 7, stream: "patterns")
        var found = 0
        for _ in 0..<1500 {
            let pattern = Self.pattern(&random, depth: 3)
            let (ours, theirs) = (
                try SearchPattern("(?:" + pattern + ")"), try Regex("(?:" + pattern + ")").matchingSemantics(.unicodeScalar).wordBoundaryKind(.simple)
            )
            for _ in 0..<4 {
                let text = String((0..<random.below(7)).map { _ in Self.pick("abc-", &random) })
                let expected = text.contains(theirs)
                if expected { found += 1 }
                #expect(ours.isFound(in: text) == expected, "\(pattern) in \(text)")
            }
        }
        #expect(found > 500)
    }

    private static func pick(_ text: String, _ random: inout SeededRandom) -> Character { Array(text)[random.below(text.count)] }

    private static func pattern(_ random: inout SeededRandom, depth: Int) -> String {
        func atom() -> String {
            switch random.below(depth > 0 ? 9 : 6) {
            case 0, 1, 2, 3: String(pick("abc", &random))
            case 4: [".", "[ab]", "[^a]", "\\w", "\\b"][random.below(5)]
            case 5: ["^", "$", "-"][random.below(3)]
            default: "(?:" + pattern(&random, depth: depth - 1) + ")"
            }
        }
        let parts = (0..<1 + random.below(3)).map { _ in
            let atom = atom()
            // The standard library refuses a repeated assertion.
            let repeats = ["^", "$", "\\b"].contains(atom) ? "" : ["", "", "", "*", "+", "?", "{2}", "{1,2}"][random.below(8)]
            return atom + repeats
        }
        return parts.joined() + (random.below(5) == 0 ? "|" + (depth > 0 ? pattern(&random, depth: depth - 1) : "b") : "")
    }
}
