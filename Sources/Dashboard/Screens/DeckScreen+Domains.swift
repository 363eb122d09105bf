import Canvas
import ControlPlane
import KubernetesAPI
import Scheduling
import Simulation
import SimulationKit

/// The upper half of the Deck: domains as boxes, nodes in them, pods as cells.
extension DeckScreen {
    // MARK: Domains

    struct Domain {
        var name: String
        var nodes: [String]
        /// The columns of the longest of the nodes' short names.
        var nameWidth = 0
        /// Where the nodes stand in the view, and as what they were seen last; for domains in sight.
        var places: [Int] = []
        var views: [NodeView] = []
        var marks: [NodeMark] = []
    }

    /// What a frame asks of each node, however many there are: side by side, as a look at thousands of objects would take most of its time.
    struct NodeMark: Equatable {
        /// That of the node when the mark was made.
        var version = -1
        var cpu = 0.0
        /// The larger of its shares.
        var share = 0.0
        var pods = 0
        /// Those of the workload looked at.
        var focused = 0
        var isDown = false
        var isFine = false
        /// Whether there is something to say about it.
        var isOdd = false

        init() {}
        init(_ node: NodeView, version: Int, _ workload: Workload?) {
            (self.version, cpu, share, pods) = (version, node.cpuShare, max(node.cpuShare, node.memoryShare), node.podCount)
            // By index, as a copy of each of many thousand pods would cost more than the look.
            focused = workload.map { workload in node.facts.pods.indices.count { DeckScreen.isOf(workload, node.facts.pods[$0]) } } ?? 0
            (isDown, isFine, isOdd) = (node.isDown, node.isFine, !node.pressures.isEmpty || share > 1)
        }
    }

    /// Makes the marks of the nodes in sight that are not as they were.
    mutating func lookAtNodes(_ world: World) {
        let workload = world.spreadGroup(selectedGroup(world)?.id)?.workload
        if workload != markedWorkload {
            markedWorkload = workload
            for index in domains.indices { domains[index].marks = [] }
        }
        for index in domains.indices.dropFirst(firstDomain).prefix(boxes.count) {
            if domains[index].places.isEmpty {
                domains[index].places = domains[index].nodes.compactMap { world.view.nodes.place(of: $0) }
                domains[index].views = domains[index].places.compactMap { world.view.nodes.view(at: $0) }
            }
            let count = domains[index].views.count
            if domains[index].marks.isEmpty { domains[index].marks = Array(repeating: NodeMark(), count: count) }
            for node in 0..<count {
                let place = domains[index].places[node]
                let version = world.view.nodes.version(at: place)
                guard domains[index].marks[node].version != version, let view = world.view.nodes.view(at: place) else { continue }
                domains[index].views[node] = view
                domains[index].marks[node] = NodeMark(view, version: version, workload)
            }
        }
    }

    /// What differs from marks that are made anew; empty if nothing does. For tests.
    func faults(_ world: World) -> [String] {
        domains.dropFirst(firstDomain).prefix(boxes.count).flatMap { domain in
            zip(domain.nodes, domain.marks).compactMap { name, mark in
                guard let node = world.view.nodes[name] else { return "the Deck shows \(name), which is gone" }
                return mark == NodeMark(node, version: mark.version, markedWorkload) ? nil : "the mark of \(name) is not that of the node"
            } + (domain.marks.count == domain.nodes.count ? [] : ["\(domain.name) has \(domain.marks.count) marks for \(domain.nodes.count) nodes"])
        }
    }

    /// The values of the topology key in natural order with their nodes; nodes without the label come last.
    static func domains(_ world: World) -> [Domain] {
        var byName: [String: [String]] = [:]
        for name in world.view.nodeNames { byName[world.view.nodes[name]?.labels[world.topologyKey] ?? "", default: []].append(name) }
        return byName.keys.sorted(by: naturalOrder).filter { !$0.isEmpty }.map { Domain(name: $0, nodes: byName[$0]!) }
            + (byName[""].map { [Domain(name: "", nodes: $0)] } ?? [])
    }

