// The programs of the simulated image that are about files and texts.

import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// Programs that the image has, in order.
    static let programs = [
        "[", "cat", "curl", "date", "df", "echo", "env", "false", "free", "getent", "grep", "head", "hostname", "id", "kill", "ls", "mkdir", "mount", "nproc",
        "nslookup", "printenv", "printf", "ps", "pwd", "rm", "sh", "sleep", "sort", "tail", "tar", "test", "top", "touch", "tr", "true", "uname", "uptime",
        "wc", "wget",
        "which", "whoami",
    ]

    /// Runs one command. What it does not know it says, with exit code 127.
    /// - Parameter piped: what is on its standard input; nil: what the session has there.
    mutating func perform(_ words: [String], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let (path, arguments) = (words[0], Array(words.dropFirst()))
        let name = ContainerFiles.name(path)
        if path.contains("/"), !path.hasSuffix("bin/\(name)") { return .fail("sh: \(path): not found", 127) }
        switch name {
        case "cd":
            let to = ContainerFiles.absolute(arguments.first ?? "/root", from: directory)
            guard turn.files.node(to)?.isFolder == true else { return .fail("sh: cd: can't cd to \(arguments.first ?? ""): No such file or directory", 2) }
            directory = to
            return Result()
        case "exit", "logout":
            ended = arguments.first.flatMap { Int($0) } ?? lastCode
            return Result(code: ended ?? 0)
        case "break":
            leaving = .loop
            return Result()
        case "continue":
            leaving = .thisRound
            return Result()
        case "export":
            for word in arguments {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                if parts.count == 2 { set(parts[0], parts[1]) }
                exported.insert(parts[0])
            }
            return Result()
        case "read": return read(arguments, piped, &turn)
        case "unset":
            variables.removeAll { arguments.contains($0.name) }
            return Result()
        case "exec": return arguments.isEmpty ? Result() : perform(arguments, piped, &turn)
        case "command", "which", "type":
            let wanted = arguments.filter { !$0.hasPrefix("-") }
            let found = wanted.filter { Self.programs.contains($0) }
            return Result(out: Array(found.map { "/bin/\($0)\n" }.joined().utf8), code: found.count == wanted.count ? 0 : name == "which" ? 1 : 127)
        case "sh": return script(arguments, piped, &turn)
        case "true", ":", "set", "stty", "clear", "reset": return Result()
        case "false": return Result(code: 1)
        case "echo": return echo(arguments)
        case "printf": return printf(arguments)
        case "pwd": return .text(directory + "\n")
        case "env", "printenv": return environment(arguments, turn)
        case "cat", "head", "tail", "wc", "grep", "sort", "tr": return filter(name, arguments, piped, &turn)
        case "ls": return list(arguments, turn)
        case "test", "[": return test(name == "[" ? Array(arguments.dropLast()) : arguments, turn)
        case "mkdir": return makeFolders(arguments, &turn)
        case "touch": return touch(arguments, &turn)
        case "rm": return remove(arguments, &turn)
        case "tar": return tar(arguments, piped, &turn)
        default: return performSystem(name, arguments, &turn) ?? performNetwork(name, arguments, &turn) ?? .fail("sh: \(path): not found", 127)
        }
    }

    /// `sh -c TEXT` inside of a shell; without the text a shell that reads commands takes its place.
    private mutating func script(_ arguments: [String], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        guard arguments.count >= 2, arguments[0] == "-c" else {
            isInteractive = true
            return Result()
        }
        do {
            let list = try ShellSyntax.parse(arguments[1])
            return runApart(list, piped, &turn)
        } catch {
            return .fail("sh: \(error.text)", 2)
        }
    }

    // MARK: Words

    /// `read a b`: a line of what is typed, or of what is piped in, word by word; the last name gets the rest.
    private mutating func read(_ arguments: [String], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        let bytes = piped ?? turn.input
        guard let end = bytes.firstIndex(of: 10) ?? (piped != nil || turn.inputIsOver ? bytes.count : nil) else { return Result(wantsInput: true) }
        if piped == nil { (turn.tookInput, turn.inputLeft) = (true, Array(bytes.dropFirst(end + 1))) }
        if turn.pipe != nil { turn.pipe = Array(bytes.dropFirst(end + 1)) }
        let given = arguments.filter { !$0.hasPrefix("-") }
        let names = given.isEmpty ? ["REPLY"] : given
        var rest = String(decoding: bytes[..<end], as: UTF8.self)[...]
        for (index, name) in names.enumerated() {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            let word = index == names.count - 1 ? rest : rest.prefix { $0 != " " && $0 != "\t" }
            set(name, String(word))
            rest = rest.dropFirst(word.count)
        }
        // The end of input is told by the code.
        return Result(code: end < bytes.count ? 0 : 1)
    }

    private func echo(_ arguments: [String]) -> Result {
        var words = arguments[...]
        var (ends, escapes) = (true, false)
        while let first = words.first, first.hasPrefix("-"), first.count > 1, first.dropFirst().allSatisfy({ "neE".contains($0) }) {
            if first.contains("n") { ends = false }
            if first.contains("e") { escapes = true }
            words.removeFirst()
        }
        let text = words.joined(separator: " ")
        return .text((escapes ? Self.unescaped(text) : text) + (ends ? "\n" : ""))
    }
    private static func unescaped(_ text: String) -> String {
        text.replacing("\\n", with: "\n").replacing("\\t", with: "\t").replacing("\\\\", with: "\\")
    }
    private func printf(_ arguments: [String]) -> Result {
        guard let format = arguments.first else { return .fail("printf: usage: printf FORMAT [ARGUMENT...]") }
        var (text, rest) = ("", arguments.dropFirst())
        let pieces = Self.unescaped(format).replacing("%%", with: "\u{0}").split(separator: "%", omittingEmptySubsequences: false)
        for (index, piece) in pieces.enumerated() {
            if index == 0 { text += piece } else { text += (rest.popFirst() ?? "") + piece.dropFirst() }
        }
        return .text(text.replacing("\u{0}", with: "%"))
    }

    private func environment(_ arguments: [String], _ turn: Turn) -> Result {
        if let name = arguments.first {
            guard let value = variable(name, turn) else { return Result(code: 1) }
            return .text(value + "\n")
        }
        var list = turn.environment
        for name in exported.sorted() {
            guard let value = variable(name, turn) else { continue }
            if let at = list.firstIndex(where: { $0.name == name }) { list[at].value = value } else { list.append((name, value)) }
        }
        return .text(list.map { "\($0.name)=\($0.value)\n" }.joined())
    }

    // MARK: Filters

    /// Programs that read files, or what comes in.
    private mutating func filter(_ name: String, _ arguments: [String], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        var (flags, operands) = ([String](), [String]())
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("-"), word.count > 1 {
                flags.append(word)
                // `-n 5` is two words.
                if ["-n", "-c", "-e"].contains(word), name == "head" || name == "tail", let value = rest.popFirst() { flags.append("=\(value)") }
            } else {
                operands.append(word)
            }
        }
        var pattern = ""
        if name == "grep" || name == "tr" {
            let count = name == "tr" && !flags.contains("-d") ? 2 : 1
            guard operands.count >= count else { return .fail("\(name): missing operand") }
            pattern = operands[..<count].joined(separator: "\n")
            operands.removeFirst(count)
        }
        var (bytes, errors) = ([UInt8](), [UInt8]())
        if operands.isEmpty || operands == ["-"] {
            if let piped {
                bytes = piped
            } else {
                guard turn.inputIsOver else { return Result(wantsInput: true) }
                (bytes, turn.tookInput) = (turn.input, true)
            }
        }
        for operand in operands where operand != "-" {
            let path = ContainerFiles.absolute(operand, from: directory)
            guard let node = turn.files.node(path) else {
                errors += "\(name): \(name == "cat" ? "can't open '\(operand)'" : operand): No such file or directory\n".utf8
                continue
            }
            guard let content = node.bytes else {
                errors += "\(name): \(name == "cat" ? "read error" : operand): Is a directory\n".utf8
                continue
            }
            bytes += content
        }
        var result = apply(name, flags, pattern, bytes)
        result.err = errors + result.err
        if !errors.isEmpty { result.code = max(1, result.code) }
        return result
    }

    private func apply(_ name: String, _ flags: [String], _ pattern: String, _ bytes: [UInt8]) -> Result {
        func has(_ flag: Character) -> Bool { flags.contains { $0.hasPrefix("-") && $0.dropFirst().contains(flag) } }
        /// The number of `-n 5`, `-5` or `-c+7`.
        func number() -> String? {
            if let word = flags.first(where: { $0.hasPrefix("=") }) { return word.filter { $0.isNumber || $0 == "+" } }
            for flag in flags {
                let digits = flag.drop { !$0.isNumber && $0 != "+" }
                if !digits.isEmpty { return String(digits) }
            }
            return nil
        }
        if name == "cat" { return Result(out: bytes) }
        if name == "head" || name == "tail", has("c") {
            let text = number() ?? "10"
            let count = Int(text.filter(\.isNumber)) ?? 10
            // `tail -c +5` is all from the fifth byte on.
            if name == "head" { return Result(out: Array(bytes.prefix(count))) }
            return Result(out: Array(text.hasPrefix("+") ? bytes.dropFirst(max(0, count - 1)) : bytes.suffix(count)))
        }
        let ends = bytes.last == 10
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        if ends || bytes.isEmpty { lines.removeLast() }
        func joined(_ lines: some Sequence<String>) -> Result { .text(lines.map { $0 + "\n" }.joined()) }
        switch name {
        case "head": return joined(lines.prefix(number().flatMap { Int($0) } ?? 10))
        case "tail":
            let text = number() ?? "10"
            let count = Int(text.filter(\.isNumber)) ?? 10
            return joined(text.hasPrefix("+") ? Array(lines.dropFirst(max(0, count - 1))) : Array(lines.suffix(count)))
        case "sort":
            let sorted = has("n") ? lines.sorted { (Int($0.prefix { $0.isNumber }) ?? 0, $0) < (Int($1.prefix { $0.isNumber }) ?? 0, $1) } : lines.sorted()
            return joined(has("r") ? sorted.reversed() : sorted)
        case "wc":
            let wordCount = lines.reduce(0) { $0 + $1.split { $0 == " " || $0 == "\t" }.count }
            let lineCount = bytes.count { $0 == 10 }
            if has("l") { return .text("\(lineCount)\n") }
            if has("w") { return .text("\(wordCount)\n") }
            if has("c") { return .text("\(bytes.count)\n") }
            return .text("\(lineCount) \(wordCount) \(bytes.count)\n")
        case "tr":
            let sets = pattern.split(separator: "\n").map { Array(Self.unescaped(String($0))) }
            let text = String(decoding: bytes, as: UTF8.self)
            if has("d") { return .text(text.filter { !(sets.first ?? []).contains($0) }) }
            guard sets.count == 2, let last = sets[1].last else { return .text(text) }
            return .text(String(text.map { sign in sets[0].firstIndex(of: sign).map { $0 < sets[1].count ? sets[1][$0] : last } ?? sign }))
        default:
            // grep: the pattern is a plain text here.
            let wanted = has("i") ? pattern.lowercased() : pattern
            let found = lines.filter { (has("i") ? $0.lowercased() : $0).contains(wanted) != has("v") }
            var result = has("c") ? Result.text("\(found.count)\n") : has("q") ? Result() : joined(found)
            result.code = found.isEmpty ? 1 : 0
            return result
        }
    }

    // MARK: Files

    private func list(_ arguments: [String], _ turn: Turn) -> Result {
        let flags = Set(arguments.filter { $0.hasPrefix("-") }.flatMap { $0.dropFirst() })
        var operands = arguments.filter { !$0.hasPrefix("-") }
        if operands.isEmpty { operands = ["."] }
        var result = Result()
        func line(_ name: String, _ node: ContainerFiles.Node) -> String {
            guard flags.contains("l") else { return name + "\n" }
            let size = String(node.bytes?.count ?? 4096)
            return
                "\(node.isFolder ? "d" : "-")\(Self.permissions(node.mode))    \(node.isFolder ? 2 : 1) root     root     \(pad(size, 9)) \(Self.listDate(node.time)) \(name)\n"
        }
        for operand in operands {
            let path = ContainerFiles.absolute(operand, from: directory)
            guard let node = turn.files.node(path) else {
                result.err += "ls: \(operand): No such file or directory\n".utf8
                result.code = 1
                continue
            }
            if operands.count > 1, node.isFolder { result.out += "\(result.out.isEmpty ? "" : "\n")\(operand):\n".utf8 }
            if !node.isFolder || flags.contains("d") {
                result.out += line(operand, node).utf8
                continue
            }
            for name in turn.files.list(path) where !name.hasPrefix(".") || flags.contains("a") || flags.contains("A") {
                if let child = turn.files.node(path == "/" ? "/\(name)" : "\(path)/\(name)") { result.out += line(name, child).utf8 }
            }
        }
        return result
    }
    private func pad(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
    private static func permissions(_ mode: Int) -> String {
        var text = ""
        for (place, letter) in "rwxrwxrwx".enumerated() { text.append(mode >> (8 - place) & 1 == 1 ? letter : "-") }
        return text
    }
    private static func listDate(_ time: Instant) -> String {
        let parts = CalendarDate(time)
        return "\(parts.monthName) \(parts.day < 10 ? " " : "")\(parts.day) \(parts.clock.prefix(5))"
    }

    private func test(_ words: [String], _ turn: Turn) -> Result {
        if words.first == "!" {
            let inner = test(Array(words.dropFirst()), turn)
            return inner.code > 1 ? inner : Result(code: 1 - inner.code)
        }
        func answer(_ isTrue: Bool) -> Result { Result(code: isTrue ? 0 : 1) }
        switch words.count {
        case 0: return answer(false)
        case 1: return answer(!words[0].isEmpty)
        case 2:
            let node = turn.files.node(ContainerFiles.absolute(words[1], from: directory))
            switch words[0] {
            case "-d": return answer(node?.isFolder == true)
            case "-f": return answer(node?.isFolder == false)
            case "-e", "-r", "-w", "-x": return answer(node != nil)
            case "-s": return answer(node?.bytes?.isEmpty == false)
            case "-n": return answer(!words[1].isEmpty)
            case "-z": return answer(words[1].isEmpty)
            default: return .fail("sh: \(words[0]): unknown operand", 2)
            }
        default:
            let (a, b) = (words[0], words[2])
            switch words[1] {
            case "=", "==": return answer(a == b)
            case "!=": return answer(a != b)
            default:
                guard let x = Int(a), let y = Int(b) else { return .fail("sh: \(a): bad number", 2) }
                switch words[1] {
                case "-eq": return answer(x == y)
                case "-ne": return answer(x != y)
                case "-lt": return answer(x < y)
                case "-le": return answer(x <= y)
                case "-gt": return answer(x > y)
                case "-ge": return answer(x >= y)
                default: return .fail("sh: \(words[1]): unknown operand", 2)
                }
            }
        }
    }

    private func makeFolders(_ arguments: [String], _ turn: inout Turn) -> Result {
        let withParents = arguments.contains("-p")
        for operand in arguments where !operand.hasPrefix("-") {
            if let problem = makeFolder(ContainerFiles.absolute(operand, from: directory), withParents: withParents, &turn) {
                return .fail("mkdir: can't create directory '\(operand)': \(problem)")
            }
        }
        return Result()
    }
    /// Makes a folder. Returns why it cannot.
    private func makeFolder(_ path: String, withParents: Bool, _ turn: inout Turn) -> String? {
        if let node = turn.files.node(path) { return withParents && node.isFolder ? nil : "File exists" }
        let parent = ContainerFiles.parent(path)
        if withParents, turn.files.node(parent) == nil, let problem = makeFolder(parent, withParents: true, &turn) { return problem }
        return put(.init(.folder, mode: 0o755, time: turn.simulation.now), path, &turn)
    }

    private func touch(_ arguments: [String], _ turn: inout Turn) -> Result {
        for operand in arguments where !operand.hasPrefix("-") {
            let path = ContainerFiles.absolute(operand, from: directory)
            let node = turn.files.node(path)
            if node?.isFolder == true { continue }
            if let problem = write(node?.bytes ?? [], path, mode: node?.mode ?? 0o644, &turn) { return .fail("touch: \(operand): \(problem)") }
        }
        return Result()
    }

    private func remove(_ arguments: [String], _ turn: inout Turn) -> Result {
        let flags = Set(arguments.filter { $0.hasPrefix("-") }.flatMap { $0.dropFirst() })
        for operand in arguments where !operand.hasPrefix("-") {
            let path = ContainerFiles.absolute(operand, from: directory)
            guard let node = turn.files.node(path) else {
                if flags.contains("f") { continue }
                return .fail("rm: can't remove '\(operand)': No such file or directory")
            }
            if node.isFolder, !flags.contains("r"), !flags.contains("R") { return .fail("rm: '\(operand)' is a directory") }
            let all = node.isFolder ? tree(path, turn).map(\.path).reversed() + [path] : [path]
            for path in all {
                if let problem = put(.init(.removed, time: turn.simulation.now), path, &turn) { return .fail("rm: can't remove '\(operand)': \(problem)") }
            }
        }
        return Result()
    }

    /// All below a folder, folders before what is in them.
    private func tree(_ folder: String, _ turn: Turn) -> [(path: String, node: ContainerFiles.Node)] {
        turn.files.list(folder).flatMap { name -> [(path: String, node: ContainerFiles.Node)] in
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            guard let node = turn.files.node(path) else { return [] }
            return [(path, node)] + (node.isFolder ? tree(path, turn) : [])
        }
    }

    // MARK: tar, which is how kubectl cp copies

    private func tar(_ arguments: [String], _ piped: [UInt8]?, _ turn: inout Turn) -> Result {
        var (letters, operands, folder, file) = (Set<Character>(), [String](), directory, "-")
        var rest = arguments[...]
        var isFirst = true
        while let word = rest.popFirst() {
            if word == "-C" {
                folder = ContainerFiles.absolute(rest.popFirst() ?? "", from: directory)
            } else if word.hasPrefix("--") {
                isFirst = false
                continue
            } else if isFirst || word.hasPrefix("-") && word.count > 1 {
                letters.formUnion(word.drop { $0 == "-" })
                if word.contains("f") { file = rest.popFirst() ?? "-" }
                if word.contains("C") { folder = ContainerFiles.absolute(rest.popFirst() ?? "", from: directory) }
            } else {
                operands.append(word)
            }
            isFirst = false
        }
        guard turn.files.node(folder)?.isFolder == true else { return .fail("tar: can't change directory to '\(folder)': No such file or directory") }
        if letters.contains("c") { return pack(operands, from: folder, into: file, &turn) }
        guard letters.contains("x") || letters.contains("t") else { return .fail("tar: must specify one of -c, -t, -x", 1) }
        var archive = piped ?? turn.input
        if file != "-" {
            guard let bytes = turn.files.node(ContainerFiles.absolute(file, from: directory))?.bytes else {
                return .fail("tar: can't open '\(file)': No such file or directory")
            }
            archive = bytes
        } else if piped == nil {
            if !turn.inputIsOver, !TarArchive.isComplete(archive) { return Result(wantsInput: true) }
            turn.tookInput = true
        }
        guard let entries = TarArchive.entries(of: archive) else { return .fail("tar: invalid tar magic") }
        if letters.contains("t") { return .text(entries.map { $0.name + "\n" }.joined()) }
        for entry in entries {
            let path = ContainerFiles.absolute(entry.name, from: folder)
            if entry.isFolder {
                if let problem = makeFolder(path, withParents: true, &turn) { return .fail("tar: can't create directory '\(entry.name)': \(problem)") }
            } else {
                _ = makeFolder(ContainerFiles.parent(path), withParents: true, &turn)
                if let problem = write(entry.bytes, path, mode: entry.mode, &turn) { return .fail("tar: can't open '\(entry.name)': \(problem)") }
            }
        }
        return Result(out: letters.contains("v") ? Array(entries.map { $0.name + "\n" }.joined().utf8) : [])
    }

    private func pack(_ operands: [String], from folder: String, into file: String, _ turn: inout Turn) -> Result {
        var (archive, result) = (TarArchive(), Result())
        for operand in operands {
            let path = ContainerFiles.absolute(operand, from: folder)
            guard let node = turn.files.node(path) else {
                result.err += "tar: \(operand): No such file or directory\n".utf8
                result.code = 1
                continue
            }
            if operand.hasPrefix("/"), result.err.isEmpty { result.err += "tar: removing leading '/' from member names\n".utf8 }
            let name = String(operand.drop { $0 == "/" })
            archive.add(name, node)
            for child in node.isFolder ? tree(path, turn) : [] { archive.add(name + child.path.dropFirst(path == "/" ? 0 : path.count), child.node) }
        }
        if file == "-" {
            result.out = archive.finished
        } else if let problem = write(archive.finished, ContainerFiles.absolute(file, from: directory), mode: 0o644, &turn) {
            return .fail("tar: can't open '\(file)': \(problem)")
        }
        return result
    }
}
