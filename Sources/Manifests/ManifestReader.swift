import Foundation
import KubernetesAPI

/// Reads manifests: YAML or JSON with any number of documents, from files, folders and standard input.
///
/// All problems are collected; one bad document does not hide the others.
public enum ManifestReader {
    /// Reads the files at `paths` in order. A folder stands for its `*.yaml`, `*.yml` and `*.json` files by
    /// name, without its subfolders, as `kubectl -f`; `-` stands for `standardInput`. What is packed by gzip is unpacked.
    public static func read(paths: [String], standardInput: () -> [UInt8] = { [] }) -> ManifestSet {
        read(paths: paths, whole: false, standardInput: standardInput)
    }

    /// Reads the files at `paths` as ``read(paths:standardInput:)`` does.
    ///
    /// - Parameter whole: keep what is no set of objects for one cluster as well: an object that is there twice, a
    ///   kind that Kubernetes does not have. Otherwise these are problems.
    public static func read(paths: [String], whole: Bool, standardInput: () -> [UInt8]) -> ManifestSet {
        read(paths: paths, whole: whole, standardInput: standardInput, taking: { _ in false })
    }

    /// Reads the files at `paths` as ``read(paths:standardInput:)`` does, and hands on each document as it is read.
    ///
    /// - Parameters:
    ///   - progress: told often how far it is.
    ///   - taking: what it returns true for is not kept: of a large List no more than one item is held twice.
    public static func read(
        paths: [String], whole: Bool = false, standardInput: () -> [UInt8], progress: @escaping (ReadingProgress) -> Void = { _ in },
        taking: (ManifestDocument) -> Bool
    ) -> ManifestSet {
        withoutActuallyEscaping(taking) { taking in
            var collector = Collector(whole: whole, progress: progress, taking: taking)
            collector.read(paths, standardInput)
            return collector.finish()
        }
    }

    /// Reads `text` as if it were the content of `file`.
    public static func read(text: String, file: String = "-") -> ManifestSet { read(text: text, file: file, whole: false) }

    /// Reads `text` as ``read(paths:whole:standardInput:)`` reads files.
    public static func read(text: String, file: String, whole: Bool) -> ManifestSet {
        var collector = Collector(whole: whole, taking: { _ in false })
        Array(text.utf8).withUnsafeBufferPointer { collector.add($0, file: file) }
        return collector.finish()
    }
}

/// Collects documents and problems over all files.
private struct Collector {
    struct Identity: Hashable {
        var group: String
        var kind: String
        var namespace: String
        var name: String
        /// What is wanted goes on top of what is: the same object may be there as both.
        var isState: Bool
    }
    let whole: Bool
    let progress: (ReadingProgress) -> Void
    /// Documents for which it returns true are not kept.
    let taking: (ManifestDocument) -> Bool
    var set = ManifestSet()
    private var taken = 0
    private var places: [Identity: (file: String, line: Int)] = [:]
    private var emptyFiles: [String] = []
    /// How the files of a folder end that are read.
    private static let ends = [".yaml", ".yml", ".json"].flatMap { [$0, $0 + ".gz"] }

    init(whole: Bool, progress: @escaping (ReadingProgress) -> Void = { _ in }, taking: @escaping (ManifestDocument) -> Bool) {
        (self.whole, self.progress, self.taking) = (whole, progress, taking)
    }

