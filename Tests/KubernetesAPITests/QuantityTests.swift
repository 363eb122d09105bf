// Quantities: notation, rounding, order.

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

    @Test(
        arguments: [
            ("8Ei", "9223372036854775807", Int64.max), ("90Pi", "90Pi", 90 << 50), ("1e18", "1e18", 1_000_000_000_000_000_000),
            ("1E400", "9223372036854775807", .max), ("-1E400", "-9223372036854775807", -.max), ("1e-400", "1e-9", 1),
            ("-0", "0", 0), ("-0.0Ki", "0", 0), ("0e999999999999", "0", 0), ("123456789012345678901234567890", "9223372036854775807", .max),
            ("000000000000000000000000000000000000000000000012", "12", 12), ("0.00000000000000000000000000000000000000000000001", "1n", 1),
            ("1.00000000000000000000000000000000000000000001", "1000000001n", 2), ("9223372036854775807", "9223372036854775807", .max),
            ("12345678901234567890n", "12345678901234567890n", 12_345_678_902), ("1.5Ei", "1536Pi", 3 << 59), ("7Ei", "7Ei", 7 << 60),
            ("0.5Ki", "512", 512), ("1000Ki", "1000Ki", 1_024_000), ("1e-3", "1e-3", 1),
        ] as [(String, String, Int64)])
    func `amounts of any length are read and stay within 64 bits of whole units`(text: String, canonical: String, value: Int64) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.description == canonical)
        #expect(quantity.value == value)
        for other in [quantity, Quantity(nano: .max), Quantity(nano: .min), .zero] {
            for result in [quantity + other, quantity - other, other - quantity, quantity * .max, quantity * .min] {
                #expect(abs(result.nano) <= Quantity.most)
            }
        }
        _ = (quantity.milliValue, Resources(["cpu": quantity]) + Resources(["cpu": quantity]))
    }

    @Test func `shares of amounts are exact at any size`() {
        #expect(Quantity(10).scaled(by: 1, over: 3) == Quantity("3.333333333"))
        #expect(Quantity(nano: .max).scaled(by: 3, over: 3) == Quantity(nano: .max))
        #expect(Quantity(nano: .max).scaled(by: Quantity.most, over: 1) == Quantity(nano: .max))
        #expect(Quantity(nano: .max).scaled(by: -1, over: 0) == Quantity(nano: .min))
        #expect(Quantity(-6).scaled(by: 2, over: -4) == Quantity(3))
    }
}
