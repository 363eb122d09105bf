import ControlPlane
import SimulationKit
import Testing

/// A log that is copied in pages.
@Suite struct BacklogTests {
    @Test func `it is what an array would be, and copies stay as they were`() {
        var random = SeededRandom(seed: 11, stream: "backlog")
        for _ in 0..<60 {
            var log = Backlog<Int>()
            var expected: [Int] = []
            var copies: [(Backlog<Int>, [Int])] = []
            for number in 0..<random.below(900) {
                switch random.below(40) {
                case 0:
                    let surplus = random.below(expected.count + 1)
                    log.removeFirst(surplus)
                    expected.removeFirst(surplus)
                case 1:
                    let place = expected.count - random.below(min(expected.count, 90) + 1)
                    log.insert(-number, at: place)
                    expected.insert(-number, at: place)
                case 2: copies.append((log, expected))
                default:
                    log.append(number)
                    expected.append(number)
                }
            }
            copies.append((log, expected))
            for (copy, expected) in copies {
                #expect(Array(copy) == expected)
                #expect(copy.count == expected.count && copy.indices.map { copy[$0] } == expected)
                #expect(Array(copy.suffix(7)) == expected.suffix(7) && copy.last == expected.last)
            }
        }
    }
}
