public import HeapModule

/// A queue of events ordered by due time; equal times come out in the order they went in.
///
/// A heap is not stable, hence the insertion number. A value: a copy is a fork.
///
/// ```swift
/// var queue = EventQueue<String>()
/// queue.schedule("b", at: .start + .seconds(2))
/// queue.schedule("a", at: .start + .seconds(1))
/// queue.popDue(by: .start + .seconds(1))  // (1 s, "a")
/// ```
public struct EventQueue<Event: Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable, Comparable {
        @usableFromInline var due: Instant
        @usableFromInline var number: UInt64
        @usableFromInline var event: Event
        @inlinable init(due: Instant, number: UInt64, event: Event) {
            self.due = due
            self.number = number
            self.event = event
        }
        @inlinable static func < (a: Entry, b: Entry) -> Bool {
            a.due != b.due ? a.due < b.due : a.number < b.number
        }
        @inlinable static func == (a: Entry, b: Entry) -> Bool { a.number == b.number }
    }

    @usableFromInline var heap = Heap<Entry>()
    @usableFromInline var inserted: UInt64 = 0

    /// An empty queue.
    public init() {}

    /// How many events wait.
    @inlinable public var count: Int { heap.count }
    /// When the first event is due; nil if none waits.
    @inlinable public var nextDue: Instant? { heap.min?.due }

    /// Adds `event`, due at `due`. O(log n).
    @inlinable public mutating func schedule(_ event: Event, at due: Instant) {
        heap.insert(Entry(due: due, number: inserted, event: event))
        inserted += 1
    }

    /// The earliest event due by `limit`, removed; nil if none is. O(log n).
    @inlinable public mutating func popDue(by limit: Instant) -> (due: Instant, event: Event)? {
        guard let first = heap.min, first.due <= limit else { return nil }
        heap.removeMin()
        return (first.due, first.event)
    }

    /// Removes the events for which `isGone` is true; the others keep their order. O(n log n).
    @inlinable public mutating func removeAll(where isGone: (Event) -> Bool) {
        heap = Heap(heap.unordered.filter { !isGone($0.event) })
    }
}
