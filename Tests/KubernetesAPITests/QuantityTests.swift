import KubernetesAPI
import Testing

struct QuantityTests {
    @Test(arguments: [
        ("0", "0"), ("0Gi", "0"), ("1", "1"), ("+1", "1"), ("-5m", "-5m"), (".5", "500m"), ("5.", "5"),
        ("0.5", "500m"),
        ("250m", "250m"), ("1000m", "1"), ("1500m", "1500m"), ("1000", "1k"), ("1500", "1500"),
        ("2048", "2048"),
        ("1000000", "1M"), ("1024Ki", "1Mi"), ("1.5Gi", "1536Mi"), ("512Mi", "512Mi"), ("1000Mi", "1000Mi"),
        ("0.001Ki", "1024m"), ("1E", "1E"), ("1e3", "1e3"), ("1E3", "1e3"), ("1e4", "10e3"), ("12e6", "12e6"),
        ("1e-3", "1e-3"), ("100n", "100n"), ("1000n", "1u"), ("0.1n", "1n"), ("3Ei", "3Ei"), ("2T", "2T"),
    ])
    func `a quantity is printed in its canonical form`(text: String, canonical: String) {
        #expect(Quantity(text)?.description == canonical)
    }

    @Test(arguments: [
        "", " 1", "1 ", "1x", "12x", "1K", "1ki", "1Kb", "1..2", "1.2.3", "--1", "e3", "m", "Mi", "1e", "0x1",
    ])
    func `what is no quantity is not read`(text: String) { #expect(Quantity(text) == nil) }

    @Test(arguments: [
        ("1", "1000m"), ("1Gi", "1024Mi"), ("1.5", "1500m"), ("1k", "1e3"), ("0", "0Ki"),
        ("1Gi", "1073741824"),
    ])
    func `equal amounts are equal however they are written`(a: String, b: String) throws {
        let (x, y) = (try #require(Quantity(a)), try #require(Quantity(b)))
        #expect(x == y)
        #expect(x.hashValue == y.hashValue)
    }

    @Test func `amounts are ordered by size, not by text`() {
        let rising = ["-1", "0", "1n", "1m", "999m", "1", "1k", "1Ki", "1M", "1Mi", "1G", "1Gi", "1E", "1Ei"]
        let quantities = rising.map { Quantity($0)! }
        #expect(quantities.shuffled().sorted().map(\.description) == rising)
    }

    @Test(arguments: [
        ("1", 1, 1000), ("1m", 1, 1), ("1500m", 2, 1500), ("100u", 1, 1), ("-1500m", -1, -1500),
        ("2Ki", 2048, 2_048_000),
    ])
    func `whole units and thousandths are rounded up`(text: String, value: Int64, milli: Int64) {
        #expect(Quantity(text)?.value == value)
        #expect(Quantity(text)?.milliValue == milli)
    }

    @Test func `sums are exact and keep the form of the first`() {
        #expect((Quantity("100m")! + Quantity("900m")!).description == "1")
        #expect((Quantity("1Gi")! + Quantity("512Mi")!).description == "1536Mi")
        #expect((Quantity("1Gi")! - Quantity("1Gi")!) == .zero)
        var sum = Quantity.zero
        for _ in 0..<10 { sum = sum + Quantity("0.1")! }
        #expect(sum.description == "1")
    }
}
