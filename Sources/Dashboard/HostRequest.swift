/// What the dashboard asks of the program around it, which owns the terminal and the files.
public enum HostRequest: Equatable, Sendable {
    /// Stop the process until the user continues it (`:suspend`).
    case suspend
    /// Send a text to the clipboard.
    case copy(String)
    /// Write a file of this name and content; the host answers by ``Dashboard/note(_:isError:)`` or, if there is one that is not to be
    /// replaced, by ``Dashboard/askToReplace(_:content:)``.
    case write(file: String, content: String, replaces: Bool)
    /// Open the object's text in the user's editor; the host hands the result to ``Dashboard/applyEdited(_:of:)``.
    case edit(EditedObject)
    /// Listen on a port of the loopback address and nowhere else (0: any); the host answers by ``Dashboard/forwardIsOpen(_:port:)`` or
    /// ``Dashboard/forwardFailed(_:_:)``, and hands what comes to ``Dashboard/receive(_:on:ofForward:)``.
    case listen(id: Int, port: Int)
    /// Close the listener and its connections.
    case closePort(id: Int)
    /// Let clients of the Kubernetes API in on a port of the loopback address (0: any), and give them their turns by
    /// ``Dashboard/serve(_:)``.
    case serve(port: Int)
    /// Send them away.
    case stopServing
    /// Load the theme of this name and set ``Dashboard/theme``.
    case loadTheme(String)
}

extension Dashboard {
    /// Takes the oldest request that may be done now; nil if there is none.
    ///
    /// Only one question can be open: while it is asked whether a file is to be replaced, other files wait for the answer.
    public mutating func takeRequest() -> HostRequest? {
        let filesWait = asksToReplace && dialog != nil
        let next = requests.firstIndex { request in
            if case .write = request { !filesWait } else { true }
        }
        return next.map { requests.remove(at: $0) }
    }
}
