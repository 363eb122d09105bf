/// One column of a table of objects.
public struct TableColumn: Sendable, Hashable {
    /// What the cells hold, for sorting and aligning them.
    public enum CellKind: Sendable { case text, number, age, quantity }
    public enum Alignment: Sendable { case leading, trailing }

    /// The heading as `kubectl get` prints it: `READY`, `PORT(S)`.
    public let title: String
    /// 0 for columns that are always shown, 1 for those of `-o wide`.
    public let priority: Int
    public let kind: CellKind

    public init(_ title: String, _ kind: CellKind = .text, wide: Bool = false) {
        (self.title, self.kind, priority) = (title, kind, wide ? 1 : 0)
    }
    /// Where the dashboard puts the cells. `kubectl` aligns everything at the left.
    public var alignment: Alignment { kind == .number || kind == .quantity ? .trailing : .leading }

    static let name = TableColumn("NAME")
    static let age = TableColumn("AGE", .age)
    /// The wide columns of kinds with a pod template.
    static let containers = [TableColumn("CONTAINERS", wide: true), TableColumn("IMAGES", wide: true)]
    static let selector = TableColumn("SELECTOR", wide: true)
}