    /// How many rows of boxes there are: many domains of few nodes stand in several, so that more of them are seen.
    static func bands(_ domains: [Domain], perRow: Int, height: Int) -> Int {
        let wanted = (domains.count + perRow - 1) / perRow
        let most = domains.map(\.nodes.count).max() ?? 1
        // Two lines a node if all fit so, one otherwise.
        return max(1, min(wanted, wanted * (most * 2 + 2) <= height ? wanted : height / (most + 2)))
    }
    static func perRow(_ domains: [Domain], width: Int) -> Int { max(1, min(domains.count, width / 24)) }

    /// Which domains are seen, the one with the node under the cursor among them, and where.
    mutating func placeDomains(in area: Rect) {
        let perRow = Self.perRow(domains, width: area.width)
        let bands = Self.bands(domains, perRow: perRow, height: area.height)
        let count = min(domains.count, perRow * bands)
        domainsPerRow = bands > 1 ? perRow : domains.count
        firstDomain = max(0, min(firstDomain, domains.count - count))
        if let cursor = nodeCursor, pane == .nodes, let index = domains.firstIndex(where: { $0.nodes.contains(cursor) }) {
            if index < firstDomain { firstDomain = index / perRow * (bands > 1 ? perRow : 1) + (bands > 1 ? 0 : index % perRow) }
            while index >= firstDomain + count { firstDomain += bands > 1 ? perRow : 1 }
            firstDomain = min(firstDomain, domains.count - count)
        }
        let columns = area.splitColumns(Array(repeating: .weight(1), count: perRow))
        let height = area.height / bands
        boxes = (0..<count).map { index in
            let column = columns[index % perRow]
            let y = area.y + index / perRow * height
            return Rect(x: column.x, y: y, width: column.width, height: index / perRow == bands - 1 ? area.bottom - y : height)
        }
    }

    func drawDomains(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let group = world.spreadGroup(selectedGroup(world)?.id)
        let sameKey = group?.topologyKey == world.topologyKey ? group : nil
        var heads: [(domain: Domain, box: Rect, head: DomainHead)] = []
        for (index, box) in boxes.enumerated() {
            let domain = domains[firstDomain + index]
            let hidden = (index == 0 ? firstDomain : 0, index == boxes.count - 1 ? domains.count - firstDomain - boxes.count : 0)
            heads.append((domain, box, DomainHead(domain, isWide: box.width >= 36, group: group, domainGroup: sameKey, hidden: hidden, world)))
        }
        // All say the number of nodes in the same way: the longest for which all have room.
        let form = (0..<2).first { form in heads.allSatisfy { $0.head.spare(form, in: $0.box.width) >= 0 } } ?? 2
        for (domain, box, head) in heads {
            draw(domain, head, form, on: &canvas, in: box, group: group, isFirst: box.origin == area.origin, world)
        }
    }

    /// How the nodes of a domain are shown, by the room that there is for them.
    private enum NodeForm {
        case twoLines(isSeparated: Bool)
        case oneLine
        /// Several a line, with their names.
        case names
        /// Marks, each for as many nodes.
        case marks(share: Int)
    }
    /// Where the nodes of a domain stand, or marks for several.
    private func places(_ domain: Domain, in box: Rect) -> (form: NodeForm, areas: [Rect]) {
        let nodes = domain.marks
        let inside = box.interior.inset(x: 1, y: 0)
        let rows = inside.height - extras(nodes.count, inside)
        func line(_ index: Int, every: Int, height: Int) -> Rect { Rect(x: inside.x, y: inside.y + index * every, width: inside.width, height: height) }
        if nodes.count * 2 <= rows {
            let isSeparated = nodes.count * 3 - 1 <= rows
            return (.twoLines(isSeparated: isSeparated), nodes.indices.map { line($0, every: isSeparated ? 3 : 2, height: 2) })
        }
        if nodes.count <= rows { return (.oneLine, nodes.indices.map { line($0, every: 1, height: 1) }) }
        // The last line tells about them.
        let most = rows - 1
        guard most > 0 else { return (.marks(share: 1), []) }
        let perLine = (nodes.count + most - 1) / most
        let width = (inside.width + 1) / perLine
        let nameWidth = domain.nameWidth
        if nameWidth > 0, width >= nameWidth + 2 {
            return (
                .names,
                nodes.indices.map { Rect(x: inside.x + $0 / most * width, y: inside.y + $0 % most, width: width - 1, height: 1) }
            )
        }
        let pitch = nodes.count <= inside.width / 2 * most ? 2 : 1
        let perRow = max(1, inside.width / pitch)
        let share = max(1, (nodes.count + perRow * most - 1) / (perRow * most))
        return (
            .marks(share: share),
            (0..<(nodes.count + share - 1) / share).map {
                Rect(x: inside.x + $0 % perRow * pitch, y: inside.y + $0 / perRow, width: pitch, height: 1)
            }
        )
    }
    private func extras(_ count: Int, _ inside: Rect) -> Int { inside.height >= 15 && count * 2 + 5 <= inside.height ? 4 : inside.height >= 6 ? 1 : 0 }

