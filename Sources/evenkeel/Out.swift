import Foundation

/// Standard output and standard error of all subcommands: nothing that is lost goes unsaid.
///
/// Output is gathered into large blocks. What cannot be written ends the program at once, with one message and status 4;
/// a reader that has gone (`| head -1`) ends it quietly, as with other tools.
enum Out {
    /// The status where output was lost.
    static let lost: Int32 = 4
    /// One thread uses this.
    nonisolated(unsafe) private static var waiting: [UInt8] = []
    nonisolated(unsafe) private static var errorsAreLost = false

    /// Descriptors that the caller closed are made unusable instead of free: a file opened later would take their number
    /// and get our messages.
    static func claimDescriptors() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    static func line(_ text: String) { self.text(text + "\n") }

    static func text(_ text: String) {
        waiting += text.utf8
        if waiting.count > 1 << 16 { flush() }
    }

    /// Writes what was gathered.
    static func flush() {
        if waiting.isEmpty { return }
        let failure = write(waiting, to: STDOUT_FILENO)
        waiting.removeAll(keepingCapacity: true)
        if let failure { fail(failure) }
    }

    /// Writes to standard error at once. If it is lost, the status tells.
    static func error(_ text: String) {
        if write(Array(text.utf8), to: STDERR_FILENO) != nil { errorsAreLost = true }
    }

    /// Ends the program, after all output is where it belongs.
    static func end(_ status: Int32) -> Never {
        flush()
        exit(status == 0 && errorsAreLost ? lost : status)
    }

    private static func fail(_ failure: Int32) -> Never {
        if failure == EPIPE { exit(128 + SIGPIPE) }
        error("Error: standard output: \(String(cString: strerror(failure)))\n")
        exit(lost)
    }

    /// Returns what was wrong, as `errno` has it; nil if all was written.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if count > 0 {
                done += count
            } else if count < 0, errno == EAGAIN {
                // Somebody made it so that it does not wait; we do.
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            } else if count == 0 || errno != EINTR {
                return count == 0 ? EIO : errno
            }
        }
        return nil
    }
}

/// Standard input as a whole; what cannot be read is bad input.
enum StandardInput {
    static func read() -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(STDIN_FILENO, &block, block.count)
            if count > 0 {
                bytes += block[..<count]
            } else if count == 0 {
                return bytes
            } else if errno != EINTR {
                Out.error("Error: standard input: \(String(cString: strerror(errno)))\n")
                Out.end(3)
            }
        }
    }
}
