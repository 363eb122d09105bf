import ControlPlane
import KubernetesAPI
import Manifests

/// What is to be done with a text that came back from the editor.
public enum EditOutcome: Sendable, Equatable {
    /// The object was changed, or nothing was wanted.
    case done
    /// It was refused: the text with the reasons on top, for the editor to be opened again.
    case again(EditedObject)
    /// It was refused and is given up: what to say, and the text, which must not be lost.
    case givenUp(message: String, text: String)
}

/// The text of an object in the editor, with comments on top as kubectl writes them.
enum EditText {
    /// What the editor is opened with.
    static func text(_ body: String, reasons: [Reason] = []) -> String {
        var lines = [
            "Please edit the object below. Lines beginning with a '#' will be ignored,",
            "and an empty file will abort the edit. If an error occurs while saving this file will be",
            "reopened with the relevant failures.", "",
        ]
        for reason in reasons {
            lines += reason.head.split(whereSeparator: \.isNewline).map(String.init)
            lines += reason.others.map { "* " + $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
            lines.append("")
        }
        return lines.map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined() + body + (body.hasSuffix("\n") ? "" : "\n")
    }
    /// How many lines stand above the object.
    static func commentLines(_ reasons: [Reason]) -> Int { text("", reasons: reasons).count { $0 == "\n" } - 1 }

    /// The text without its comments.
    static func body(_ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        let body = lines.joined(separator: "\n")
        return body.allSatisfy(\.isWhitespace) ? "" : body
    }

    struct Reason: Equatable {
        var head: String
        var others: [String] = []
    }

    /// A refusal of the API server as kubectl tells it.
    static func reason(_ error: APIError, _ info: KindInfo, _ name: String) -> Reason {
        let subject = "\(info.qualifiedPlural) \"\(name)\""
        switch error.reason {
        case "Invalid":
            return Reason(head: "\(subject) was not valid:", others: error.causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" })
        case "NotFound": return Reason(head: "\(subject) could not be found on the server")
        default: return Reason(head: "\(subject) could not be patched: \(error.message)")
        }
    }
}

/// An object that is being edited.
public struct EditedObject: Equatable, Sendable {
    var info: KindInfo
    var key: ObjectKey
    /// What the editor is opened with.
    public var text: String
    /// Whether the text was refused before and has the reasons on top.
    var wasRefused = false
}

extension Dashboard {
    mutating func edit(_ object: any StoredObject) {
        if world.isMirror {
            let name = "\(object.kindInfo.qualifiedPlural)/\(object.metadata.name)"
            return apply([.open(KubectlDialog(talking: ["edit", name], object.metadata.namespace, world))])
        }
        if world.options.readOnly { return show("Read-only: nothing can be changed", .error) }
        requests.append(
            .edit(EditedObject(info: object.kindInfo, key: object.key, text: EditText.text(ManifestWriter.yaml(world.cluster.document(of: object))))))
    }

    /// Applies what came back from the editor.
    ///
    /// As kubectl: unchanged or empty it is left; what is refused is answered with the reasons on top, to be edited again.
    public mutating func applyEdited(_ text: String, of edited: EditedObject) -> EditOutcome {
        let body = EditText.body(text)
        let isUnchanged = body.trimmingSpaces == EditText.body(edited.text).trimmingSpaces
        if body.isEmpty || isUnchanged {
            let message =
                body.isEmpty
                ? "Edit cancelled, saved file was empty."
                : edited.wasRefused ? "Edit cancelled, no valid changes were saved." : "Edit cancelled, no changes made."
            if edited.wasRefused { return .givenUp(message: message, text: isUnchanged ? text : edited.text) }
            show(message, .info)
            return .done
        }
        guard let reason = applyBody(body, edited) else { return .done }
        var again = edited
        (again.text, again.wasRefused) = (EditText.text(body, reasons: [reason]), true)
        return .again(again)
    }

    /// Applies a text without comments; returns why it is refused.
    private mutating func applyBody(_ body: String, _ edited: EditedObject) -> EditText.Reason? {
        let manifests = ManifestReader.read(text: body, file: "edit")
        let (objects, found) = manifests.decodeAll()
        let problems = manifests.problems + found
        if !problems.isEmpty {
            let head = "The edited file had a syntax error:"
            // The comments stand above what was read.
            let shift = EditText.commentLines([EditText.Reason(head: head, others: problems.map(\.message))])
            return EditText.Reason(
                head: head,
                others: problems.map { ($0.line.map { "line \($0 + shift): " } ?? "") + ($0.path.isEmpty ? "" : "\($0.path): ") + $0.message })
        }
        let stored = objects.compactMap { $0 as? any StoredObject }
        guard stored.count == 1, let object = stored.first, object.kindInfo == edited.info, object.key == edited.key else {
            return EditText.Reason(head: "At least one of apiVersion, kind, namespace and name was changed")
        }
        return execute([.edit([object])]).first.map { EditText.reason($0, edited.info, edited.key.name) }
    }
}
