// A program in a terminal of its own, as the suite drives it: keys go in, bytes come out, nothing draws them.

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A child process on a pseudo-terminal.
final class PseudoTerminal {
    // Linux's <asm/ioctls.h> and glibc's <spawn.h>, where Swift does not read them: TIOCSPTLCK, TIOCGPTN, POSIX_SPAWN_SETSID.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let newSession: Int16 = 0x80
    private let handle: Int32
    private let process: pid_t
    /// How many bytes it wrote so far.
    private(set) var written = 0

    /// Starts `path` with `arguments` on a terminal of `columns` × `rows`; nil if the system refuses.
    init?(_ path: String, _ arguments: [String], columns: UInt16 = 120, rows: UInt16 = 36) {
        handle = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number) = (Int32(0), UInt32(0))
        guard handle >= 0, ioctl(handle, Self.setLock, &lock) == 0, ioctl(handle, Self.getNumber, &number) == 0 else { return nil }
        let name = "/dev/pts/\(number)"
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(handle, UInt(TIOCSWINSZ), &size)
        _ = fcntl(handle, F_SETFL, O_NONBLOCK)
        _ = fcntl(handle, F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A leader of a session gets the first terminal that it opens.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        let environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"]) { $1 }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var values = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + values { free(text) } }
        var child = pid_t()
        guard posix_spawn(&child, path, &actions, &attributes, &words, &values) == 0 else { return nil }
        process = child
    }

    deinit {
        kill(process, SIGTERM)
        let end = seconds(on: CLOCK_MONOTONIC) + 2
        while waitpid(process, nil, WNOHANG) == 0 {
            drain(seconds: 0.05)
            if seconds(on: CLOCK_MONOTONIC) > end { kill(process, SIGKILL) }
        }
        close(handle)
    }

    /// Types `text`.
    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(handle, bytes, bytes.count)
    }

    /// What came since the last call, after waiting for at most `seconds`; empty if nothing did.
    private func read(within limit: Double) -> [UInt8] {
        var poll = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(max(0, limit * 1000).rounded(.up))) > 0 else { return [] }
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(handle, &block, block.count)
        guard count > 0 else { return [] }
        written += count
        return Array(block[..<count])
    }

    /// Reads what comes within `seconds`, and returns how many bytes that were.
    @discardableResult
    func drain(seconds length: Double) -> Int {
        let before = written
        let end = seconds(on: CLOCK_MONOTONIC) + length
        while case let left = end - seconds(on: CLOCK_MONOTONIC), left > 0 { _ = read(within: left) }
        return written - before
    }

    /// How long each picture stood still that was followed by another within `seconds`, in milliseconds, rising. What is written in parts
    /// within 5 ms is one picture.
    func pauses(seconds length: Double) -> [Double] {
        var last = seconds(on: CLOCK_MONOTONIC)
        let end = last + length
        var pauses: [Double] = []
        while case let now = seconds(on: CLOCK_MONOTONIC), now < end {
            if read(within: end - now).isEmpty { continue }
            let time = seconds(on: CLOCK_MONOTONIC)
            if time - last > 0.005 { pauses.append((time - last) * 1000) }
            last = time
        }
        return pauses.sorted()
    }

    /// Waits until `sign` was written; returns after how many seconds, nil if it was not within `limit`.
    func wait(for sign: String, limit: Double) -> Double? {
        let wanted = Array(sign.utf8)
        let begin = seconds(on: CLOCK_MONOTONIC)
        var tail: [UInt8] = []
        while case let spent = seconds(on: CLOCK_MONOTONIC) - begin, spent < limit {
            tail += read(within: limit - spent)
            if tail.count >= wanted.count, tail.indices.dropLast(wanted.count - 1).contains(where: { tail[$0..<$0 + wanted.count].elementsEqual(wanted) }) {
                return seconds(on: CLOCK_MONOTONIC) - begin
            }
            // The sign may be cut in two.
            tail = tail.suffix(wanted.count - 1)
        }
        return nil
    }

    /// Seconds of the processor that it took so far.
    var processorTime: Double {
        let stat = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
