import Foundation

/// A file that the program writes for its user: whole or not at all, and nothing is replaced unasked.
struct SavedFile {
    /// As the user wrote it; `~/` is the home folder.
    var path: String

    enum Problem: Error, CustomStringConvertible {
        /// There is one by that name, and it was not to be replaced.
        case exists(String)
        case other(String)
        var description: String {
            switch self {
            case .exists(let path): "\(path) exists"
            case .other(let text): text
            }
        }
    }

    /// Writes `content` beside the file and puts it in its place in one step; the file's mode stays.
    ///
    /// A link stays a link: the file that it names is written. Refused are folders, devices, files that nobody may write.
    func write(_ content: String, replacing: Bool) throws(Problem) {
        let given = path.hasPrefix("~/") ? (ProcessInfo.processInfo.environment["HOME"] ?? "") + path.dropFirst() : path
        let target =
            realpath(given, nil).map { found -> String in
                defer { free(found) }
                return String(cString: found)
            } ?? given
        var mode: mode_t?
        var status = stat()
        if stat(target, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { throw .other("\(path) is a folder") }
            if status.st_mode & S_IFMT != S_IFREG { throw .other("\(path) is no regular file") }
            // Root may write all; what is marked as not to be written is left alone all the same.
            if status.st_mode & 0o222 == 0 || access(target, W_OK) != 0 { throw .other("\(path) is read-only") }
            if !replacing { throw .exists(path) }
            mode = status.st_mode & 0o7777
        } else if errno != ENOENT {
            throw failed("\(path)")
        } else if given.hasSuffix("/") {
            throw .other("\(path) names a folder")
        }
        let folder = (target as NSString).deletingLastPathComponent
        if !folder.isEmpty, stat(folder, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR { throw .other("\(path): there is no folder \(folder)") }
        var name = Array(((folder.isEmpty ? "." : folder) + "/.evenkeel-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw failed(path) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let temporary = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let mask = umask(0)
        umask(mask)
        let bytes = Array(content.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if count > 0 { done += count } else if count == 0 || errno != EINTR { break }
        }
        var problem = done < bytes.count || fchmod(descriptor, mode ?? 0o666 & ~mask) != 0 || fsync(descriptor) != 0 ? failed(path) : nil
        if close(descriptor) != 0, problem == nil { problem = failed(path) }
        if problem == nil, !replacing {
            // Linking fails if another came first; where there are no links, renaming has to do.
            if link(temporary, target) == 0 {
                unlink(temporary)
                return
            }
            if errno == EEXIST { problem = .exists(path) }
        }
        if problem == nil {
            if rename(temporary, target) == 0 { return }
            problem = failed(path)
        }
        unlink(temporary)
        if let problem { throw problem }
    }

    private func failed(_ name: String) -> Problem { .other("\(name): \(String(cString: strerror(errno)))") }
}
