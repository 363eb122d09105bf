import Canvas
import Dashboard
import Foundation
import Manifests
import Simulation
import SimulationKit

/// The dashboard as its user feels it: time to the first frame, an answer to a key, idle CPU, the cost of frames.
enum DashboardBenchmark {
    static func run() {
        inProcess()
        inTerminal()
    }

    private static func milliseconds(_ body: () -> Void) -> Double {
        let begin = DispatchTime.now().uptimeNanoseconds
        body()
        return Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    }
    private static func text(_ value: Double) -> String { String(format: "%8.2f ms", value) }

    private static func inProcess() {
        var dashboard: Dashboard?
        let load = milliseconds {
            let input = Input(ManifestReader.read(text: BuiltInCluster.manifests, file: "built-in"))
            dashboard = Dashboard(session: input.makeSession().session)
        }
        let prelude = milliseconds { dashboard!.run(to: .start + BuiltInCluster.prelude) }
        print("built-in cluster  read and load       \(text(load))")
        print("built-in cluster  150 s of its life   \(text(prelude))")
        for size in [Size(width: 80, height: 24), Size(width: 120, height: 36), Size(width: 200, height: 60)] {
            for (name, keys) in [("Deck", ":deck<Enter>"), ("pods", ":po<Enter>"), ("Spread", "X"), ("Why", "W")] {
                var copy = dashboard!
                try? copy.press(keys)
                _ = copy.frame(size: size)
                let count = 50
                let each = milliseconds { for _ in 0..<count { _ = copy.frame(size: size) } } / Double(count)
                print("frame             \(name) at \(size.width)x\(size.height)".padding(toLength: 38, withPad: " ", startingAt: 0) + text(each))
            }
        }
        var copy = dashboard!
        let press = milliseconds {
            for _ in 0..<50 {
                copy.handle(.key(.character("j")), isScripted: true)
                _ = copy.frame(size: Size(width: 120, height: 36))
            }
        }
        print("key to frame      Deck at 120x36      \(text(press / 50))")
    }

    /// Drives the release binary beside this one in tmux.
    private static func inTerminal() {
        let binary = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "evenkeel").path
        guard FileManager.default.isExecutableFile(atPath: binary), !shell("command -v tmux").isEmpty else {
            return print("in a terminal     not measured: needs tmux and \(binary)")
        }
        let tmux = "tmux -L evenkeel-lab-\(ProcessInfo.processInfo.processIdentifier) -f /dev/null"
        _ = shell("\(tmux) new-session -d -x 120 -y 36 -e LANG=C.UTF-8 'sleep 60'")
        defer { _ = shell("\(tmux) kill-server") }
        var times: [Double] = []
        for _ in 0..<5 {
            let window = shell("\(tmux) new-window -P -F '#{pane_id}' -d -e LANG=C.UTF-8 '\(binary) --paused'")
            times.append(milliseconds { waitFor("Spread", tmux, window) })
            _ = shell("\(tmux) kill-pane -t \(window)")
        }
        print("first frame       from process start  \(text(times.sorted()[2]))   (median of 5, with tmux and polling)")
        let pane = shell("\(tmux) new-window -P -F '#{pane_id}' -d -e LANG=C.UTF-8 'exec \(binary) --paused'")
        waitFor("Spread", tmux, pane)
        var answers: [Double] = []
        for (key, sign) in [(":", "<tab> complete"), ("Escape", "<enter> open"), ("?", "Help"), ("q", "<enter> open")] {
            answers.append(
                milliseconds {
                    _ = shell("\(tmux) send-keys -t \(pane) '\(key)'")
                    waitFor(sign, tmux, pane)
                })
        }
        print(
            "key to screen     seen through tmux   \(text(answers.sorted()[1]))   (median; a tmux command alone \(text(milliseconds { _ = shell("\(tmux) display -p x") }).drop { $0 == " " }))"
        )
        let pid = shell("\(tmux) display -p -t \(pane) '#{pane_pid}'")
        Thread.sleep(forTimeInterval: 7)  // until the greeting is gone
        let before = ticks(pid)
        Thread.sleep(forTimeInterval: 10)
        let used = Double(ticks(pid) - before) / Double(sysconf(Int32(_SC_CLK_TCK))) / 10
        print(String(format: "idle, paused      %.2f %% of a core, %@ MB resident", used * 100, residentMegabytes(pid)))
    }

    private static func waitFor(_ sign: String, _ tmux: String, _ pane: String) {
        let deadline = DispatchTime.now().uptimeNanoseconds + 5_000_000_000
        while DispatchTime.now().uptimeNanoseconds < deadline {
            if shell("\(tmux) capture-pane -p -t \(pane)").contains(sign) { return }
        }
        print("                  \(sign) was not seen within 5 s")
    }

    private static func shell(_ command: String) -> String {
        guard let pipe = popen(command + " 2>/dev/null", "r") else { return "" }
        defer { pclose(pipe) }
        var output = ""
        var block = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&block, 1, block.count, pipe), count > 0 { output += String(decoding: block[..<count], as: UTF8.self) }
        return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// User and system time of a process in clock ticks.
    private static func ticks(_ pid: String) -> Int {
        let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }
    private static func residentMegabytes(_ pid: String) -> String {
        let pages = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return String(pages * 4096 / 1_000_000)
    }
}
