import KubernetesAPI

/// What the scheduler knows of the nodes, as columns: row numbers stand for nodes everywhere in the scheduler.
///
/// A row also exists for a node name that pods are bound to although there is no such Node; ``present`` tells.
struct NodeColumns: Sendable {
    private(set) var names: [String] = []
    private(set) var rowsByName: [String: Int] = [:]
    private var free: [Int] = []
    /// The Node object of the row.
    var objects: [Node?] = []
    /// Rows with a Node object.
    private(set) var present = NodeMask(count: 0)
    /// Rows whose `spec.unschedulable` is set.
    var cordoned = NodeMask(count: 0)
    /// How many nodes have a taint with effect PreferNoSchedule.
    private(set) var discouragedCount = 0

    /// Resources by number: cpu (thousandths), memory, ephemeral storage, then all others as they appear.
    private(set) var resourceNames = ["cpu", "memory", "ephemeral-storage"]
    private var resourceNumbers = ["cpu": 0, "memory": 1, "ephemeral-storage": 2]
    /// By resource number, then by row.
    var allocatable: [[Int64]] = [[], [], []]
    var requested: [[Int64]] = [[], [], []]
    /// Requests with a default for containers that state none; for scores.
    var nonZeroCPU: [Int64] = []
    var nonZeroMemory: [Int64] = []
    var podLimit: [Int64] = []
    /// Slots of the pods on the row, in the order of arrival.
    var podSlots: [[Int]] = []
    var hostPorts: [[HostPort]] = []

    /// Rows whose Node object changed in a way that placement looks at.
    private(set) var journal = ChangeLog()
    /// Of these, rows whose Node came, went or got other labels.
    private var relabelled = ChangeLog()
    /// These, and rows on which pods came or went.
    private(set) var touched = ChangeLog()

    /// What those have to read who look at the nodes' labels, and at their taints or not.
    func changes(withTaints: Bool) -> ChangeLog { withTaints ? journal : relabelled }

    var count: Int { names.count }
    /// How many Node objects there are.
    private(set) var presentCount = 0
    /// The present rows in the order of their names; empty if that is to be found out anew.
    private var ordered: [Int] = []

    func row(_ name: String) -> Int? { rowsByName[name] }

    /// The row of the node called `name`, made if there is none.
    mutating func makeRow(_ name: String) -> Int {
        if let row = rowsByName[name] { return row }
        let row: Int
        if let reused = free.popLast() {
            row = reused
            names[row] = name
        } else {
            row = names.count
            names.append(name)
            objects.append(nil)
            for i in allocatable.indices {
                allocatable[i].append(0)
                requested[i].append(0)
            }
            nonZeroCPU.append(0)
            nonZeroMemory.append(0)
            podLimit.append(0)
            podSlots.append([])
            hostPorts.append([])
        }
        rowsByName[name] = row
        return row
    }

    /// Puts a node object into its row, or takes it out.
    mutating func set(_ node: Node?, row: Int) {
        let was = objects[row] != nil
        if was != (node != nil) { ordered = [] }
        if !was || node?.metadata.labels != objects[row]?.metadata.labels { relabelled.note(row, of: count) }
        discouragedCount += Self.isDiscouraged(node) - Self.isDiscouraged(objects[row])
        objects[row] = node
        present[row] = node != nil
        presentCount += (node != nil ? 1 : 0) - (was ? 1 : 0)
        cordoned[row] = node?.spec.unschedulable ?? false
        for i in allocatable.indices { allocatable[i][row] = 0 }
        podLimit[row] = 0
        if let node {
            for (name, quantity) in node.status.allocatable.entries {
                if name == "pods" {
                    podLimit[row] = quantity.value
                    continue
                }
                allocatable[resource(name)][row] = name == "cpu" ? quantity.milliValue : quantity.value
            }
        }
        journal.note(row, of: count)
        touch(row)
    }
    private static func isDiscouraged(_ node: Node?) -> Int {
        node?.spec.taints.contains { $0.effect == TaintEffect.preferNoSchedule } ?? false ? 1 : 0
    }
    /// The rows with a Node object in the order of the nodes' names. O(1) once the order is kept, and as long as no node comes or goes.
    var presentByName: [Int] {
        if !ordered.isEmpty { return ordered }
        let names = names
        return present.members.sorted { names[$0] < names[$1] }
    }
    /// Keeps that order for those who ask often.
    mutating func keepOrder() { ordered = presentByName }
    /// Notes that what the pods of `row` take has changed.
    mutating func touch(_ row: Int) { touched.note(row, of: count) }
    /// Gives the row back if neither a node nor a pod needs it.
    mutating func releaseIfUnused(_ row: Int) {
        guard objects[row] == nil, podSlots[row].isEmpty, rowsByName[names[row]] == row else { return }
        rowsByName[names[row]] = nil
        free.append(row)
    }

    /// The number of the resource called `name`.
    mutating func resource(_ name: String) -> Int {
        if let number = resourceNumbers[name] { return number }
        let number = resourceNames.count
        resourceNumbers[name] = number
        resourceNames.append(name)
        allocatable.append(Array(repeating: 0, count: names.count))
        requested.append(Array(repeating: 0, count: names.count))
        return number
    }
    /// The number of the resource called `name`, if any node or pod has it.
    func knownResource(_ name: String) -> Int? { resourceNumbers[name] }

    /// What is left of a resource on a node; below zero if pods that were bound past the scheduler have taken more.
    ///
    /// The sums wrap around, so that what was added can always be taken away again: one below zero is beyond all nodes.
    func free(_ resource: Int, _ row: Int) -> Int64 {
        let used = requested[resource][row]
        return used < 0 ? .min : allocatable[resource][row] &- used
    }

    func labels(_ row: Int) -> StringMap<String> { objects[row]?.metadata.labels ?? [:] }
}

/// An amount of a resource, by number.
struct ResourceAmount: Sendable, Hashable {
    var resource: Int
    var amount: Int64
}

/// A port of the node that a pod takes.
struct HostPort: Sendable, Hashable {
    var ip: String
    var `protocol`: String
    var port: Int

    init(_ port: ContainerPort) {
        ip = port.hostIP.isEmpty ? "0.0.0.0" : port.hostIP
        `protocol` = port.protocol.isEmpty ? "TCP" : port.protocol
        self.port = port.hostPort
    }
    func conflicts(_ other: HostPort) -> Bool {
        port == other.port && `protocol` == other.protocol
            && (ip == other.ip || ip == "0.0.0.0" || other.ip == "0.0.0.0")
    }
}
