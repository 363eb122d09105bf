// Ages as kubectl prints them.

import Printers
import SimulationKit
import Testing

struct AgeTests {
    @Test(arguments: [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (11, "11s"), (119, "119s"), (120, "2m"), (199, "3m19s"),
        (600, "10m"), (1330, "22m"), (10_799, "179m"), (10_800, "3h"), (18_120, "5h2m"), (28_800, "8h"),
        (172_799, "47h"), (172_800, "2d"), (273_600, "3d4h"), (691_200, "8d"), (63_071_999, "729d"),
        (63_072_000, "2y"), (64_368_000, "2y15d"), (252_288_000, "8y"),
    ])
    func `ages are told as kubectl does`(_ seconds: Int, _ text: String) {
        let start = Instant.start
        #expect(Printers.ageText(from: start, to: start + .seconds(seconds)) == text)
    }

    @Test func `times count from the start of their second`() {
        #expect(Printers.ageText(from: .start + .milliseconds(900), to: .start + .milliseconds(1100)) == "1s")
        #expect(Printers.ageText(from: nil, to: .start) == "<unknown>")
    }
}