    /// The node at a point of the screen.
    func node(at point: Point, _ world: World) -> String? {
        for (index, box) in boxes.enumerated() where box.interior.height > 0 && box.contains(point) {
            let domain = domains[firstDomain + index]
            let (form, areas) = places(domain, in: box)
            guard let place = areas.firstIndex(where: { $0.contains(point) }) else { continue }
            if case .marks(let share) = form { return domain.views[place * share].name }
            return domain.views[place].name
        }
        return nil
    }

    private func draw(
        _ domain: Domain, _ head: DomainHead, _ form: Int, on canvas: inout Canvas, in box: Rect, group: SpreadGroup?, isFirst: Bool, _ world: World
    ) {
        let theme = world.theme
        let (nodes, marks) = (domain.views, domain.marks)
        let isDead = !nodes.isEmpty && !world.outages.isEmpty && nodes.allSatisfy { world.outages[$0.name] != nil }
        var (title, right) = head.texts(form, in: box.width, world)
        if isDead {
            let word = marks.allSatisfy(\.isDown) ? "DOWN" : "SILENT"
            right = StyledText(word + (right.isEmpty ? "" : " "), theme[.rowError]) + right
            if title.width + right.width + 7 > box.width { right = StyledText(word, theme[.rowError]) }
        }
        canvas.drawBox(in: box, title: title, right: right.isEmpty ? nil : right, style: theme[isDead ? .rowError : pane == .nodes ? .borderFocus : .border])
        let inside = box.interior.inset(x: 1, y: 0)
        guard inside.height > 0 else { return }
        let extras = extras(nodes.count, inside)
        let (nodeForm, areas) = places(domain, in: box)
        var y = areas.last.map(\.bottom) ?? inside.y
        switch nodeForm {
        case .twoLines(let isSeparated):
            for (node, area) in zip(nodes, areas) {
                drawTwoLines(node, on: &canvas, at: area.origin, width: area.width, group, world)
                if isSeparated, area.bottom < y {
                    canvas.write(
                        String(canvas.glyphs.alphabet == .ascii ? "-" : "┈", times: area.width), at: Point(x: area.x, y: area.bottom), style: theme[.border])
                }
            }
        case .oneLine:
            let nameWidth = min(max(8, inside.width / 4), nodes.isEmpty ? 2 : domain.nameWidth)
            // All bars start at one column, whatever pods there are.
            let cells = marks.map { min(max(5, $0.pods), max(5, (inside.width - nameWidth - 4) / 2)) }.max() ?? 5
            for (node, area) in zip(nodes, areas) {
                drawOneLine(node, on: &canvas, at: area.origin, width: area.width, nameWidth: nameWidth, cells: cells, group, world)
            }
        case .names, .marks:
            let area = inside.inset(bottom: extras)
            y = area.bottom
            if case .marks(let share) = nodeForm {
                drawMarks(domain, each: share, areas, on: &canvas, in: area, group, explains: isFirst, world)
            } else {
                drawNames(domain, areas, on: &canvas, in: area, group, world)
            }
        }
        // What is odd about the nodes, where there is room above the curve.
        let remarks = remarks(domain).prefix(max(0, inside.bottom - extras - y - 1))
        for (line, remark) in remarks.enumerated() {
            canvas.write(
                remark, at: Point(x: inside.x, y: inside.bottom - extras - remarks.count + line), style: theme[.rowPending], maxWidth: inside.width,
                ellipsis: true)
        }
        drawExtras(extras, domain, nodes, on: &canvas, box: box, inside: inside, world)
    }

