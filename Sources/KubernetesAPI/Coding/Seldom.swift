// Fields that few of very many objects have, kept out of line.

/// Fields of which most objects have none. Made without arguments, none is set.
public protocol SeldomSet: Equatable, Sendable { init() }

/// Fields that are seldom set: a word as long as none is, and one block for all of them else.
///
/// Writing one copies all: for what changes a few times in the life of an object. Subscripts are always inlined: only then does the
/// optimizer see which field a key path means, and does without it.
@dynamicMemberLookup
public struct Seldom<Fields: SeldomSet>: Equatable, Sendable {
    @usableFromInline
    final class Box: Sendable {
        @usableFromInline let fields: Fields
        @usableFromInline init(_ fields: Fields) { self.fields = fields }
    }
    /// Nil: none is set.
    @usableFromInline var box: Box?

    public init() {}
    /// All of them as one value.
    @inlinable public var fields: Fields {
        get { box?.fields ?? Fields() }
        set { box = newValue == Fields() ? nil : Box(newValue) }
    }
    @inlinable @inline(__always) public subscript<Member>(dynamicMember path: WritableKeyPath<Fields, Member>) -> Member {
        get { box?.fields[keyPath: path] ?? Fields()[keyPath: path] }
        set {
            var fields = fields
            fields[keyPath: path] = newValue
            self.fields = fields
        }
    }
    @inlinable @inline(__always) public subscript<Member: Equatable>(dynamicMember path: WritableKeyPath<Fields, Member>) -> Member {
        get { box?.fields[keyPath: path] ?? Fields()[keyPath: path] }
        set {
            if self[dynamicMember: path] == newValue { return }
            var fields = fields
            fields[keyPath: path] = newValue
            self.fields = fields
        }
    }
    @inlinable public static func == (a: Seldom, b: Seldom) -> Bool { a.box === b.box || a.fields == b.fields }
}
