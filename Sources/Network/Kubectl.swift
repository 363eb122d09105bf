// The user's own kubectl: asked questions in the foreground, and as a proxy that lets through nothing but reading.

#if Network
    import Glibc
    import Synchronization

    /// A kubectl with the flags that name a cluster.
    public struct Kubectl: Sendable {
        /// Its path, or a name that is looked up in PATH.
        public let program: String
        /// `--context` and `--kubeconfig`, as far as they were given.
        public let flags: [String]

        public init(program: String = "kubectl", context: String?, kubeconfig: String?) {
            self.program = program
            flags = (context.map { ["--context", $0] } ?? []) + (kubeconfig.map { ["--kubeconfig", $0] } ?? [])
        }

        /// Why it could not be started.
        public struct Problem: Error, CustomStringConvertible {
            public var description: String
        }

        /// Runs it with our terminal, so that plugins may ask questions, and gathers what it prints.
        public func ask(_ arguments: [String]) throws(Problem) -> (status: Int32, output: [UInt8]) {
            let pipe = try Self.pipe()
            defer { close(pipe.read) }
            let child: pid_t
            do throws(Problem) {
                child = try Self.spawn([program] + flags + arguments, descriptors: [(pipe.write, STDOUT_FILENO)])
            } catch {
                close(pipe.write)
                throw error
            }
            close(pipe.write)
            let output = Self.readAll(pipe.read)
            return (Self.wait(for: child), output)
        }

        /// What is refused by the proxy itself: everything that changes something, talks with containers, or is secret.
        static let rejectedMethods = "POST,PUT,PATCH,DELETE"
        static let rejectedPaths =
            #"^/api/.*/pods/.*/(exec|attach|portforward|proxy).*,^/api/.*/secrets.*,^/api/.*/nodes/.*/proxy.*,^/api/.*/services/.*/proxy.*"#

        func proxy(socket: String) -> [String] {
            [program] + flags + ["proxy", "--unix-socket=\(socket)", "--reject-methods=\(Self.rejectedMethods)", "--reject-paths=\(Self.rejectedPaths)"]
        }

        // MARK: Processes

        /// A pipe that no other program gets.
        static func pipe() throws(Problem) -> (read: Int32, write: Int32) {
            var ends: [Int32] = [-1, -1]
            guard Glibc.pipe(&ends) == 0 else { throw Problem(description: String(cString: strerror(errno))) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }

        /// Starts a program with default signals; `descriptors` are given to it under other numbers.
        static func spawn(_ words: [String], descriptors: [(from: Int32, to: Int32)], ownGroup: Bool = false) throws(Problem) -> pid_t {
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawnattr_init(&attributes)
            defer {
                posix_spawn_file_actions_destroy(&actions)
                posix_spawnattr_destroy(&attributes)
            }
            for (from, to) in descriptors { posix_spawn_file_actions_adddup2(&actions, from, to) }
            // Our mask and what we ignore must not be inherited.
            var none = sigset_t()
            var all = sigset_t()
            sigemptyset(&none)
            sigfillset(&all)
            posix_spawnattr_setsigmask(&attributes, &none)
            posix_spawnattr_setsigdefault(&attributes, &all)
            if ownGroup { posix_spawnattr_setpgroup(&attributes, 0) }
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0)))
            var arguments = words.map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var child: pid_t = 0
            let status = posix_spawnp(&child, words[0], &actions, &attributes, &arguments, environ)
            guard status == 0 else { throw Problem(description: "\(words[0]): \(String(cString: strerror(status)))") }
            return child
        }

        static func readAll(_ descriptor: Int32) -> [UInt8] {
            var bytes: [UInt8] = []
            var part = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &part, part.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return bytes }
                bytes += part[..<count]
            }
        }

        /// The exit status; 128 + n if signal n ended it.
        static func wait(for child: pid_t) -> Int32 {
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0 { if errno != EINTR { return 127 } }
            return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        }
    }

    /// `kubectl proxy` on a socket in a folder of the user's alone, of mode 0700; it ends with us, whatever ends us.
    public final class KubectlProxy: Sendable {
        private struct State {
            var child: pid_t = 0
            /// The end of the pipe that keeps it alive.
            var lifeline: Int32 = -1
            /// What it said when it ended.
            var remarks: Int32 = -1
            var hasEnded = false
        }
        private let kubectl: Kubectl
        private let folder: String
        public var socket: String { folder + "/api.sock" }
        private let state = Mutex(State())

        /// A shell waits beside it: when our end of the pipe is closed, by whatever ends us, the proxy ends and its folder goes.
        private static let keeper = #"""
            d=$1; shift; "$@" </dev/null 3<&- & p=$!; exec 2>/dev/null >/dev/null; read -r x <&3; kill "$p"; wait "$p"; rm -f "$d/api.sock"; rmdir "$d"
            """#

        /// - Parameter parent: a folder of the user's alone, in which the socket's is made.
        public init(_ kubectl: Kubectl, in parent: String) throws(Kubectl.Problem) {
            self.kubectl = kubectl
            var name = Array("\(parent)/live.XXXXXX".utf8CString)
            guard mkdtemp(&name) != nil else { throw Kubectl.Problem(description: "\(parent): \(String(cString: strerror(errno)))") }
            folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // The longest name that a socket may have.
            if folder.utf8.count > 96 {
                rmdir(folder)
                throw Kubectl.Problem(description: "\(parent): the path is too long for a socket")
            }
            do throws(Kubectl.Problem) {
                try start()
                try waitUntilReady()
            } catch {
                end()
                throw error
            }
        }

        private func start() throws(Kubectl.Problem) {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Kubectl.Problem(description: "\(folder): \(String(cString: strerror(errno)))") }
            let lifeline = try Kubectl.pipe()
            let remarks: (read: Int32, write: Int32)
            do throws(Kubectl.Problem) {
                remarks = try Kubectl.pipe()
            } catch {
                close(lifeline.read)
                close(lifeline.write)
                throw error
            }
            _ = fcntl(remarks.read, F_SETFL, O_NONBLOCK)
            let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer {
                close(lifeline.read)
                close(remarks.write)
                close(nowhere)
            }
            do throws(Kubectl.Problem) {
                // The socket is the user's alone from its first moment, as its folder is.
                let child = try Kubectl.spawn(
                    ["/bin/sh", "-c", Self.keeper, "evenkeel", folder] + kubectl.proxy(socket: socket),
                    descriptors: [(nowhere, STDIN_FILENO), (nowhere, STDOUT_FILENO), (remarks.write, STDERR_FILENO), (lifeline.read, 3)], ownGroup: true)
                state.withLock { $0 = State(child: child, lifeline: lifeline.write, remarks: remarks.read) }
            } catch {
                close(lifeline.write)
                close(remarks.read)
                throw error
            }
        }

        /// What it said on its standard error; nil while it runs and is silent.
        private func said(_ state: inout State) -> String? {
            var part = [UInt8](repeating: 0, count: 4096)
            let count = read(state.remarks, &part, part.count)
            if count > 0 { return String(decoding: part[..<count], as: UTF8.self) }
            // Nobody has the other end any more: it has ended.
            if count == 0 { state.hasEnded = true }
            return nil
        }

        private func waitUntilReady() throws(Kubectl.Problem) {
            var text = ""
            for _ in 0..<2000 {
                if access(socket, F_OK) == 0 { return }
                let (more, hasEnded) = state.withLock { state in (said(&state), state.hasEnded) }
                text += more ?? ""
                if hasEnded { throw Kubectl.Problem(description: "kubectl proxy ended: \(Self.brief(text))") }
                usleep(5000)
            }
            throw Kubectl.Problem(description: "kubectl proxy does not listen: \(Self.brief(text))")
        }

        private static func brief(_ text: String) -> String {
            text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "it gave no reason"
        }

        /// Starts it again if it has ended.
        public func revive() {
            let hasEnded = state.withLock { state in
                while said(&state) != nil {}
                return state.hasEnded
            }
            guard hasEnded else { return }
            stop()
            // Should it not start, it is tried again when it is missed next.
            try? start()
        }

        private func stop() {
            let old = state.withLock { state in
                defer { state = State(hasEnded: true) }
                return state
            }
            guard old.child > 0 else { return }
            close(old.lifeline)
            close(old.remarks)
            _ = Kubectl.wait(for: old.child)
        }

        /// Ends it, and takes its folder away.
        public func end() { stop() }
    }
#endif