    /// Nodes that are gone, or promise more than they have, in words.
    private func remarks(_ domain: Domain) -> [String] {
        var lines: [String] = []
        let odd = domain.marks.indices.filter { domain.marks[$0].isOdd }.map { domain.views[$0] }
        for node in odd where !node.pressures.isEmpty { lines.append("\(node.name) \(node.pressures.joined(separator: " "))") }
        let gone = domain.marks.count(where: \.isDown)
        if gone > 1 { lines.append("\(gone) of \(domain.marks.count) nodes NotReady") }
        for node in odd where max(node.cpuShare, node.memoryShare) > 1 {
            let name = node.cpuShare > 1 ? "cpu" : "mem"
            lines.append(
                node.waitingForResize.first.map { "\(node.name) \(name): \($0)'s deferred size counts" }
                    ?? "\(node.name) \(name): more asked than there is")
        }
        return lines
    }

    private func drawExtras(_ extras: Int, _ domain: Domain, _ nodes: [NodeView], on canvas: inout Canvas, box: Rect, inside: Rect, _ world: World) {
        let theme = world.theme
        let shares = world.history.cpuShare[domain.name] ?? []
        let curve = Sparkline(Array(shares.suffix(60)), minimum: 0, maximum: 1, limit: 0.9)
        if extras == 1 {
            canvas.write("cpu ", at: Point(x: inside.x, y: inside.bottom - 1), style: theme[.dim])
            curve.draw(on: &canvas, at: Point(x: inside.x + 4, y: inside.bottom - 1), width: inside.width - 4, theme: theme)
        }
        guard extras == 4 else { return }
        let y = inside.bottom - 4
        canvas.drawRule(inBox: box, y: y, title: StyledText("cpu requested, 10 min", theme[.dim]), style: theme[.border])
        curve.draw(on: &canvas, at: Point(x: inside.x, y: y + 1), width: inside.width, theme: theme)
        canvas.drawRule(inBox: box, y: y + 2, title: StyledText("pods by workload", theme[.dim]), style: theme[.border])
        var counts: [(name: String, count: Int, workload: Workload)] = []
        for pod in nodes.flatMap(\.pods) where pod.state != .done {
            let name = pod.workload.label()
            if let index = counts.firstIndex(where: { $0.name == name }) { counts[index].count += 1 } else { counts.append((name, 1, pod.workload)) }
        }
        counts.sort { ($0.workload.isSystem ? 1 : 0, -$0.count, $0.name) < ($1.workload.isSystem ? 1 : 0, -$1.count, $1.name) }
        var text = StyledText("")
        for entry in counts { text.append("\(entry.name) \(entry.count)  ", colour(of: entry.workload, world)) }
        canvas.write(text, at: Point(x: inside.x, y: y + 3), maxWidth: inside.width)
    }

    func colour(of workload: Workload, _ world: World) -> Style {
        guard colouring == .workload, !workload.isSystem else { return world.theme[workload.isSystem ? .dim : .text] }
        return world.theme[.workload(Int(StableHash.fnv1a32(workload.name) % 8))]
    }

    /// The sign of a pod: by state for the workload looked at, `•` for ready pods of others.
    private func cell(_ pod: PodCell, _ group: SpreadGroup?, _ world: World) -> (Character, Style) {
        let isFocused = pod.workload.name == group?.ownerName && pod.workload.namespace == group?.namespace
        let glyph = pod.state == .ready && !isFocused ? world.glyphs.other : world.glyph(pod.state)
        if colouring == .workload, pod.state == .ready { return (glyph, colour(of: pod.workload, world)) }
        if pod.state == .ready { return (glyph, world.theme[isFocused ? .good : pod.workload.isSystem ? .dim : .text]) }
        return (glyph, world.theme[World.role(pod.state)])
    }

