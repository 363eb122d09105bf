import CTerminal
import Glibc

/// Other programs in our terminal: an editor, a pager.
public enum ChildProgram {
    /// Runs a program and waits for it. Call inside `withTerminalReleased`.
    ///
    /// The program gets default signals, not the mask of our loop. Stopping it with ctrl-z stops
    /// us too, as a shell expects.
    ///
    /// - Parameter arguments: the program's name, looked up in `PATH`, and its arguments.
    /// - Returns: its exit status; 128 + n if signal n ended it.
    /// - Throws: `TerminalError.system` if it could not be started.
    public static func run(_ arguments: [String]) throws(TerminalError) -> Int32 {
        guard let name = arguments.first else {
            throw .system("no program was named")
        }
        var pointers: [UnsafePointer<CChar>?] = arguments.map { UnsafePointer(strdup($0)) }
        pointers.append(nil)
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        let status = evk_run(pointers)
        guard status >= 0 else {
            throw .system("\(name): \(String(cString: strerror(errno)))")
        }
        return status
    }
}
