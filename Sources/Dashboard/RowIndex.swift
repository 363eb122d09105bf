// Which rows a table has and in which order, kept up from the feed of changes.

import ControlPlane
import KubernetesAPI
import SimulationKit

/// What decides which objects of a kind are rows, and which comes first.
struct RowRule {
    /// Rules with the same recipe make the same rows of the same objects.
    struct Recipe: Equatable {
        var generation: Int
        var namespace: String
        var filter: String
        var sort: String?
        var ascending: Bool
        var faults: Bool
        var wide: Bool
    }
    var recipe: Recipe
    var kind: KindInfo
    var scope: TableScreen.Scope
    var filter: Filter
    /// All that the filter looks at.
    var columns: [ObjectColumn]
    /// Nil: by name, or by age.
    var sorter: ObjectColumn?
    var byAge: Bool

    /// Whether a row stays as it is until its object is written; whether a pod has a fault follows besides from its node, and from the time
    /// at which it is overdue.
    var isExact: Bool {
        (sorter.map { ["NAME", "NAMESPACE"].contains($0.title) } ?? true)
            && filter.terms.allSatisfy { if case .labels = $0 { true } else { false } }
    }

    /// What is kept of an object that is in the table, whether it passes the filter or not.
    struct Row {
        var key: ObjectKey
        var isShown: Bool
        var text = ""
        /// The number in `text`, if the table is sorted by numbers.
        var number: Double?
        var time: Int64 = 0
        /// When it has a fault that it has not yet, if nothing is written until then.
        var due: Instant?
    }

    /// The row of `object`; nil if the table is not about it.
    func row(_ object: any StoredObject, _ world: World) -> Row? {
        guard contains(object, world) else { return nil }
        var row = Row(key: object.key, isShown: true)
        if recipe.faults, !ObjectColumns.isFault(object, world) {
            row.isShown = false
            if let pod = object as? Pod, pod.metadata.isTerminating { row.due = pod.metadata.deletionTimestamp.map { $0 + PodState.patience } }
        }
        if row.isShown, !filter.terms.isEmpty {
            // Most rows are found, or not, by their names: the other cells are worked out when they are asked for.
            let cells = (isExact ? [] : columns).lazy.map { (title: $0.title, text: $0.text(object, world)) }
            let labels = object.metadata.labels
            row.isShown = filter.terms.count == 1 ? filter.passes(cells: cells, labels: labels) : filter.passes(cells: Array(cells), labels: labels)
        }
        guard row.isShown else { return row }
        if byAge { row.time = ((object as? Event)?.lastTimestamp ?? object.metadata.creationTimestamp)?.nanoseconds ?? 0 }
        if let sorter {
            row.text = sorter.sortText(object, world)
            if sorter.isNumber { row.number = Filter.number(row.text) }
        }
        return row
    }

    private func contains(_ object: any StoredObject, _ world: World) -> Bool {
        let namespace = object.metadata.namespace
        switch (scope, object) {
        case (.onNode(let name), let pod as Pod): return pod.nodeName == name
        case (.ofWorkload(let workload), let pod as Pod):
            return namespace == workload.namespace && Workload(of: pod, world.cluster) == workload
        case (.about(let about, let key), let event as Event):
            let object = event.involvedObject
            return object.name == key.name && object.kind == about && object.namespace == key.namespace
        case (.ofWorkload(let workload), let set as ReplicaSet):
            if set.metadata.controller?.name != workload.name || namespace != workload.namespace { return false }
        case (.labels(let selector, _), let pod as Pod): if !selector.matches(pod.metadata.labels) { return false }
        case (.keys(let keys, _), let pod as Pod): if !keys.contains(pod.key) { return false }
        default: break
        }
        return !kind.isNamespaced || world.shows(namespace)
    }

    /// Whether row `a`, whose object has the number `m`, comes before `b`. A total order.
    func comesFirst(_ a: Row, _ m: Int32, _ b: Row, _ n: Int32) -> Bool {
        let (x, y) = recipe.ascending ? (a, b) : (b, a)
        if byAge {
            // The youngest first when ascending, as an age counts up.
            if x.time != y.time { return x.time > y.time }
        } else if sorter != nil, x.text != y.text {
            if let m = x.number, let n = y.number, m != n { return m < n }
            if naturalOrder(x.text, y.text) { return true }
            if naturalOrder(y.text, x.text) { return false }
        }
        if a.key.namespace != b.key.namespace { return a.key.namespace < b.key.namespace }
        if naturalOrder(a.key.name, b.key.name) { return true }
        return !naturalOrder(b.key.name, a.key.name) && m < n
    }
}