    /// `web●● cart• sys••`: the pods of a node by workload, cut to `width`.
    private func podText(_ node: NodeView, _ group: SpreadGroup?, _ world: World, names: Bool, width: Int) -> StyledText {
        var groups: [(label: String, workload: Workload, rank: Int, pods: [PodCell])] = []
        for pod in node.pods where pod.state != .done {
            let label = pod.workload.label()
            if let index = groups.firstIndex(where: { $0.label == label && ($0.workload.isSystem || $0.workload == pod.workload) }) {
                groups[index].pods.append(pod)
            } else {
                groups.append((label, pod.workload, rank(pod.workload, group), [pod]))
            }
        }
        groups.sort { a, b in a.rank != b.rank ? a.rank < b.rank : a.label < b.label }
        // Names give way before cells do.
        var nameWidth = names ? 8 : 0
        func need() -> Int { groups.reduce(0) { $0 + min(nameWidth, $1.label.count) + $1.pods.count + (names ? 1 : 0) } - 1 }
        while nameWidth > 2, need() > width { nameWidth -= 1 }
        var text = StyledText("")
        for (index, entry) in groups.enumerated() {
            if names, index > 0 { text.append(" ") }
            if nameWidth > 0 { text.append(String(entry.label.first(upTo: nameWidth)), colour(of: entry.workload, world)) }
            for pod in entry.pods {
                let (glyph, style) = cell(pod, group, world)
                text.append(String(glyph), style)
            }
        }
        return text
    }
    private func rank(_ workload: Workload, _ group: SpreadGroup?) -> Int {
        workload.isSystem ? 2 : workload.name == group?.ownerName && workload.namespace == group?.namespace ? 0 : 1
    }

    private func drawTwoLines(_ node: NodeView, on canvas: inout Canvas, at point: Point, width: Int, _ group: SpreadGroup?, _ world: World) {
        let theme = world.theme
        let isCursor = pane == .nodes && node.name == nodeCursor
        if isCursor { canvas.write(canvas.glyphs.cursor, at: point.offset(x: -1), style: theme[.accent]) }
        let name = names.short(node.name)
        let nameWidth = max(3, min(TextWidth.columns(name), width / 3))
        canvas.write(names.cut(name, to: nameWidth, canvas.glyphs), at: point, style: theme[isCursor ? .cursor : .title], maxWidth: nameWidth)
        let isLost = world.outages[node.name] != nil
        let wordWidth = width >= 30 ? (node.isFine ? 9 : max(9, min(node.word.count, width / 3))) : node.isFine ? 0 : 8
        if wordWidth > 0 {
            canvas.write(
                isLost && !node.isDown ? "silent" : node.shortWord(wordWidth), at: point.offset(x: nameWidth + 1),
                style: theme[!node.isDown && !isLost ? (node.isFine ? .dim : .rowPending) : .rowError], maxWidth: wordWidth, ellipsis: true)
        }
        let x = nameWidth + 1 + (wordWidth > 0 ? wordWidth + 1 : 0)
        let room = max(0, width - x)
        canvas.write(podText(node, group, world, names: room >= 14, width: room), at: point.offset(x: x), maxWidth: room)
        // cpu █████▋░░  71%  mem ███▎░░░░  42%
        let half = (width - 2) / 2
        let bar = max(2, half - 4 - 5)
        for (index, item) in [("cpu", node.cpuShare, Role.gaugeCPU), ("mem", node.memoryShare, Role.gaugeMemory)].enumerated() {
            let at = point.offset(x: index * (half + 2), y: 1)
            canvas.write(item.0, at: at, style: theme[.dim])
            if isLost {
                canvas.write(Self.crossed(bar, canvas.glyphs), at: at.offset(x: 4), style: theme[.dim])
            } else {
                Gauge(used: item.1, scale: 1).draw(on: &canvas, at: at.offset(x: 4), width: bar, role: item.1 > 0.9 ? .rowPending : item.2, theme: theme)
            }
            let percent = fixed(item.1 * 100, 0) + "%"
            canvas.write(percent, at: at.offset(x: 4 + bar + 5 - percent.count), style: theme[isLost ? .dim : item.1 > 0.9 ? .rowPending : .text])
        }
    }

