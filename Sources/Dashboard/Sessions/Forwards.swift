import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A port of this machine behind which a port of a pod or Service stands.
struct Forward: Sendable {
    enum State: Equatable, Sendable {
        case opening, open
        /// Why there is none, in words.
        case failed(String)
    }
    let id: Int
    /// Pod or Service.
    let kind: Kind
    let key: ObjectKey
    let port: Int
    var localPort: Int
    var state = State.opening
    /// How many connections there were, and which pod answered last.
    var connections = 0
    var lastPod = ""
    var lastKey: ObjectKey?
    /// Bytes that went either way.
    var bytes = 0
}

/// A connection to a forwarded port: where it leads, and what came and was not answered yet.
struct ForwardedConnection: Sendable {
    let forward: Int
    let pod: ObjectKey
    let port: Int
    var bytes: [UInt8] = []
}

/// What is sent back on a forwarded connection.
public struct ForwardAnswer: Sendable, Equatable {
    public var bytes: [UInt8] = []
    /// The connection is to be closed then.
    public var closes = false
}

extension Dashboard {
    /// Begins to forward a port: asks the host for a listener.
    mutating func openForward(_ kind: Kind, _ key: ObjectKey, port: Int, localPort: Int) {
        if world.isMirror {
            dialog = nil
            return apply([
                .open(KubectlDialog(talking: ["port-forward", "\(kind.info.qualifiedPlural)/\(key.name)", "\(localPort):\(port)"], key.namespace, world))
            ])
        }
        let id = (world.forwards.map(\.id).max() ?? 0) + 1
        world.forwards.append(Forward(id: id, kind: kind, key: key, port: port, localPort: localPort))
        requests.append(.listen(id: id, port: localPort))
    }
    mutating func closeForward(_ id: Int) {
        world.forwards.removeAll { $0.id == id }
        connections = connections.filter { $0.value.forward != id }
        requests.append(.closePort(id: id))
    }
    mutating func closeForwards() { for forward in world.forwards { closeForward(forward.id) } }

    /// The host listens for the forward, on this port of the loopback address.
    public mutating func forwardIsOpen(_ id: Int, port: Int) {
        guard let index = world.forwards.firstIndex(where: { $0.id == id }) else { return }
        (world.forwards[index].state, world.forwards[index].localPort) = (.open, port)
        let forward = world.forwards[index]
        note("Forwarding from 127.0.0.1:\(port) -> \(forward.port)")
    }
    /// The host cannot listen for it.
    public mutating func forwardFailed(_ id: Int, _ text: String) {
        guard let index = world.forwards.firstIndex(where: { $0.id == id }) else { return }
        world.forwards[index].state = .failed(text)
        note(text, isError: true)
    }

    /// Bytes have come on a connection to a forwarded port. Returns what the pod behind it says, by the links as they are.
    /// - Parameter connection: a number of the host's for it.
    public mutating func receive(_ bytes: [UInt8], on connection: Int, ofForward id: Int) -> ForwardAnswer {
        guard let index = world.forwards.firstIndex(where: { $0.id == id }) else { return ForwardAnswer(closes: true) }
        if connections[connection] == nil {
            guard let (pod, port) = target(of: world.forwards[index], connection) else {
                lose(index, "error: lost connection to pod")
                return ForwardAnswer(closes: true)
            }
            connections[connection] = ForwardedConnection(forward: id, pod: pod, port: port)
            world.forwards[index].connections += 1
            (world.forwards[index].lastPod, world.forwards[index].lastKey) = (pod.name, pod)
            noteForwards()
        }
        guard var open = connections[connection] else { return ForwardAnswer(closes: true) }
        open.bytes += bytes
        world.forwards[index].bytes += bytes.count
        defer { connections[connection] = open }
        var answer = ForwardAnswer()
        if let problem = world.session.simulation.portForwardProblem(open.pod) {
            note(problem.kubectlText(.portForward), isError: true)
            return ForwardAnswer(closes: true)
        }
        while true {
            switch world.session.simulation.answer(of: open.pod, port: open.port, request: open.bytes) {
            case .incomplete: return answer
            case .response(let bytes, let consumed):
                answer.bytes += bytes
                world.forwards[index].bytes += bytes.count
                open.bytes.removeFirst(min(consumed, open.bytes.count))
            case .refused(let text):
                lose(index, "an error occurred forwarding \(world.forwards[index].localPort) -> \(open.port): \(text)")
                answer.closes = true
                return answer
            }
        }
    }
    /// The client has closed the connection.
    public mutating func connectionClosed(_ connection: Int) { connections[connection] = nil }

    /// The pod that answers a new connection: of a Service any that its rules choose, as for a client outside of the cluster's zones.
    private func target(of forward: Forward, _ connection: Int) -> (pod: ObjectKey, port: Int)? {
        guard forward.kind == .service else { return world.store.pods[forward.key].map { ($0.key, forward.port) } }
        guard let service = world.store.services[forward.key], let port = service.spec.ports.first(where: { $0.port == forward.port }) else { return nil }
        let draw = StableHash.fnv1a64("\(forward.id) \(connection)")
        return PodNetwork(world.session.simulation).endpoint(of: service, port, from: "", draw: draw).map { ($0.pod.key, $0.port) }
    }

    /// A forward ends with an error, as kubectl's does.
    private mutating func lose(_ index: Int, _ text: String) {
        let forward = world.forwards[index]
        // A Service may have another pod for the next connection.
        if forward.kind != .service {
            world.forwards[index].state = .failed(text)
            requests.append(.closePort(id: forward.id))
        }
        note(text, isError: true)
    }
}

