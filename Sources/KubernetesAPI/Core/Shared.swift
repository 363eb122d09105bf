// A value behind one reference: for what many share, and for what is large and seldom asked for.

/// A part that many objects share: copying it costs one retain, and changing a copy does not change the others.
///
/// Two shared parts with the same ``identity`` are the same without a look at their content: pods made from one template share their
/// `PodSpec`, so work is done once per template.
///
/// As a property wrapper it keeps a large value out of line, in types that are copied as a whole: a struct is copied and destroyed by code as
/// long as all its fields, which the compiler makes again for each type that holds it.
///
/// ```swift
/// @Shared var simulation: Simulation
/// ```
@propertyWrapper @dynamicMemberLookup
public struct Shared<Value: Sendable>: Sendable {
    @usableFromInline
    final class Box: @unchecked Sendable {  // written only while uniquely referenced
        // Reached through a Shared alone, a value, of which the compiler knows that accesses do not overlap.
        @exclusivity(unchecked) @usableFromInline var value: Value
        @inlinable init(_ value: Value) { self.value = value }
    }
    @usableFromInline var box: Box

    @inlinable public init(_ value: Value) { box = Box(value) }
    @inlinable public init(wrappedValue: Value) { box = Box(wrappedValue) }

    /// The content.
    // Never by `_read`: of large values that were lent, the optimizer of Swift 6.3 destroyed the original in place of a copy.
    @inlinable public var value: Value {
        get { box.value }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
            yield &box.value
        }
    }
    @inlinable public var wrappedValue: Value {
        get { box.value }
        _modify { yield &value }
    }
    @inlinable public subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { box.value[keyPath: path] }
        _modify {
            if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
            yield &box.value[keyPath: path]
        }
    }
    @inlinable public subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member {
        box.value[keyPath: path]
    }
    /// The same for copies that were not changed since; valid while one of them lives.
    @inlinable public var identity: ObjectIdentifier { ObjectIdentifier(box) }
}

extension Shared: Equatable where Value: Equatable {
    @inlinable public static func == (a: Shared, b: Shared) -> Bool { a.box === b.box || a.box.value == b.box.value }
}