    /// A bar of a node of which nobody knows anything: crossed out.
    static func crossed(_ width: Int, _ glyphs: GlyphSet) -> String { String(repeating: glyphs.alphabet == .ascii ? "x" : "╳", count: max(0, width)) }

    private func drawOneLine(
        _ node: NodeView, on canvas: inout Canvas, at point: Point, width: Int, nameWidth: Int, cells: Int, _ group: SpreadGroup?, _ world: World
    ) {
        let theme = world.theme
        let isCursor = pane == .nodes && node.name == nodeCursor
        if isCursor { canvas.write(canvas.glyphs.cursor, at: point.offset(x: -1), style: theme[.accent]) }
        canvas.write(names.cut(names.short(node.name), to: nameWidth, canvas.glyphs), at: point, style: theme[isCursor ? .cursor : .title], maxWidth: nameWidth)
        let isLost = world.outages[node.name] != nil
        let word =
            isLost
            ? (node.isDown ? "NotReady" : "silent")
            : node.isUnreported
                ? "Unknown"
                : !node.pressures.isEmpty ? node.shortWord(9) : node.isReady ? (node.isCordoned ? "cordon" : node.taints.isEmpty ? "" : "taint") : "NotReady"
        canvas.write(podText(node, group, world, names: false, width: cells), at: point.offset(x: nameWidth + 1), maxWidth: cells)
        let barX = nameWidth + 2 + cells
        let bar = width - barX - 4
        // A word has the end of the bar, or all of it.
        let left = word.isEmpty ? bar : bar - word.count - 1
        if left >= 2, isLost {
            canvas.write(Self.crossed(left, canvas.glyphs), at: point.offset(x: barX), style: theme[.dim])
        } else if left >= 2 {
            Gauge(used: node.cpuShare, scale: 1).draw(on: &canvas, at: point.offset(x: barX), width: left, role: .gaugeCPU, theme: theme)
        }
        if !word.isEmpty, bar > 0 {
            canvas.write(
                word, at: point.offset(x: left >= 2 ? barX + left + 1 : barX), style: theme[isLost ? .rowError : .rowPending], maxWidth: bar, ellipsis: true)
        }
        let percent = fixed(node.cpuShare * 100, 0)
        canvas.write(percent, at: point.offset(x: width - percent.count), style: theme[.dim])
    }

    /// Several nodes a line, each with its name, a mark as high as it is full and as many pods as there is room for.
    private func drawNames(
        _ domain: Domain, _ areas: [Rect], on canvas: inout Canvas, in area: Rect, _ group: SpreadGroup?, _ world: World
    ) {
        let theme = world.theme
        for ((node, mark), place) in zip(zip(domain.views, domain.marks), areas) {
            let at = place.origin
            let isCursor = pane == .nodes && node.name == nodeCursor
            canvas.write(names.short(node.name), at: at, style: theme[isCursor ? .cursor : !node.isDown && world.outages[node.name] == nil ? .dim : .rowError])
            canvas.write(fill([mark], canvas.glyphs), at: at.offset(x: domain.nameWidth), style: theme[fillRole([mark])])
            let room = place.width - domain.nameWidth - 2
            if room > 0 {
                // All pods if they fit, else those of the workload looked at, else their number.
                var text = StyledText("")
                // Each pod has a column: thousands of full nodes need not be put into words to see that.
                if mark.pods - node.done <= room {
                    text = podText(node, group, world, names: false, width: room)
                } else if mark.focused > room {
                    text.append(mark.focused > 9 ? "+" : "\(mark.focused)", theme[.good])
                } else if mark.focused > 0, let markedWorkload {
                    for pod in node.pods where Self.isOf(markedWorkload, pod) { text.append(String(cell(pod, group, world).0), cell(pod, group, world).1) }
                }
                canvas.write(text, at: at.offset(x: domain.nameWidth + 2), maxWidth: room)
            }
        }
        canvas.write(about(domain), at: Point(x: area.x, y: area.bottom - 1), style: theme[.dim], maxWidth: area.width, ellipsis: true)
    }

