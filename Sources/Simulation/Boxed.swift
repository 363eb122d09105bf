// Large values that are seldom asked for, in types that many others hold: kept out of line.

/// A value behind one reference, copied when it is written while somebody else holds it too.
///
/// A struct is copied and destroyed by code as long as all its fields, which the compiler makes again for each type that holds it: mostly
/// of simulations, that was half of this module's code. A copy of the box is one reference, however large the value.
struct Boxed<Value: Sendable>: Sendable {
    private final class Storage: @unchecked Sendable {  // written only while uniquely referenced
        let place = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        init(_ value: Value) { place.initialize(to: value) }
        deinit {
            place.deinitialize(count: 1)
            place.deallocate()
        }
    }
    private var storage: Storage

    init(_ value: Value) { storage = Storage(value) }

    /// Where the value is, to be read. Handed over as a whole it is copied, so this is for what is read a field at a time.
    // Addresses rather than values that are lent (`_read`): of those, when they are large, the optimizer of Swift 6.3 destroyed the
    // original in place of the copy.
    var place: UnsafePointer<Value> { UnsafePointer(storage.place) }
    /// Where the value is, to be written; a copy if others hold it too.
    /// - Complexity: O(1); for the first write after a copy, O(fields of the value).
    var ownPlace: UnsafeMutablePointer<Value> {
        mutating get {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.place.pointee) }
            return storage.place
        }
    }
}
