import CAllocations
import Foundation

/// Seconds of real time that `work` takes.
func seconds(_ work: () -> Void) -> Double { seconds(on: CLOCK_MONOTONIC, work) }

/// Seconds of computing that `work` takes on this thread: what its real time would be with nothing else on the machine.
func processorSeconds(_ work: () -> Void) -> Double { seconds(on: CLOCK_THREAD_CPUTIME_ID, work) }

private func seconds(on clock: clockid_t, _ work: () -> Void) -> Double {
    let begin = seconds(on: clock)
    work()
    return seconds(on: clock) - begin
}

/// What a clock of the system shows, in seconds.
func seconds(on clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The highest amount of memory since ``resetPeakMemory()``, in MB; nil where the system does not tell.
func peakMemory() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
        .map { $0 / 1024 }
}
/// The memory that the process has in use now, in bytes, after what was freed is given back; nil where the system does not tell.
func residentMemory() -> Int? {
    give_back()
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
}
/// Linux: "5" resets the high-water mark of this process.
func resetPeakMemory() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
}

/// `12,345`
func grouped(_ number: Int) -> String {
    var digits = String(number)
    var result = ""
    while digits.count > 3 {
        result = "," + digits.suffix(3) + result
        digits.removeLast(3)
    }
    return digits + result
}

/// Cells in columns, the first one to the left.
func row(_ cells: [String], _ widths: [Int]) -> String {
    zip(cells, widths).enumerated().map { i, pair in
        let space = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
        return i == 0 ? pair.0 + space : space + pair.0
    }.joined(separator: "  ")
}