/// The rows of a table in order. A change costs what changed; the first look at many objects is taken in slices, the rows that come
/// first being there at once.
///
/// Objects of kinds with a table of their own are numbered by their slots, those of others by their place in the list of them.
struct RowIndex {
    private var rule: RowRule?
    private var rows: [RowRule.Row?] = []
    /// Numbers of the rows that are shown, in order; while the work is under way those that come first as far as it got.
    private var order: [Int32] = []
    /// How many objects the table is about, whether they pass the filter or not.
    private(set) var total = 0
    private var cursor = WatchCursor.beginning
    private var revision = -1
    private var work: Work?
    /// Where the next rows are that are looked at again because more than their objects decides about them.
    private var round = 0
    /// Rows that have a fault from a moment on, and the first of these moments.
    private var due: [Int32: Instant] = [:]
    private var firstDue = Instant.distantFuture

    /// As many rows are looked at before anything is shown; a table of fewer is always complete.
    static let atOnce = 2000
    /// A table of no more is looked at again as a whole with each frame where more than its objects decides about the rows.
    static let again = 500
    /// Of a larger one so many: all that a filter may look at takes some 20 µs a row.
    private static let inTurn = 125
    private static let preview = 512
    /// So many are sorted, or put in order behind others, in one step, which takes as long as some dozens of looks.
    private static let run = 512
    private static let weight = 32

    private struct Work {
        /// The numbers to look at; nil: all up to the end of the table.
        var candidates: [Int32]?
        var next = 0
        var end: Int
        var found: [Int32] = []
        /// Numbers whose objects changed behind its back.
        var touched: Set<Int32> = []
        /// Sorted runs of `found`, of this length each.
        var runs = 0
        var place = 0
        /// How far the two runs that begin at `place` are merged.
        var taken: (first: Int, second: Int)?
        var merged: [Int32] = []
    }

    var count: Int { order.count }
    /// How far the first look is, 0 … 1; nil if it is over.
    var progress: Double? { work.map { $0.end == 0 ? 1 : Double($0.next) / Double($0.end) * ($0.runs == 0 ? 1 : 0.99) } }
    /// The object of the row at `place`.
    func key(at place: Int) -> ObjectKey? { order.indices.contains(place) ? rows[Int(order[place])]?.key : nil }
    /// All rows. O(rows).
    var keys: [ObjectKey] { order.compactMap { rows[Int($0)]?.key } }

    /// Where the object called `key` stands; nil if it does not.
    func place(of key: ObjectKey, _ world: World) -> Int? {
        guard let number = number(of: key, world), let row = rows[safe: number] ?? nil, row.isShown, row.key == key else { return nil }
        if work != nil { return order.firstIndex(of: Int32(number)) }
        let place = place(of: row, Int32(number))
        return place < order.count && order[place] == number ? place : nil
    }
    private func number(of key: ObjectKey, _ world: World) -> Int? {
        guard let rule else { return nil }
        if rule.kind.type == .custom { return rows.firstIndex { $0?.key == key } }
        func slot<O: StoredObject>(_ type: O.Type) -> Int? { world.store[keyPath: O.table].slot(of: key) }
        return slot(ObjectStore.type(of: rule.kind.type))
    }
    private func place(of row: RowRule.Row, _ number: Int32) -> Int {
        guard let rule else { return 0 }
        return order.partitioningIndex { other in rows[Int(other)].map { !rule.comesFirst($0, other, row, number) } ?? true }
    }

    // MARK: Keeping up

    /// Brings the rows up to date with the world.
    mutating func refresh(_ rule: RowRule, _ world: World) {
        let isSame = self.rule?.recipe == rule.recipe
        let moved = revision != world.store.revision
        revision = world.store.revision
        self.rule = rule
        let isKept = isSame && rule.kind.type != .custom && world.store.holds(cursor)
        if !isKept || !rule.isExact && work == nil && rows.count <= Self.again {
            if isSame, !moved, rule.kind.type == .custom || isKept, !rule.filter.hasBounds { return }
            return begin(rule, world)
        }
        // Ages move even when nothing is written.
        guard moved || rule.filter.hasBounds || firstDue < world.now else { return }
        var touched = overdue(world.now)
        while let entry = world.store.next(&cursor, until: .distantFuture) { touched += numbers(entry, rule, world) }
        if work != nil {
            work!.touched.formUnion(touched)
            return
        }
        if !rule.isExact {
            for number in round..<min(round + Self.inTurn, rows.count) { touched.append(Int32(number)) }
            round = round + Self.inTurn < rows.count ? round + Self.inTurn : 0
        }
        look(at: touched, rule, world)
    }

