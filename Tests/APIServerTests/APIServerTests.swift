// A first test of the module.
import Testing

@testable import APIServer

@Suite struct APIServerTests {
    @Test("placeholder") func placeholder() { #expect(Bool(true)) }
}
