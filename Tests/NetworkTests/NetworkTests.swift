// A first test of the module.
import Testing

@testable import Network

@Suite struct NetworkTests {
    @Test("placeholder") func placeholder() { #expect(Bool(true)) }
}