    private static func isOf(_ workload: Workload, _ pod: PodCell) -> Bool {
        pod.workload.name == workload.name && pod.workload.namespace == workload.namespace && pod.state != .done
    }

    /// The node under the cursor, or how full they are and which is fullest.
    private func about(_ domain: Domain) -> String {
        func percent(_ share: Double) -> String { fixed(share * 100, 0) + "%" }
        if let node = cursor(in: domain).map({ domain.views[$0] }) {
            return "\(node.name) \(node.word)  cpu \(percent(node.cpuShare)) mem \(percent(node.memoryShare))  \(counted(node.pods.count, "pod"))"
        }
        let marks = domain.marks
        let mean = marks.reduce(0) { $0 + $1.cpu } / Double(max(1, marks.count))
        let fullest = marks.indices.max { marks[$0].share < marks[$1].share }
        return "cpu \(percent(mean))" + (fullest.map { ", \(domain.views[$0].name) \(percent(marks[$0].share))" } ?? "")
    }
    /// Where the node under the cursor stands in a domain.
    private func cursor(in domain: Domain) -> Int? { pane == .nodes ? domain.views.firstIndex { $0.name == nodeCursor } : nil }

    /// A mark as high as the fullest of some nodes, or that one is not ready.
    private func fill(_ nodes: some Collection<NodeMark>, _ glyphs: GlyphSet) -> Character {
        guard !nodes.contains(where: \.isDown) else { return glyphs.failed }
        let level = nodes.map(\.share).max() ?? 0
        return glyphs.sparkLevels[Canvas.step(level * Double(glyphs.sparkLevels.count), upTo: glyphs.sparkLevels.count - 1)]
    }
    private func fillRole(_ nodes: some Collection<NodeMark>) -> Role {
        if nodes.contains(where: \.isDown) { return .rowError }
        return nodes.contains { !$0.isFine || $0.share > 0.9 } ? .rowPending : .gaugeCPU
    }

    /// A mark for each node, as high as it is full, and how many pods of the workload looked at it has; without the
    /// number if that does not fit, and for several nodes together if even that does not. The last line tells about
    /// the node under the cursor.
    private func drawMarks(
        _ domain: Domain, each share: Int, _ areas: [Rect], on canvas: inout Canvas, in area: Rect, _ group: SpreadGroup?, explains: Bool, _ world: World
    ) {
        let theme = world.theme
        guard let pitch = areas.first?.width else { return }
        let cursor = cursor(in: domain)
        for (index, place) in areas.enumerated() {
            let some = domain.marks[(index * share)...].first(upTo: share)
            let style = theme[fillRole(some)]
            canvas.write(fill(some, canvas.glyphs), at: place.origin, style: cursor.map(some.indices.contains) ?? false ? style.with(.reverse) : style)
            if pitch == 2, let count = some.first?.focused, count > 0 {
                canvas.write(count > 9 ? "+" : "\(count)", at: place.origin.offset(x: 1), style: theme[.good])
            }
        }
        let mark = fill(domain.marks.prefix(1), canvas.glyphs)
        let legend =
            share > 1
            ? "a mark is \(share) nodes, the fullest"
            : pitch == 1 ? "a mark is a node's fill" : "\(mark)2 a node's fill, 2 \(group?.ownerName.prefix(8) ?? "pods")"
        canvas.write(
            explains && cursor == nil && TextWidth.columns(legend) <= area.width ? legend : about(domain), at: Point(x: area.x, y: area.bottom - 1),
            style: theme[cursor != nil ? .text : .dim],
            maxWidth: area.width, ellipsis: true)
    }
}

/// What stands in the upper edge of a domain's box.
private struct DomainHead {
    private var left: StyledText
    private var count: Int
    private var pods: Int
    private var right = StyledText("")
    private var times: String
    private var isNode: Bool

