// A server that goes on without its terminal.

#if Network
    import Foundation

    /// The one server in the background that a user may have. Who it is, a lock on a file tells, which ends with its process.
    enum BackgroundServer {
        private static func lockFile(_ folder: RuntimeFolder) -> String { "\(folder.path)/serve.lock" }
        private static func log(_ folder: RuntimeFolder) -> String { "\(folder.path)/serve.log" }

        /// A path as a shell reads it.
        static func quoted(_ path: String) -> String {
            path.allSatisfy { $0.isLetter || $0.isNumber || "/-._".contains($0) } ? path : "'\(path.replacing("'", with: #"'\''"#))'"
        }

        private static func wholeFile() -> flock {
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            return lock
        }

        /// The process that has the lock; nil if none has.
        private static func owner(_ folder: RuntimeFolder) -> pid_t? {
            let descriptor = open(lockFile(folder), O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var lock = wholeFile()
            guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0 else { return nil }
            return lock.l_pid
        }

        /// Takes the lock for this process. It is held as long as what is returned is not closed.
        static func claim(_ folder: RuntimeFolder) throws -> Int32 {
            let descriptor = open(lockFile(folder), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw Failure(status: 4, message: "Error: \(lockFile(folder)): \(String(cString: strerror(errno)))\n") }
            var lock = wholeFile()
            guard fcntl(descriptor, F_SETLK, &lock) == 0 else { throw isThere(owner(folder)) }
            return descriptor
        }

        private static func isThere(_ owner: pid_t?) -> Failure {
            .refused(["Error: a server runs in the background\(owner.map { " (process \($0))" } ?? ""); evenkeel serve --stop ends it"])
        }

        /// Starts this program again without a terminal, and prints where its kubeconfig is once it answers.
        static func start(in folder: RuntimeFolder) throws {
            if let owner = owner(folder) { throw isThere(owner) }
            var pipe: [Int32] = [0, 0]
            let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
            guard Foundation.pipe(&pipe) == 0 else { throw Failure.refused(["Error: \(String(cString: strerror(errno)))"]) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO)
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log(folder), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            for end in pipe { posix_spawn_file_actions_addclose(&actions, end) }
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            // A session of its own: what ends the terminal does not end it. The header's constant is no plain number everywhere.
            posix_spawnattr_setflags(&attributes, 0x80)
            defer {
                posix_spawn_file_actions_destroy(&actions)
                posix_spawnattr_destroy(&attributes)
            }
            let words = [program] + CommandLine.arguments.dropFirst().map { $0 == "--background" ? "--detached" : $0 }
            var arguments = words.map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var child: pid_t = 0
            let status = posix_spawn(&child, program, &actions, &attributes, &arguments, environ)
            close(pipe[1])
            guard status == 0 else { throw Failure.refused(["Error: \(program): \(String(cString: strerror(status)))"]) }
            var heard: [UInt8] = []
            var byte: UInt8 = 0
            while read(pipe[0], &byte, 1) == 1, byte != UInt8(ascii: "\n") { heard.append(byte) }
            close(pipe[0])
            let remarks = (try? String(contentsOfFile: log(folder), encoding: .utf8)) ?? ""
            guard byte == UInt8(ascii: "\n"), !heard.isEmpty else {
                var ended: Int32 = 0
                waitpid(child, &ended, 0)
                throw Failure(status: ended & 0x7f == 0 ? ended >> 8 & 0xff : 1, message: remarks)
            }
            Out.error(remarks)
            Out.line("export KUBECONFIG=\(quoted(String(decoding: heard, as: UTF8.self)))")
        }

        /// Leaves the terminal and the pipe to the parent, once the server is ready.
        static func letGo() {
            let nowhere = open("/dev/null", O_RDWR)
            guard nowhere >= 0 else { return }
            for descriptor in [STDIN_FILENO, STDOUT_FILENO] { dup2(nowhere, descriptor) }
            if nowhere > STDERR_FILENO { close(nowhere) }
            _ = chdir("/")
        }

        /// Ends the server in the background and waits until it has gone.
        static func stop(in folder: RuntimeFolder) throws {
            guard let owner = owner(folder) else { throw Failure.refused(["Error: no server runs in the background"]) }
            guard kill(owner, SIGTERM) == 0 else { throw Failure.refused(["Error: process \(owner): \(String(cString: strerror(errno)))"]) }
            for _ in 0..<100 {
                if self.owner(folder) != owner { return Out.error("Stopped.\n") }
                usleep(100_000)
            }
            throw Failure.refused(["Error: process \(owner) does not end"])
        }
    }
#endif