    mutating func read(_ paths: [String], _ standardInput: () -> [UInt8]) {
        for path in paths {
            if path == "-" {
                standardInput().withUnsafeBufferPointer { add($0, file: "-") }
                continue
            }
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                set.problems.append(ManifestProblem(file: path, message: "does not exist"))
                continue
            }
            if !isFolder.boolValue {
                addFile(path)
                continue
            }
            guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
                set.problems.append(ManifestProblem(file: path, message: "cannot be read"))
                continue
            }
            let names = entries.filter { name in Self.ends.contains { name.hasSuffix($0) } }.sorted()
            if names.isEmpty {
                set.problems.append(
                    ManifestProblem(file: path, message: "no .yaml, .yml or .json file in this folder"))
            }
            for name in names { addFile(path.hasSuffix("/") ? path + name : "\(path)/\(name)") }
        }
    }

    /// A file without objects is fine beside others; alone it is a problem, as for kubectl.
    mutating func finish() -> ManifestSet {
        if taken == 0, set.documents.isEmpty, set.configurations.isEmpty, set.problems.isEmpty {
            set.problems = emptyFiles.map { ManifestProblem(file: $0, message: "no objects in this file") }
        }
        return set
    }

    mutating func addFile(_ path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            set.problems.append(ManifestProblem(file: path, message: "cannot be read"))
            return
        }
        defer { try? handle.close() }
        if let pages = MappedFile(handle.fileDescriptor) { return add(pages, file: path) }
        var data: [UInt8] = []
        do {
            while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty {
                data += part
                if data.withUnsafeBufferPointer(UnpackedText.isPacked) { continue }
                // A binary file, or a device without end: the rest is of no interest.
                if part.contains(0) { break }
            }
        } catch {
            set.problems.append(ManifestProblem(file: path, message: "cannot be read"))
            return
        }
        data.withUnsafeBufferPointer { add($0, file: path) }
    }

    /// - Parameter bytes: all of a file.
    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, file: String) { add(TextPages(bytes), file: file) }

    private mutating func add(_ pages: TextPages, file: String) {
        guard UnpackedText.isPacked(pages.bytes) else { return addText(pages, file: file) }
        withExtendedLifetime(pages) {
            if let text = UnpackedText(packed: pages.bytes) {
                addText(text, file: file)
            } else {
                set.problems.append(ManifestProblem(file: file, message: "is packed, and there is no memory to unpack it"))
            }
        }
    }

    private mutating func addText(_ pages: TextPages, file: String) {
        // A List is read without all of it in memory.
        if addList(pages, file: file) { return }
        var bytes = pages.whole()[...]
        defer { withExtendedLifetime(pages) {} }
        if pages.isBroken {
            set.problems.append(ManifestProblem(file: file, message: "is packed by gzip, and broken or cut off"))
            return
        }
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            set.problems.append(ManifestProblem(file: file, message: "is UTF-16 text; save it as UTF-8"))
            return
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
        let text = UnsafeBufferPointer(rebasing: bytes)
        // A zero byte is in no text, and in nearly every binary file: found before anything costly is done.
        if text.baseAddress.map({ memchr($0, 0, text.count) != nil }) ?? false {
            set.problems.append(ManifestProblem(file: file, message: Self.isBinary))
            return
        }
        if let (json, positions) = JSONReader.read(text) { return add(json, positions, file: file) }
        guard let string = String(validating: text, as: UTF8.self) else {
            set.problems.append(ManifestProblem(file: file, line: Self.lineOfBadUTF8(text), message: "is not valid UTF-8"))
            return
        }
        let before = set.documents.count + set.configurations.count + set.problems.count + taken
        let told = progress
        let chunks = DocumentSplitter.split(string) { told(ReadingProgress(stage: .looking, file: file, done: $0, total: text.count)) }
        for chunk in chunks { add(chunk, file: file) }
        if set.documents.count + set.configurations.count + set.problems.count + taken == before, !emptyFiles.contains(file) {
            emptyFiles.append(file)
        }
    }

    private static let isBinary = "is a binary file, not YAML or JSON"

    /// Adds the items of a large List in block style one after another; false if the text is something else.
    private mutating func addItems(of chunk: DocumentSplitter.Chunk, file: String) -> Bool {
        let size = chunk.text.utf8.count
        guard size >= YAMLList.leastBytes else { return false }
        let told = progress
        let list = YAMLList(chunk) { told(ReadingProgress(stage: .looking, file: file, done: $0, total: size)) }
        guard let list, let (json, positions) = try? YAMLConversion.read(list.head, file: file) else { return false }
        let head = ManifestDocument(source: file, line: chunk.line, json: json, places: .tree(positions))
        guard head.kind.hasSuffix("List"), !head.apiVersion.isEmpty else { return false }
        for index in list.items.indices {
            progress(ReadingProgress(stage: .reading, file: file, done: index, total: list.items.count))
            do throws(ManifestProblem) {
                let (item, places) = try YAMLConversion.read(list.chunk(index, of: chunk), file: file) ?? (.null, PositionTree(line: 0))
                add(item, .tree(places), line: item == .null ? list.items[index].line : Int(places.line), of: head)
            } catch {
                set.problems.append(error)
            }
        }
        return true
    }

    private mutating func add(_ chunk: DocumentSplitter.Chunk, file: String) {
        if addItems(of: chunk, file: file) { return }
        do throws(ManifestProblem) {
            guard let (json, positions) = try YAMLConversion.read(chunk, file: file) else { return }
            add(json, positions, file: file)
        } catch {
            set.problems.append(error)
        }
    }

    /// Adds the items of a List in plain JSON one after another; false if the text is something else.
    private mutating func addList(_ pages: TextPages, file: String) -> Bool {
        let (told, size) = (progress, pages.size)
        pages.passed = { told(ReadingProgress(stage: .looking, file: file, done: $0, total: size)) }
        guard let list = JSONReader.list(pages) else { return false }
        let line = list.head.positions.children.first.map { Int($0.line) } ?? Int(list.head.positions.line)
        let head = ManifestDocument(source: file, line: line, json: list.head.json, places: .tree(list.head.positions))
        guard isNamed(head) else { return true }
        // What only looks like a List is one object.
        guard head.kind.hasSuffix("List") else { return false }
        let texts = RepeatedTexts()
        pages.rewind()
        for (index, item) in list.items.enumerated() {
            progress(ReadingProgress(stage: .reading, file: file, done: index, total: list.items.count))
            while pages.bytes.count < item.place.upperBound, pages.grow(by: 1 << 24) {}
            pages.release(before: item.place.lowerBound)
            let part = UnsafeBufferPointer(rebasing: pages.bytes[item.place])
            if let json = JSONReader.value(part, texts) {
                add(json, .text(Array(part), line: item.line, added: 0), line: Int(item.line), of: head)
            } else if part.contains(0) {
                set.problems.append(ManifestProblem(file: file, line: Int(item.line), message: Self.isBinary))
                return true
            } else {
                // Something about it is not plain: it is read, or explained, as YAML.
                add(DocumentSplitter.Chunk(text: Substring(decoding: part, as: UTF8.self), line: Int(item.line)), file: file)
            }
        }
        return true
    }

    private static func lineOfBadUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }

    private mutating func add(_ json: JSONValue, _ positions: PositionTree, file: String) {
        add(ManifestDocument(source: file, line: Int(positions.children.first?.line ?? positions.line), json: json, places: .tree(positions)))
    }

    private mutating func add(_ document: ManifestDocument) {
        guard let object = document.json.object else {
            set.problems.append(
                ManifestProblem(file: document.source, line: document.line, message: "must be an object, not \(document.json.typeName)"))
            return
        }
        guard isNamed(document) else { return }
        if document.kind.hasSuffix("List"), let index = object.members.firstIndex(where: { $0.key == "items" }), let items = object["items"]?.array {
            let places = document.places.tree.children[index].children
            for (item, place) in zip(items, places) { add(item, .tree(place), line: Int(place.line), of: document) }
        } else if document.kind.hasSuffix("List"), object["items"] == .null {
            // As Go writes a list of nothing.
            if !emptyFiles.contains(document.source) { emptyFiles.append(document.source) }
        } else {
            addObject(document)
        }
    }

    /// Whether apiVersion and kind are there; what is wrong with them is noted.
    private mutating func isNamed(_ document: ManifestDocument) -> Bool {
        var isComplete = true
        for field in ["apiVersion", "kind"] {
            var message: String?
            switch document.json[field] {
            case .string(let text): if text.isEmpty { message = "is empty" }
            case nil, .null:
                // kubectl writes the kind of a List behind its items.
                message = "is missing" + (document.json["items"] == nil ? "" : "; was the file cut off? kubectl writes it behind the items")
            case let other?: message = "must be a string, not \(other.typeName)"
            }
            if let message {
                set.problems.append(document.problem(field, message))
                isComplete = false
            }
        }
        return isComplete
    }

    /// Adds an item of a list. Those of a typed one (`PodList`) may leave out what the list says.
    private mutating func add(_ item: JSONValue, _ places: DocumentPlaces, line: Int, of list: ManifestDocument) {
        let itemKind = String(list.kind.dropLast(4))
        var (json, places) = (item, places)
        if var object = json.object, !itemKind.isEmpty, object["kind"] == nil, object["apiVersion"] == nil {
            object.members.insert(("kind", .string(itemKind)), at: 0)
            object.members.insert(("apiVersion", .string(list.apiVersion)), at: 0)
            json = .object(object)
            switch places {
            case .text(let text, let line, _): places = .text(text, line: line, added: 2)
            case .tree(var tree):
                tree.children.insert(contentsOf: [PositionTree(line: tree.line), PositionTree(line: tree.line)], at: 0)
                places = .tree(tree)
            }
        }
        add(ManifestDocument(source: list.source, line: line, json: json, places: places))
    }

    private mutating func addObject(_ document: ManifestDocument) {
        if ManifestKinds.isConfiguration(document) {
            set.configurations.append(document)
            return
        }
        if whole {
            keep(document)
            return
        }
        if let problem = ManifestKinds.problem(document) {
            set.problems.append(problem)
            return
        }
        if !document.name.isEmpty {
            let info = ManifestKinds.info(document)
            let identity = Identity(
                group: info.group, kind: info.kind,
                namespace: !info.isNamespaced
                    ? "" : document.namespace.isEmpty ? "default" : document.namespace,
                name: document.name, isState: document.isState)
            if let first = places[identity] {
                // A state may tell an object twice, as kubectl does of what has several names: it counts once.
                if document.isState { return }
                let place =
                    first.file == document.source ? "on line \(first.line)" : "in \(first.file):\(first.line)"
                set.problems.append(
                    ManifestProblem(
                        file: document.source, line: document.line,
                        message: "\(info.kind) \(document.name) is there twice, first \(place)"))
                return
            }
            places[identity] = (document.source, document.line)
        }
        keep(document)
    }

    private mutating func keep(_ document: ManifestDocument) {
        if taking(document) { taken += 1 } else { set.documents.append(document) }
    }
}
