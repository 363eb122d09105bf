// Pods as they were written for the last large list, so that the next one need not write again those that are as they were.

import Foundation

/// The texts of pods by what they are: the revision of the pod, which no other state of any object has.
///
/// It holds those of one list, no more than ``capacity``. Lists are written on several threads: each takes what is known when it begins
/// and leaves what it wrote.
final class PodTexts: @unchecked Sendable {
    struct Key: Hashable {
        var revision: Int
        var showsToken: Bool
    }
    /// Shorter lists are written faster than they are looked up.
    static let fewest = 1000
    /// In bytes; a longer list is not kept.
    private static let capacity = 64 << 20

    // Both under the lock.
    private let lock = NSLock()
    private var texts: [Key: [UInt8]] = [:]
    private var returns = 0

    var known: [Key: [UInt8]] {
        lock.lock()
        defer { lock.unlock() }
        return texts
    }

    /// Takes the texts of a list in place of those of the one before, unless time went back since.
    func keep(_ texts: [Key: [UInt8]], size: Int, at returns: Int) {
        if size > Self.capacity { return }
        lock.lock()
        defer { lock.unlock() }
        if returns == self.returns { self.texts = texts }
    }

    /// Forgets all: revisions mean something else after going back.
    func clear(at returns: Int) {
        lock.lock()
        defer { lock.unlock() }
        if returns != self.returns { (texts, self.returns) = ([:], returns) }
    }
}
