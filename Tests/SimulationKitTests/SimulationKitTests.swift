// The queue of events, chance, time and arithmetic.

import SimulationKit
import Testing

@Suite struct EventQueueTests {
    @Test func `events come out by due time, equal ones in the order they went in`() {
        var random = SeededRandom(seed: 1, stream: "test")
        for _ in 0..<200 {
            var queue = EventQueue<Int>()
            var expected: [(due: Int64, number: Int)] = []
            for number in 0..<random.below(60) {
                let due = Int64(random.below(10))
                queue.schedule(number, at: Instant(nanoseconds: due))
                expected.append((due, number))
            }
            expected.sort { ($0.due, $0.number) < ($1.due, $1.number) }
            var found: [Int] = []
            while let (_, event) = queue.popDue(by: .distantFuture) { found.append(event) }
            #expect(found == expected.map(\.number))
        }
    }

    @Test func `what is due later stays`() {
        var queue = EventQueue<String>()
        queue.schedule("b", at: .start + .seconds(2))
        queue.schedule("a", at: .start + .seconds(1))
        #expect(queue.nextDue == .start + .seconds(1))
        #expect(queue.popDue(by: .start + .seconds(1))?.event == "a")
        #expect(queue.popDue(by: .start + .seconds(1)) == nil)
        #expect(queue.count == 1)
    }

    @Test func `what is gone is taken out, the rest keeps its order`() {
        var queue = EventQueue<Int>()
        for number in 0..<40 { queue.schedule(number, at: .start + .seconds(number / 10)) }
        queue.removeAll { $0 % 3 != 0 }
        #expect(queue.count == 14)
        var found: [Int] = []
        while let (_, event) = queue.popDue(by: .distantFuture) { found.append(event) }
        #expect(found == Array(stride(from: 0, to: 40, by: 3)))
    }

    @Test func `a copy is a fork`() {
        var queue = EventQueue<Int>()
        queue.schedule(1, at: .start)
        var fork = queue
        _ = fork.popDue(by: .start)
        #expect(fork.count == 0 && queue.count == 1)
    }
}

@Suite struct TimeTests {
    @Test(
        arguments: [
            ("0s", 0), ("1ns", 1), ("1.5µs", 1_500), ("300ms", 300_000_000), ("1.503s", 1_503_000_000), ("1m30s", 90_000_000_000),
            ("2h0m0s", 7_200_000_000_000), ("1h2m3.5s", 3_723_500_000_000), ("-5s", -5_000_000_000),
        ] as [(String, Int64)])
    func `durations print and read as in Go`(text: String, nanoseconds: Int64) {
        #expect(Duration(nanoseconds: nanoseconds).description == text)
        #expect(Duration(text)?.nanoseconds == nanoseconds)
    }

    @Test(arguments: ["", "5", "s", "1x", "1h 2m", "--1s", "1..5s"])
    func `other texts are no durations`(text: String) { #expect(Duration(text) == nil) }

    @Test(
        arguments: [
            ("2026-01-01T00:00:00Z", 0), ("2026-01-01T00:00:05Z", 5), ("2025-12-31T23:59:59Z", -1), ("2028-02-29T12:00:00Z", 68_212_800),
            ("2026-03-01T01:00:00+01:00", 5_097_600),
        ] as [(String, Int64)])
    func `instants read RFC 3339`(text: String, seconds: Int64) throws {
        let instant = try #require(Instant(rfc3339: text))
        #expect(instant.nanoseconds == seconds * 1_000_000_000)
        #expect(Instant(rfc3339: instant.rfc3339) == instant)
    }
}

@Suite struct ChanceTests {
    @Test func `a stream is the same on every machine`() {
        var stream = SeededRandom(seed: 7, stream: "kubelet")
        #expect((0..<4).map { _ in stream.below(1000) } == Self.recorded)
        var other = SeededRandom(seed: 7, stream: "scheduler")
        #expect((0..<4).map { _ in other.below(1000) } != Self.recorded)
    }
    static let recorded = [839, 571, 223, 575]

    @Test func `numbers stay below their bound and reach all values`() {
        var random = SeededRandom(seed: 3, stream: "bounds")
        var seen = Array(repeating: 0, count: 7)
        for _ in 0..<7000 { seen[random.below(7)] += 1 }
        #expect(seen.allSatisfy { (800...1200).contains($0) })
        for _ in 0..<100 { #expect((0..<1).contains(random.unit())) }
    }

    @Test func `hashes are those of FNV`() {
        #expect(StableHash.fnv1a32("") == 0x811c_9dc5)
        #expect(StableHash.fnv1a32("foobar") == 0xbf9c_f968)
        #expect(StableHash.fnv1a64("foobar") == 0x8594_4171_f739_67e8)
        #expect(StableHash.safeEncode(0).count == 1)
    }

    @Test func `logarithms are exact to a billionth`() {
        // The weights of topology spread for 1, 2, 3, 5, 10 and 100 domains.
        for (x, ln) in [
            (3.0, 1.0986122886681098), (4, 1.3862943611198906), (5, 1.6094379124341003), (7, 1.9459101490553132), (12, 2.4849066497880004),
            (102, 4.624972813284271),
        ] {
            #expect(abs(DeterministicMath.ln(x) - ln) < 1e-12)
        }
        #expect(DeterministicMath.log2Bucket(0) == 0)
        #expect(DeterministicMath.log2Bucket(1023) == 9)
        #expect(DeterministicMath.log2Bucket(1024) == 10)
    }
}

@Suite struct SaturationTests {
    @Test func `arithmetic at the ends of the range stays there`() {
        #expect(Int64.max.saturatingAdd(1) == .max && Int64.min.saturatingAdd(-1) == .min && Int64.max.saturatingAdd(-1) == .max - 1)
        #expect(Int64.min.saturatingSubtract(1) == .min && Int64.max.saturatingSubtract(-1) == .max && Int64(0).saturatingSubtract(.min) == .max)
        #expect(Int64.max.saturatingMultiply(-2) == .min && Int64.min.saturatingMultiply(-1) == .max && Int64(3).saturatingMultiply(-4) == -12)
        #expect(UInt8(200).saturatingAdd(100) == .max && UInt8(1).saturatingSubtract(2) == .min)
        for (value, wanted) in [(1.5, 2), (-1.5, -2), (1e300, .max), (-1e300, .min), (.infinity, .max), (.nan, 0), (0x1p63, .max)] as [(Double, Int64)] {
            #expect(Int64(saturating: value) == wanted)
        }
    }

    @Test func `times and spans of any size do not trap`() {
        let spans = [Duration(nanoseconds: .max), Duration(nanoseconds: .min), .zero, .hours(.max), .minutes(.min), .seconds(Double.nan), .seconds(1e300)]
        let moments = spans.map { Instant(nanoseconds: $0.nanoseconds) }
        for a in spans {
            for b in spans { _ = (a + b, a - b, a.truncated(to: b), a * 1e300, a * Double.nan, a * Int.min) }
            for t in moments { _ = (t + a, t - a, t - .start, t.rfc3339, t.flooredToSecond) }
            _ = a.description
        }
        #expect(Duration.hours(.max).nanoseconds == .max)
        #expect(Duration("2562048h") == nil && Duration("-9223372036854775808ns") == Duration(nanoseconds: .min))
    }
}