    init(
        _ domain: DeckScreen.Domain, isWide: Bool, group: SpreadGroup?, domainGroup: SpreadGroup?, hidden: (left: Int, right: Int),
        _ world: World
    ) {
        let theme = world.theme
        left = StyledText(hidden.left > 0 ? "« \(hidden.left) " : "", theme[.dim])
        left.append(domain.name.isEmpty ? "no \(TopologyKeys.short(world.topologyKey)) label" : domain.name, theme[.title])
        count = domain.nodes.count
        isNode = domain.nodes == [domain.name]
        pods = domain.marks.reduce(0) { $0 + $1.pods }
        times = world.glyphs.alphabet == .ascii ? "x" : "×"
        if let group, let domainGroup, let found = domainGroup.domains.first(where: { $0.name == domain.name }) {
            right.append("\(Workload(kind: group.ownerKind, namespace: "", name: group.ownerName).label()) \(found.pods)", theme[.titleHighlight])
            let isLeast = found.pods == domainGroup.domains.map(\.pods).min()
            if isLeast { right.append(" \(world.glyphs.minimum)\(isWide ? "min" : "")", theme[.accent]) }
        }
        if hidden.right > 0 { right.append(" \(hidden.right) »", theme[.dim]) }
    }

    private func number(_ form: Int) -> String {
        // By hostname a domain is a node.
        if isNode { return "" }
        return form == 2 ? " \(times)\(count)" : "\(form == 0 ? "  " : " ")\(counted(count, "node"))"
    }
    /// The columns left in a box of `width` with the number of nodes in `form`: 0 long, 1 tight, 2 short.
    func spare(_ form: Int, in width: Int) -> Int { width - left.width - number(form).count - right.width - (right.isEmpty ? 6 : 9) }

    func texts(_ form: Int, in width: Int, _ world: World) -> (StyledText, StyledText) {
        let theme = world.theme
        var title = left
        title.append(number(form), theme[.titleCounter])
        let pods = "  " + counted(pods, "pod")
        let spare = spare(form, in: width)
        if form < 2, spare >= pods.count - 1 { title.append(spare >= pods.count ? pods : String(pods.dropFirst()), theme[.titleCounter]) }
        return (title, right)
    }
}

/// What tells nodes apart: their names without what all begin or end with, as `ip-10-0-` and `.eu-west-1.compute.internal`.
struct NodeNames: Equatable {
    private var prefix = 0
    private var suffix = 0

    init(_ names: [String] = []) {
        // Short names are shown as they are.
        guard names.count > 1, let first = names.first, names.contains(where: { $0.count > 8 }) else { return }
        var (begin, end) = (Array(first.utf8), Array(first.utf8.reversed()))
        for name in names {
            begin = Array(zip(begin, name.utf8).prefix { $0 == $1 }.map(\.0))
            end = Array(zip(end, name.utf8.reversed()).prefix { $0 == $1 }.map(\.0))
        }
        let separators = [UInt8(ascii: "-"), UInt8(ascii: ".")]
        prefix = (begin.lastIndex { separators.contains($0) } ?? -1) + 1
        suffix = (end.lastIndex(of: UInt8(ascii: ".")) ?? -1) + 1
        // A common end after a dash goes too, but for digits: 3-22 of ip-10-0-3-22 says more than 3.
        if suffix == 0, let dash = end.lastIndex(of: UInt8(ascii: "-")), end[..<dash].contains(where: { $0 >= UInt8(ascii: "a") }) { suffix = dash + 1 }
    }

    func short(_ name: String) -> String {
        let rest = name.utf8.count - prefix - suffix
        return rest > 0 ? String(name.utf8.dropFirst(prefix).prefix(rest)) ?? name : name
    }

    /// A short name cut to `width` columns so that it can still be told from its neighbours: they differ at the end.
    func cut(_ short: String, to width: Int, _ glyphs: GlyphSet) -> String {
        let missing = TextWidth.columns(short) - width
        guard missing > 0, width <= 8 else { return TextWidth.truncatedInside(short, to: width, ellipsis: glyphs.ellipsis) }
        return String(glyphs.ellipsis) + TextWidth.ending(short, columns: width - 1)
    }
}
