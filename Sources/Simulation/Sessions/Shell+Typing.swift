// What is typed at a shell: lines, keys that edit them, and those that were typed before.

import ControlPlane
import Kubelets
import KubernetesAPI
import SimulationKit

extension Shell {
    /// Reads the next command if there is one. Returns whether there was something to do.
    mutating func readLine(_ output: inout Output) -> Bool {
        if !isPrompted, hasTerminal {
            output.stdout += prompt.utf8
            isPrompted = true
        }
        guard let end = input.firstIndex(of: 10) ?? (inputIsOver && !input.isEmpty ? input.count : nil) else {
            if inputIsOver { ended = lastCode }
            return inputIsOver
        }
        let line = String(decoding: input[..<end], as: UTF8.self)
        input.removeFirst(min(input.count, end + 1))
        isPrompted = false
        do {
            queue = try ShellSyntax.parse(unfinished + line).map(Work.run)
            unfinished = ""
        } catch {
            if error.isIncomplete, !inputIsOver {
                unfinished += line + "\n"
            } else {
                show(.fail("sh: \(error.text)", 2), &output)
                (lastCode, unfinished) = (2, "")
            }
        }
        if !line.isEmpty, history.last != line { history.append(line) }
        historyPlace = history.count
        return true
    }

    /// Where the line that is being typed begins.
    private var lineStart: Int { input.lastIndex(of: 10).map { $0 + 1 } ?? 0 }

    /// What a terminal does with what is typed: it shows it, and lets the line be corrected.
    mutating func take(_ typed: [UInt8], _ output: inout Output) {
        var rest = typed[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 13, 10:
                input.append(10)
                output.stdout += [13, 10]
            case 3:
                input = []
                output.stdout += "^C\n".utf8
                isPrompted = false
                interrupt()
            case 4: if lineStart == input.count { inputIsOver = true }
            case 8, 127:
                if input.count > lineStart { erase(&output) }
            case 21: while input.count > lineStart { erase(&output) }
            case 23:
                while input.count > lineStart, input.last == 32 { erase(&output) }
                while input.count > lineStart, input.last != 32 { erase(&output) }
            case 12:
                output.stdout += "\u{1B}[H\u{1B}[2J\(prompt)".utf8 + input[lineStart...]
            case 27:
                // Arrow up and down walk through what was typed before; other keys of that sort do nothing.
                guard rest.first == 91 || rest.first == 79 else { continue }
                rest.removeFirst()
                let key = rest.popFirst()
                if key == 65 || key == 66 { recall(key == 65 ? -1 : 1, &output) }
            case 0..<32: break
            default:
                input.append(byte)
                output.stdout.append(byte)
            }
        }
    }
    private mutating func erase(_ output: inout Output) {
        // A sign may have several bytes.
        var last = input.removeLast()
        while last & 0xC0 == 0x80, input.count > lineStart { last = input.removeLast() }
        output.stdout += [8, 32, 8]
    }
    private mutating func recall(_ step: Int, _ output: inout Output) {
        let place = historyPlace + step
        guard (0...history.count).contains(place) else { return }
        historyPlace = place
        while input.count > lineStart { erase(&output) }
        let line = place < history.count ? history[place] : ""
        input += line.utf8
        output.stdout += line.utf8
    }
}
