import Canvas
import ControlPlane
import KubernetesAPI

/// Asks for one of a pod's containers.
struct ContainerDialog: Dialog {
    let title: String
    let pod: String
    /// Each with what it is: `app`, `init`, `sidecar`, `ephemeral`.
    let containers: [(name: String, role: String)]
    let allowsAll: Bool
    /// What is done with the chosen one; nil: with all.
    let choose: (String?) -> [Effect]
    private var cursor = 0

    init(_ title: String, of pod: Pod, allowsAll: Bool, onlyRunning: Bool = false, choose: @escaping (String?) -> [Effect]) {
        (self.title, self.pod, self.allowsAll, self.choose) = (title, pod.metadata.name, allowsAll, choose)
        containers =
            pod.spec.containers.map { ($0.name, "app") }
            + pod.spec.initContainers.filter { !onlyRunning || $0.isSidecar }.map { ($0.name, $0.isSidecar ? "sidecar" : "init") }
            + pod.spec.ephemeral.map { ($0.container.name, "ephemeral") }
        cursor = containers.firstIndex { $0.name == pod.defaultContainer } ?? 0
    }

    var changesCluster: Bool { false }
    var hints: [(key: String, text: String)] {
        [("enter", "choose"), ("j k", "move")] + (allowsAll ? [("a", "all")] : []) + [("esc", "cancel")]
    }
    mutating func refused(_ text: String, _ causes: [APIError.Cause]) {}

    mutating func handle(_ key: Key, _ world: World) -> [Effect] {
        switch key {
        case .character("j"), .down, .tab: cursor = (cursor + 1) % containers.count
        case .character("k"), .up, .backtab: cursor = (cursor + containers.count - 1) % containers.count
        case .enter: return [.closeDialog] + choose(containers[cursor].name)
        case .character("a") where allowsAll: return [.closeDialog] + choose(nil)
        case .character(let digit) where digit.isASCII && digit.isNumber:
            guard let number = digit.wholeNumberValue, containers.indices.contains(number - 1) else { return [] }
            return [.closeDialog] + choose(containers[number - 1].name)
        case .escape, .character("q"): return [.closeDialog]
        default: break
        }
        return []
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        let width = min(area.width, max(40, (containers.map { TextWidth.columns($0.name) }.max() ?? 0) + 20))
        var title = StyledText(self.title, theme[.title])
        title.append("  \(pod)", theme[.titleHighlight])
        let inside = Popup(title: title).draw(
            on: &canvas, centeredIn: area, size: Size(width: width, height: min(area.height, containers.count + 2)), theme: theme)
        let surface = theme[.dialog].background
        let list = PickList(count: containers.count, cursor: cursor, top: max(0, cursor - inside.height + 1))
        list.draw(on: &canvas, in: inside, theme: theme, role: .dialog) { index in
            var line = StyledText("\(index + 1) \(pad(containers[index].name, width - 18)) ", theme[.dialog])
            line.append(containers[index].role, theme[.dim].on(surface))
            return line
        }
    }
}