    /// The rows whose moment has come.
    private mutating func overdue(_ now: Instant) -> [Int32] {
        guard firstDue < now else { return [] }
        let numbers = due.filter { $0.value < now }.map(\.key)
        for number in numbers { due[number] = nil }
        firstDue = due.values.min() ?? .distantFuture
        return numbers
    }
    private mutating func note(_ due: Instant?, _ number: Int32) {
        if let due {
            self.due[number] = due
            firstDue = min(firstDue, due)
        } else if !self.due.isEmpty {
            self.due[number] = nil
        }
    }

    /// The rows that a change is about.
    private func numbers(_ entry: LogEntry, _ rule: RowRule, _ world: World) -> [Int32] {
        if entry.kind == rule.kind.type {
            func slot<O: StoredObject>(_ type: O.Type) -> Int32 { Int32(world.store[keyPath: O.table].change(entry.index).slot) }
            return [slot(ObjectStore.type(of: entry.kind))]
        }
        guard entry.kind == .node, rule.kind.type == .pod, rule.recipe.faults || !rule.isExact else { return [] }
        // How a pod is depends on whether its node is ready.
        let change = world.store.nodes.change(entry.index)
        func isDown(_ node: Node?) -> Bool? { node.map { !$0.isReady && $0.status.conditions[ConditionType.ready] != nil } }
        if isDown(change.previous) == isDown(change.object), change.action == .modified { return [] }
        return world.store.podSlots(onNode: change.object.name).map { Int32($0) }
    }

    /// Looks at some objects again and puts their rows where they belong.
    private mutating func look(at numbers: [Int32], _ rule: RowRule, _ world: World) {
        if numbers.isEmpty { return }
        let object = Self.reader(of: rule.kind.type, world)
        var gone: [Int32] = []
        var new: [(number: Int32, row: RowRule.Row?)] = []
        var done: Set<Int32> = []
        for number in numbers where done.insert(number).inserted {
            while rows.count <= Int(number) { rows.append(nil) }
            let before = rows[Int(number)]
            let row = object(Int(number)).flatMap { rule.row($0, world) }
            note(row?.due, number)
            total += (row == nil ? 0 : 1) - (before == nil ? 0 : 1)
            let (was, isShown) = (before?.isShown ?? false, row?.isShown ?? false)
            if was, isShown, let before, let row, before.key == row.key, before.text == row.text, before.number == row.number, before.time == row.time {
                continue
            }
            if was { gone.append(number) }
            if was || isShown { new.append((number, row)) } else { rows[Int(number)] = row }
        }
        if gone.count > 32 {
            let set = Set(gone)
            order.removeAll { set.contains($0) }
        } else {
            for number in gone { if let row = rows[Int(number)] { order.remove(at: place(of: row, number)) } }
        }
        for (number, row) in new { rows[Int(number)] = row }
        let come = new.compactMap { $0.row?.isShown ?? false ? $0.number : nil }
        if come.count > 32 {
            let before = order
            order = []
            order.reserveCapacity(before.count + come.count)
            _ = merge(before[...], sorted(come)[...], into: &order, most: .max)
        } else {
            for number in come { if let row = rows[Int(number)] { order.insert(number, at: place(of: row, number)) } }
        }
    }

    // MARK: The first look

    private mutating func begin(_ rule: RowRule, _ world: World) {
        (rows, order, total, round) = ([], [], 0, 0)
        (due, firstDue) = ([:], .distantFuture)
        cursor = world.store.end
        if rule.kind.type == .custom {
            for object in world.store.objects(of: rule.kind) {
                guard let row = rule.row(object, world) else { continue }
                if row.isShown { order.append(Int32(rows.count)) }
                rows.append(row)
            }
            (total, order, work) = (rows.count, sorted(order), nil)
            return
        }
        func count<O: StoredObject>(_ type: O.Type) -> Int { world.store[keyPath: O.table].rows.count }
        let count = count(ObjectStore.type(of: rule.kind.type))
        rows = Array(repeating: nil, count: count)
        var work = Work(end: count)
        switch rule.scope {
        case .onNode(let name): work.candidates = world.store.podSlots(onNode: name).map { Int32($0) }
        case .about(let about, let key): work.candidates = world.store.eventSlots(about: about, key).sorted().map { Int32($0) }
        case .keys(let keys, _) where rule.kind.type == .pod: work.candidates = keys.compactMap { world.store.pods.slot(of: $0) }.sorted().map { Int32($0) }
        default: break
        }
        work.end = work.candidates?.count ?? count
        self.work = work
        var looks = 0
        let limit = rule.isExact ? Self.atOnce : work.end <= Self.again ? Self.again : 2 * Self.inTurn
        go(on: world) {
            looks += 1
            return looks > limit
        }
    }

