// The programs of the simulated image that are about the container, its node and time.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// Runs one of these programs; nil if it is none of them.
    func performSystem(_ name: String, _ arguments: [String], _ turn: inout Turn) -> Result? {
        let simulation = turn.simulation
        switch name {
        case "hostname":
            if arguments.first == "-i" { return .text(turn.pod.status.podIP + "\n") }
            return .text(turn.files.hostname + "\n")
        case "whoami": return .text((user(turn) == 0 ? "root" : "uid \(user(turn))") + "\n")
        case "id": return id(arguments, turn)
        case "date": return date(arguments, simulation.now)
        case "uname": return uname(arguments, turn)
        case "nproc": return .text("\(max(1, turn.files.nodeMilliCPU.total / 1000))\n")
        case "uptime":
            let up = (simulation.now - turn.files.startedAt).wholeSeconds
            return .text(" \(CalendarDate(simulation.now).clock) up \(up / 3600 / 24) days, \(two(up / 3600 % 24)):\(two(up / 60 % 60)),  0 users\n")
        case "ps": return .text(processes(turn).map { "\(pad($0.pid, 5)) root      \(minutes($0.time)) \($0.command)" }.lines("PID   USER     TIME  COMMAND"))
        case "top": return top(turn)
        case "free": return free(arguments, turn)
        case "df": return diskFree(arguments, turn)
        case "mount": return mounts(turn)
        case "sleep":
            guard let first = arguments.first, let time = seconds(first) else { return .fail("sleep: invalid number '\(arguments.first ?? "")'") }
            return Result(delay: time)
        case "kill": return kill(arguments, &turn)
        default: return nil
        }
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private func pad(_ value: some CustomStringConvertible, _ width: Int) -> String {
        let text = value.description
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
    private func seconds(_ text: String) -> Duration? {
        if let number = Double(text), (0...1e9).contains(number) { return .seconds(number) }
        return Duration(text).flatMap { $0 >= .zero ? $0 : nil }
    }

    // MARK: Who and when

    private func user(_ turn: Turn) -> Int64 {
        turn.files.container.securityContext?["runAsUser"]?.int ?? turn.pod.spec.securityContext?["runAsUser"]?.int ?? 0
    }
    private func id(_ arguments: [String], _ turn: Turn) -> Result {
        let user = user(turn)
        let group = turn.files.container.securityContext?["runAsGroup"]?.int ?? turn.pod.spec.securityContext?["runAsGroup"]?.int ?? 0
        if arguments.first == "-u" { return .text("\(user)\n") }
        if arguments.first == "-g" { return .text("\(group)\n") }
        let more = turn.pod.spec.securityContext?["fsGroup"]?.int.map { ",\($0)" } ?? ""
        return .text("uid=\(user)\(user == 0 ? "(root)" : "") gid=\(group)\(group == 0 ? "(root)" : "") groups=\(group)\(group == 0 ? "(root)" : "")\(more)\n")
    }
    private func date(_ arguments: [String], _ now: Instant) -> Result {
        let date = CalendarDate(now)
        guard let format = arguments.first(where: { $0.hasPrefix("+") })?.dropFirst() else { return .text(date.text + "\n") }
        var (text, rest) = ("", format)
        while let sign = rest.popFirst() {
            guard sign == "%", let letter = rest.popFirst() else {
                text.append(sign)
                continue
            }
            switch letter {
            case "s": text += "\(CalendarDate.unixSeconds(now))"
            case "Y": text += "\(date.year)"
            case "m": text += two(date.month)
            case "d": text += two(date.day)
            case "H": text += date.clock.prefix(2)
            case "M": text += date.clock.dropFirst(3).prefix(2)
            case "S": text += date.clock.suffix(2)
            case "T": text += date.clock
            case "F": text += "\(date.year)-\(two(date.month))-\(two(date.day))"
            case "Z": text += "UTC"
            case "a": text += date.weekdayName
            case "b": text += date.monthName
            default: text += "%\(letter)"
            }
        }
        return .text(text + "\n")
    }
    private func uname(_ arguments: [String], _ turn: Turn) -> Result {
        let info = turn.simulation.cluster.store.nodes[ObjectKey(name: turn.pod.nodeName)]?.status.nodeInfo
        let kernel = info?.kernelVersion ?? ""
        let machine = info?.architecture == "arm64" ? "aarch64" : "x86_64"
        switch arguments.first {
        case "-a": return .text("Linux \(turn.files.hostname) \(kernel) #1 SMP \(machine) Linux\n")
        case "-r": return .text(kernel + "\n")
        case "-m": return .text(machine + "\n")
        case "-n": return .text(turn.files.hostname + "\n")
        default: return .text("Linux\n")
        }
    }

    // MARK: Processes

    private func processes(_ turn: Turn) -> [(pid: Int, time: Int, command: String)] {
        let spent = Int(turn.files.usage?.milliCPU ?? 0).saturatingMultiply((turn.simulation.now - turn.files.startedAt).wholeSeconds) / 1000
        // Who was added to look into another container sees what that one runs.
        let added = turn.pod.spec.ephemeral.first { $0.container.name == container }
        let target = added.flatMap { added in turn.pod.spec.containers.first { $0.name == added.targetContainerName } }
        return [(1, spent, target.map(ContainerFiles.firstProcess) ?? turn.files.firstProcess), (7, 0, "sh"), (13, 0, "ps")]
    }
    private func minutes(_ seconds: Int) -> String { "\(pad(seconds / 60, 2)):\(two(seconds % 60))" }

    private func top(_ turn: Turn) -> Result {
        let (total, used) = turn.files.nodeMemory
        let (cores, busy) = turn.files.nodeMilliCPU
        let usage = turn.files.usage
        let share = cores > 0 ? min(100, busy.proportion(100, of: cores)) : 0
        var text = "Mem: \(used >> 10)K used, \((total - used) >> 10)K free\n"
        text += "CPU: \(pad(share, 3))% usr   0% sys   0% nic \(pad(100 - min(100, share), 3))% idle\n"
        text += "  PID USER     VSZ   RSS  %CPU COMMAND\n"
        let (memory, own) = (usage?.memory ?? 0, cores > 0 ? (usage?.milliCPU ?? 0).proportion(100, of: cores) : 0)
        text += "    1 root  \(pad("\(memory >> 20)m", 6)) \(pad("\(memory >> 20)m", 5))  \(pad(own, 3))% \(turn.files.firstProcess)\n"
        text += "    7 root      4m    1m    0% sh\n"
        return .text(text)
    }

    private func kill(_ arguments: [String], _ turn: inout Turn) -> Result {
        var number = 15
        var processes: [String] = []
        for word in arguments {
            if word == "-l" { return .text("1) HUP\n2) INT\n9) KILL\n15) TERM\n") }
            guard word.hasPrefix("-") else {
                processes.append(word)
                continue
            }
            let name = word.dropFirst().uppercased()
            let names = ["HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "TERM": 15, "SIGTERM": 15, "SIGKILL": 9, "SIGINT": 2]
            guard let known = Int(name) ?? names[name] else { return .fail("kill: bad signal name '\(word.dropFirst())'") }
            number = known
        }
        if processes.isEmpty { return .fail("kill: you need to specify whom to kill") }
        for word in processes {
            guard let process = Int(word) else { return .fail("kill: invalid number '\(word)'") }
            // Process 1 is not killed by what it does not handle: what becomes of it its kubelet's fleet knows.
            guard process == 1 || process == 7 else { return .fail("kill: can't kill pid \(word): No such process") }
            if process == 1 { turn.commands.append(.inContainer(pod: pod, container: container, .signal(number))) }
        }
        return Result()
    }

    // MARK: Memory and disks

    private func free(_ arguments: [String], _ turn: Turn) -> Result {
        let (total, used) = turn.files.nodeMemory
        let shift: Int64 = arguments.contains("-m") ? 20 : arguments.contains("-g") ? 30 : arguments.contains("-b") ? 0 : 10
        func cells(_ values: [Int64]) -> String { values.map { pad($0 >> shift, 12) }.joined() }
        return .text(
            "              total        used        free      shared  buff/cache   available\nMem:   \(cells([total, used, total - used, 0, 0, total - used]))\nSwap:  \(cells([0, 0, 0]))\n"
        )
    }

    private func diskFree(_ arguments: [String], _ turn: Turn) -> Result {
        let isShort = arguments.contains("-h")
        let files = turn.simulation.kubelets.files
        let disk = turn.simulation.cluster.store.nodes[ObjectKey(name: turn.pod.nodeName)]?.status.capacity["ephemeral-storage"]?.value ?? 0
        var rows: [(device: String, size: Int64, used: Int64, path: String)] = [("overlay", disk, Int64(files.size(.container(containerID))), "/")]
        let memory = turn.files.nodeMemory.total
        for mount in turn.files.allMounts {
            let used = Int64(files.size(mount.layer)) + Int64((mount.content ?? []).reduce(0) { $0 + $1.bytes.count })
            rows.append((mount.device, mount.capacity ?? (mount.device == "tmpfs" ? memory : disk), used, mount.path))
        }
        func amount(_ bytes: Int64) -> String {
            guard isShort else { return "\(bytes.saturatingAdd(1023) >> 10)" }
            for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] as [(String, Int64)] where bytes >= 1 << shift {
                let tenths = bytes.saturatingMultiply(10) >> shift
                return "\(tenths / 10).\(tenths % 10)\(unit)"
            }
            return "\(bytes)"
        }
        func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        var text = "\(left("Filesystem", 20)) \(pad(isShort ? "Size" : "1K-blocks", 10)) \(pad("Used", 9)) \(pad("Available", 9)) Use% Mounted on\n"
        for row in rows {
            let share = row.size > 0 ? row.used * 100 / row.size : 0
            text +=
                "\(left(row.device, 20)) \(pad(amount(row.size), 10)) \(pad(amount(row.used), 9)) \(pad(amount(max(0, row.size - row.used)), 9)) \(pad(share, 3))% \(row.path)\n"
        }
        return .text(text)
    }

    private func mounts(_ turn: Turn) -> Result {
        let rows = turn.files.allMounts.map { mount in
            "\(mount.device) on \(mount.path) type \(mount.device == "tmpfs" ? "tmpfs" : mount.device == "overlay" ? "ext4" : "ext4") (\(mount.isReadOnly || mount.content != nil ? "ro" : "rw"),relatime)"
        }
        return .text(rows.lines("overlay on / type overlay (rw,relatime)"))
    }
}

extension [String] {
    /// One below another under a heading, each with a line break.
    fileprivate func lines(_ heading: String) -> String { ([heading] + self).map { $0 + "\n" }.joined() }
}
