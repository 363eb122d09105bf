// What tests look for among the dashboard's requests to its host.

import Dashboard

extension Dashboard {
    /// The last file that is to be written.
    var fileToWrite: (name: String, content: String, replaces: Bool)? {
        for case .write(let name, let content, let replaces) in requests.reversed() { return (name, content, replaces) }
        return nil
    }
    /// The last object that is to be edited.
    var objectToEdit: EditedObject? {
        for case .edit(let object) in requests.reversed() { return object }
        return nil
    }
}
