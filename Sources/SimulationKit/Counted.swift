/// `1 pod`, `2 pods`: a number with the word for that many.
///
/// - Parameters:
///   - one: the word after 1.
///   - many: the word after any other number; default `one` with an s.
public func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String { "\(count) \(count == 1 ? one : many ?? one + "s")" }