extension Sessions {
    /// Asks which port of a pod, of one of its containers or of a Service is forwarded, and to which of this machine. Of a workload it is
    /// one of its pods, which the forward stays with.
    static func forward(_ object: any StoredObject, container: String? = nil, _ world: World) -> [Effect]? {
        let ports: [(number: Int, name: String)]
        switch object {
        case let pod as Pod:
            if !world.isMirror, let problem = world.session.simulation.sessionProblem(pod.key, .portForward) { return [.flash(problem, .error)] }
            let containers = pod.spec.containers.filter { container == nil || $0.name == container }
            ports = containers.flatMap(\.ports).filter { $0.protocol != "UDP" }.map { ($0.containerPort, $0.name) }
        case let service as Service: ports = service.spec.ports.filter { $0.protocol != "UDP" }.map { ($0.port, $0.name) }
        default:
            guard let pod = attachablePod(of: object.kindInfo.type, object.key, world) else {
                return [.flash("\(object.kindInfo.kind) \(object.metadata.name) has no pod that runs", .warning)]
            }
            return forward(pod, world)
        }
        let kind = object.kindInfo.type
        let key = object.key
        func local(_ port: Int) -> Int { port < 1024 ? port + 8000 : port }
        let first = ports.first?.number ?? 80
        var form = Form(
            title: "Port-forward", subject: "\(object.kindInfo.kind.lowercased()) \(key.name)",
            fields: [
                ports.isEmpty
                    ? FormField("port", "Port", text: "80", hint: "it declares none")
                    : FormField("port", "Port", choices: ports.map { $0.name.isEmpty ? "\($0.number)" : "\($0.number) \($0.name)" }),
                FormField("local", "Local port", text: "\(local(first))", hint: "on 127.0.0.1; 0: any"),
            ], action: "Forward",
            submit: { values, _ in
                guard let port = Int(values["port"].prefix { $0.isNumber }), (1...65535).contains(port) else {
                    return .problem("A port is a number from 1 to 65535", field: "port")
                }
                guard let local = values.int("local"), (0...65535).contains(local) else {
                    return .problem("A local port is a number from 0 to 65535", field: "local")
                }
                return .done([.forward(kind, key, port: port, localPort: local)])
            })
        form.changesCluster = false
        // Nothing in the cluster changes, and mostly the first port is meant: Enter does it.
        form.focus = form.fields.count + 1
        return [.open(form)]
    }
}

/// The ports that are forwarded.
struct ForwardsScreen: ListedScreen {
    var filter = ""
    var list = ListCursor<Int>()
    private var rows: [Forward] = []

    var crumb: String { "port-forwards" }
    static let keys = BindingGroup(
        "Port-forwards", [Binding(.control("d"), action: Actions.close, "close", "Stop forwarding the port", footer: 5)])
    var bindings: [BindingGroup] { [Self.keys] }
    enum Actions: String, ScreenAction { case close }

    mutating func refresh(_ world: World, in area: Rect) {
        rows = world.forwards.filter { filter.isEmpty || $0.key.description.contains(filter) }
        list.show(rows.map(\.id))
        list.scroll(in: area.interior.inset(top: 1))
    }
    func unavailable(_ action: Action, _ world: World) -> String? {
        Actions(action) != nil && rows.isEmpty ? "No port is forwarded" : nil
    }
    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        if list.perform(action) { return [] }
        guard Actions(action) == .close, let row = rows[safe: list.index] else { return nil }
        return [.closeForward(row.id), .flash("Port \(row.localPort) is no longer forwarded")]
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let theme = world.theme
        var title = StyledText("Port-forwards", theme[.title])
        title.append("  \(rows.count)", theme[.titleCounter])
        canvas.drawBox(in: area, title: title, style: theme[.borderFocus], titleStyle: theme[.title])
        let inside = area.interior
        guard !rows.isEmpty else {
            let hint = world.hint(ObjectAction.portForward, "on a pod or Service forwards one of its ports", in: Bindings.pods)
            canvas.write(
                "No port is forwarded. \(hint)", at: Point(x: inside.x + 1, y: inside.y), style: theme[.dim], maxWidth: inside.width - 2, ellipsis: true)
            return
        }
        let columns = [
            TableWidget.Column("LOCAL", minimum: 15), TableWidget.Column("TO", minimum: 20, ideal: 40, keepsEnd: true),
            TableWidget.Column("PORT", alignment: .right, minimum: 5),
            TableWidget.Column("CONNECTIONS", alignment: .right, minimum: 11),
            TableWidget.Column("LAST POD", minimum: 8, ideal: 30, priority: 1, keepsEnd: true),
            TableWidget.Column("STATE", minimum: 8, stretches: true),
        ]
        TableWidget(columns: columns, rowCount: rows.count, cursor: list.index, top: list.top).draw(on: &canvas, in: inside, theme: theme) { index in
            let row = rows[index]
            let state: StyledText =
                switch row.state {
                case .opening: StyledText("opening", theme[.rowPending])
                case .open: StyledText("open", theme[.good])
                case .failed(let text): StyledText(text, theme[.rowError])
                }
            return TableRow([
                StyledText("127.0.0.1:\(row.localPort)"), StyledText("\(row.kind.info.kind.lowercased())/\(row.key)"), StyledText("\(row.port)"),
                StyledText("\(row.connections)"), StyledText(row.lastPod, theme[.dim]), state,
            ])
        }
    }

    static let command = PromptCommand(names: ["portforward", "pf"], arguments: "", help: "The ports of this machine that lead to pods") { dashboard, _ in
        dashboard.apply([.push(ForwardsScreen())])
    }
}