    /// Goes on with the first look until `shouldStop` says so, which is asked for each row.
    mutating func go(on world: World, until shouldStop: () -> Bool) {
        guard var work, let rule else { return }
        self.work = nil
        let object = Self.reader(of: rule.kind.type, world)
        while work.next < work.end {
            if shouldStop() {
                self.work = work
                return
            }
            let number = work.candidates.map { $0[work.next] } ?? Int32(work.next)
            work.next += 1
            while rows.count <= Int(number) { rows.append(nil) }
            guard let row = object(Int(number)).flatMap({ rule.row($0, world) }) else { continue }
            rows[Int(number)] = row
            note(row.due, number)
            total += 1
            if row.isShown {
                work.found.append(number)
                preview(row, number)
            }
        }
        while !sort(&work) {
            var isOver = false
            for _ in 0..<Self.weight { isOver = shouldStop() || isOver }
            if isOver {
                self.work = work
                return
            }
        }
        order = work.found
        look(at: work.touched.sorted(), rule, world)
    }

    /// Keeps the first of the rows found so far in sight.
    private mutating func preview(_ row: RowRule.Row, _ number: Int32) {
        if order.count >= Self.preview {
            guard let rule, let last = order.last, let other = rows[Int(last)], rule.comesFirst(row, number, other, last) else { return }
            order.removeLast()
        }
        order.insert(number, at: place(of: row, number))
    }

    /// A step of sorting what was found; true when it is sorted.
    private func sort(_ work: inout Work) -> Bool {
        let count = work.found.count
        if work.runs == 0 {
            let end = min(work.place + Self.run, count)
            work.found.replaceSubrange(work.place..<end, with: sorted(Array(work.found[work.place..<end])))
            work.place = end
            if end == count { (work.runs, work.place) = (Self.run, 0) }
            return count <= Self.run
        }
        if work.runs >= count { return true }
        // Merging the last two runs takes as long as all the rest: in steps, too.
        let (middle, end) = (min(work.place + work.runs, count), min(work.place + 2 * work.runs, count))
        let (i, j) = work.taken ?? (work.place, middle)
        let taken = merge(work.found[i..<middle], work.found[j..<end], into: &work.merged, most: Self.run)
        work.taken = taken
        if taken.first < middle || taken.second < end { return false }
        (work.place, work.taken) = (end, nil)
        if end == count {
            (work.found, work.merged, work.place) = (work.merged, [], 0)
            work.runs *= 2
        }
        return work.runs >= count
    }
    private func comesFirst(_ a: Int32, _ b: Int32) -> Bool {
        guard let rule, let x = rows[Int(a)], let y = rows[Int(b)] else { return a < b }
        return rule.comesFirst(x, a, y, b)
    }
    private func sorted(_ numbers: [Int32]) -> [Int32] { numbers.sorted(by: comesFirst) }
    /// Puts up to `most` of two sorted runs in order behind `result`; returns where the rest of each begins.
    private func merge(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>, into result: inout [Int32], most: Int) -> (first: Int, second: Int) {
        var (i, j) = (a.startIndex, b.startIndex)
        for _ in 0..<min(most, a.count + b.count) {
            if j < b.endIndex, i == a.endIndex || comesFirst(b[j], a[i]) {
                result.append(b[j])
                j += 1
            } else {
                result.append(a[i])
                i += 1
            }
        }
        return (i, j)
    }

    /// Reads objects by their slots.
    private static func reader(of kind: Kind, _ world: World) -> (Int) -> (any StoredObject)? {
        func reader<O: StoredObject>(_ type: O.Type) -> (Int) -> (any StoredObject)? {
            let rows = world.store[keyPath: O.table].rows
            return { $0 < rows.count ? rows[$0] : nil }
        }
        return reader(ObjectStore.type(of: kind))
    }

    /// What differs from rows that are made anew; empty if nothing does. For tests.
    func faults(_ world: World) -> [String] {
        guard work == nil, let rule else { return [] }
        var fresh = RowIndex()
        fresh.refresh(rule, world)
        fresh.go(on: world) { false }
        var faults: [String] = []
        if total != fresh.total { faults.append("\(total) objects, counted anew \(fresh.total)") }
        if keys != fresh.keys {
            faults.append("\(keys.count) rows, made anew \(fresh.keys.count): \(zip(keys, fresh.keys).first { $0 != $1 }.map { "\($0)" } ?? "")")
        }
        return faults
    }
}
