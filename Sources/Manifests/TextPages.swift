// Files that are larger than what should be in memory of them: plain ones as the system shows them, and packed ones bit by bit.

import CZlib
import Foundation

/// A text that is read from its beginning to its end, perhaps twice. Little of it needs to be in memory at a time.
class TextPages {
    /// What is there so far: the beginning of the text, of which what was let go of must not be looked at.
    var bytes: UnsafeBufferPointer<UInt8>
    /// Whether what follows cannot be read.
    fileprivate(set) var isBroken = false
    /// How long the text is; nil: that is known at its end.
    var size: Int? { bytes.count }
    /// Told how far the text was looked through.
    var passed: (Int) -> Void = { _ in }

    /// A text that is all there, for as long as the bytes live.
    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Adds `count` bytes that follow, or what is left; false if nothing is.
    func grow(by count: Int) -> Bool { false }
    /// Lets go of what is before `place`, in large steps.
    func release(before place: Int) {}
    /// Back to the beginning: what was let go of comes again.
    func rewind() {}

    /// All of it.
    func whole() -> UnsafeBufferPointer<UInt8> {
        rewind()
        while grow(by: 1 << 26) {}
        return bytes
    }

    fileprivate static let step = 1 << 26
}

/// A plain file as the system shows it in memory.
final class MappedFile: TextPages {
    private let start: UnsafeMutableRawPointer
    private let count: Int
    private var released = 0

    /// Nil for what is no plain file, or is empty.
    init?(_ descriptor: Int32) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size > 0 else { return nil }
        let count = Int(facts.st_size)
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else { return nil }
        (self.start, self.count) = (start, count)
        super.init(UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count))
    }
    deinit { munmap(start, count) }

    // The system reads it again if somebody asks.
    override func release(before place: Int) {
        let end = place / Self.step * Self.step
        guard end > released else { return }
        madvise(start + released, end - released, MADV_DONTNEED)
        released = end
    }
    override func rewind() { released = 0 }
}

/// What gzip data hold, unpacked as far as it was asked for.
final class UnpackedText: TextPages {
    override var size: Int? { nil }
    private let packed: UnsafeBufferPointer<UInt8>
    private let start: UnsafeMutableRawPointer
    /// How much of the address space is set aside. An unpacked file of more is none that anybody meant.
    private let capacity: Int
    private var stream: OpaquePointer?
    private var released = 0

    static func isPacked(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// - Parameter packed: must live as long. Nil if there is no memory.
    init?(packed: UnsafeBufferPointer<UInt8>) {
        var capacity = 8 << 30
        var found: UnsafeMutableRawPointer?
        while found == nil, capacity >= 1 << 20 {
            let start = mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            if start == MAP_FAILED { capacity /= 2 } else { found = start }
        }
        guard let start = found else { return nil }
        (self.packed, self.start, self.capacity) = (packed, start, capacity)
        super.init(UnsafeBufferPointer(start: UnsafePointer(start.assumingMemoryBound(to: UInt8.self)), count: 0))
    }
    deinit {
        evk_gunzip_free(stream)
        munmap(start, capacity)
    }

    override func grow(by count: Int) -> Bool {
        if isBroken { return false }
        if stream == nil { stream = evk_gunzip_new(packed.baseAddress, packed.count) }
        let used = bytes.count
        let place = start.assumingMemoryBound(to: UInt8.self)
        // One byte more than there is room for would be too many.
        let added = stream.map { evk_gunzip_next($0, place + used, min(count, capacity - used)) } ?? -1
        isBroken = added < 0 || used + added == capacity
        bytes = UnsafeBufferPointer(start: UnsafePointer(place), count: used + max(0, added))
        return added > 0
    }
    override func release(before place: Int) {
        let end = place / Self.step * Self.step
        guard end > released else { return }
        madvise(start + released, end - released, MADV_DONTNEED)
        released = end
    }
    override func rewind() {
        // What is all there needs not be unpacked again.
        guard released > 0 else { return }
        evk_gunzip_free(stream)
        (stream, released, isBroken) = (nil, 0, false)
        bytes = UnsafeBufferPointer(start: bytes.baseAddress, count: 0)
    }
}
