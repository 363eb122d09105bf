import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// The hub and its spokes: which connections there are between API server, nodes and pods, what protects each,
/// and one request followed hop by hop.
struct LinksScreen: ListedScreen {
    var filter = ""
    var list = ListCursor<String>()
    /// What the user typed after `:trace`; nil for the example of the link under the cursor.
    private var typed: LinkRequest?

    init(tracing request: LinkRequest? = nil) {
        typed = request
    }

    var crumb: String { "links" }
    var bindings: [BindingGroup] {
        [
            BindingGroup(
                "Links",
                [
                    Binding(
                        .character("t"), action: Actions.traceRequest, "trace", "Trace a request: logs POD, exec POD, get PATH, from POD [PATH]", footer: 5),
                    Binding(.enter, action: Actions.showAnswer, "answer", "What comes back of a request through the proxy", footer: 6),
                    Binding(
                        .character("a"), action: Actions.toggleAuthority, "check kubelets", "Set or unset the API server's --kubelet-certificate-authority",
                        footer: 10
                    ),
                    Binding(
                        .character("s"), action: Actions.toggleServing, "kubelet certificates",
                        "Kubelet serving certificates: self-signed, or signed by the cluster CA", footer: 15),
                    Binding(.character("e"), action: Actions.toggleEgress, "egress", "Reach nodes directly, through Konnectivity or SSH tunnels", footer: 20),
                    Binding(
                        .character("f"), action: Actions.nextFault, "fault", "The next thing that is wrong with the ways to the nodes, or nothing", footer: 22),
                    Binding(
                        .character("u"), action: Actions.toggleTrust, "untrusted network", "Treat the network between the machines as untrusted", footer: 25),
                ])
        ]
    }

    private var links: [Link] = []
    /// The pod of the examples, as long as it is there, and the namespace that was looked at when it was found.
    private var pod: (key: ObjectKey, namespace: String)?
    private var podSought: (revision: Int, generation: Int)?

    mutating func refresh(_ world: World, in area: Rect) {
        links = Link.present(world.session.simulation.links)
        if typed == nil { findPod(world) }
        list.show(links.map(\.title))
        list.scroll(in: rects(area)[0].interior.inset(top: 1, bottom: 1))
    }

    /// Looks for the first pod on a node, a user's before those of the system, unless the one that was found is still there.
    private mutating func findPod(_ world: World) {
        if let pod, pod.namespace == world.namespace, world.store.pods[pod.key]?.nodeName.isEmpty == false { return }
        let stamp = (world.store.revision, world.generation)
        if pod == nil, let podSought, podSought == stamp { return }
        podSought = stamp
        func first(_ isWanted: (Pod) -> Bool) -> ObjectKey? {
            var first: ObjectKey?
            for case let pod? in world.store.pods.rows where !pod.nodeName.isEmpty && isWanted(pod) { first = first.map { min($0, pod.key) } ?? pod.key }
            return first
        }
        let own = first { world.namespace.isEmpty ? !$0.namespace.hasPrefix("kube-") : $0.namespace == world.namespace }
        pod = (own ?? first { _ in true }).map { ($0, world.namespace) }
    }

    /// The links with a line for the flags, and the trace.
    private func rects(_ area: Rect) -> [Rect] { area.splitRows([.fixed(min(links.count + 4, area.height / 2)), .weight(1)]) }

    enum Actions: String, ScreenAction {
        case traceRequest, showAnswer, toggleAuthority, toggleServing, toggleEgress, nextFault, toggleTrust
    }

    mutating func perform(_ action: Action, _ world: World) -> [Effect]? {
        var settings = world.session.simulation.links
        if list.perform(action) {
            typed = nil
            return []
        }
        guard let action = Actions(action) else { return nil }
        switch action {
        case .traceRequest: return [.prompt("trace ")]
        case .showAnswer:
            guard case .proxy(let target)? = typed ?? links[safe: list.index].flatMap({ example($0, world) }) else {
                return [.flash("Only requests through the proxy have an answer to look at", .warning)]
            }
            return [.push(ProxyScreen(target))]
        case .toggleAuthority:
            settings.checksKubelets.toggle()
            return [.perform([.links(settings)])]
        case .toggleServing:
            settings.servingCertificate = settings.servingCertificate == .selfSigned ? .clusterAuthority : .selfSigned
            return [.perform([.links(settings)])]
        case .toggleEgress:
            settings.egress = settings.egress == .direct ? .konnectivity : settings.egress == .konnectivity ? .sshTunnel : .direct
            settings.showsHistory = true
            if !LinkSettings.Fault.possible(settings.egress).contains(settings.fault) { settings.fault = .none }
            return [.perform([.links(settings)])]
        case .nextFault:
            let faults = LinkSettings.Fault.possible(settings.egress)
            settings.fault = faults[((faults.firstIndex(of: settings.fault) ?? 0) + 1) % faults.count]
            return [.perform([.links(settings)])]
        case .toggleTrust:
            settings.networkIsUntrusted.toggle()
            return [.perform([.links(settings)])]
        }
    }

    func draw(on canvas: inout Canvas, in area: Rect, _ world: World) {
        let rects = rects(area)
        drawLinks(on: &canvas, in: rects[0], world)
        drawTrace(typed ?? links[safe: list.index].flatMap { example($0, world) }, on: &canvas, in: rects[1], world)
    }

    // MARK: Links

    private func drawLinks(on canvas: inout Canvas, in box: Rect, _ world: World) {
        let theme = world.theme
        let settings = world.session.simulation.links
        var title = StyledText("Links  ", theme[.title])
        title.append("every spoke ends at the API server", theme[.titleHighlight])
        let silent = world.view.nodeNames.count { world.session.simulation.kubelets.isFailed(node: $0) }
        var right = "\(world.view.nodeNames.count) kubelets"
        if silent > 0 { right += ", \(silent) silent" }
        canvas.drawBox(in: box, title: title, right: StyledText(right, theme[silent > 0 ? .rowError : .dim]), style: theme[.borderFocus])
        let inside = box.interior
        let height = inside.height - 2
        canvas.drawPosition(of: list.seen, in: links.count, onBox: box, rows: inside.inset(top: 1, bottom: 1), theme: theme)
        // On a narrow screen what is the same for ever goes first; what travels stays.
        let columns = [
            TableWidget.Column("LINK", minimum: 24, ideal: 54), TableWidget.Column("DIALS", minimum: 6, ideal: 10, priority: 5),
            TableWidget.Column("TRANSPORT", minimum: 9, ideal: 19, priority: 4), TableWidget.Column("ENCRYPTED", minimum: 9),
            TableWidget.Column("SERVER", minimum: 9), TableWidget.Column("CLIENT", minimum: 9, priority: 3),
            TableWidget.Column("NETWORK", minimum: 11), TableWidget.Column("LIVE", alignment: .right, minimum: 4, priority: 1),
            TableWidget.Column("TRAFFIC", alignment: .right, minimum: 7, priority: 2),
        ]
        let table = TableWidget(columns: columns, rowCount: links.count, cursor: list.index, top: list.top)
        func mark(_ is: Bool, _ yes: String, _ no: String) -> StyledText {
            StyledText(
                "\(`is` ? world.glyphs.passed : world.glyphs.stopped) \(`is` ? yes : no)",
                theme[`is` ? .good : settings.networkIsUntrusted ? .rowError : .rowPending])
        }
        table.draw(on: &canvas, in: Rect(x: inside.x, y: inside.y, width: inside.width, height: height + 1), theme: theme) { index in
            let facts = links[index].facts(settings)
            let traffic = LinkTraffic(of: links[index], world)
            return TableRow([
                StyledText(links[index].title, theme[.text]), StyledText(links[index].initiator, theme[.dim]), StyledText(facts.transport, theme[.dim]),
                mark(facts.isEncrypted, "yes", "no"), mark(facts.checksServer, "checked", "unknown"), mark(facts.checksClient, "checked", "anybody"),
                settings.networkIsUntrusted ? mark(facts.isSafe, "safe", facts.risk ?? "") : StyledText("trusted", theme[.dim]),
                StyledText(traffic.live, theme[traffic.live == "0" ? .dim : .text]), StyledText(traffic.amount, theme[.dim]),
            ])
        }
        let flags =
            "kubelet CA \(settings.checksKubelets ? "given" : "not given")   kubelet certificates \(settings.servingCertificate == .selfSigned ? "self-signed" : "by the cluster")   egress \(settings.egress.title)   network \(settings.networkIsUntrusted ? "untrusted" : "trusted")"
        let fault = settings.fault == .none ? "" : "\(settings.fault.rawValue)   "
        canvas.write(
            fault + (settings.warning ?? flags), at: Point(x: inside.x + 1, y: inside.bottom - 1), style: theme[.dim], maxWidth: inside.width - 2,
            ellipsis: true)
    }

    /// A request that goes over `link`, with the first things of the cluster that it fits; nil for calls that nobody makes here.
    private func example(_ link: Link, _ world: World) -> LinkRequest? {
        let pod = pod.flatMap { world.store.pods[$0.key] }
        let key = pod?.key ?? ObjectKey(namespace: "default", name: "web")
        let node = pod?.nodeName ?? world.view.nodeNames.first ?? "node"
        func get(_ path: String) -> LinkRequest { (try? LinkRequest.ProxyTarget(path: path)).map { .proxy($0) } ?? .fromPod(key) }
        let port = pod?.spec.containers.flatMap(\.ports).first?.containerPort ?? 8080
        switch link {
        case .podToServer: return .fromPod(key)
        case .nodeToServer: return .fromNode(node)
        case .serverToKubelet, .konnectivity, .sshTunnel:
            // A session that is open, if there is one.
            guard let open = world.sessions.first else { return .stream(.logs, pod: key, container: nil) }
            return .stream(open.stream, pod: open.pod, container: open.container)
        case .nodeProxy: return get("/api/v1/nodes/\(node):9100/proxy/metrics")
        case .podProxy: return get("/api/v1/namespaces/\(key.namespace)/pods/\(key.name):\(port)/proxy/")
        case .securePodProxy: return get("/api/v1/namespaces/\(key.namespace)/pods/https:\(key.name):8443/proxy/")
        case .webhook, .aggregated: return nil
        case .serviceProxy:
            let service = world.store.services.rows.lazy.compactMap { $0 }
                .filter { !$0.spec.selector.isEmpty && (world.namespace.isEmpty || $0.namespace == world.namespace) }.min { $0.key < $1.key }
            guard let service else { return get("/api/v1/namespaces/default/services/kubernetes:443/proxy/") }
            return get("/api/v1/namespaces/\(service.namespace)/services/\(service.name):\(service.spec.ports.first?.port ?? 80)/proxy/")
        }
    }

    // MARK: Trace

    private func drawTrace(_ request: LinkRequest?, on canvas: inout Canvas, in box: Rect, _ world: World) {
        guard box.height > 3 else { return }
        let theme = world.theme
        let inside = box.interior.inset(x: 1, y: 0)
        guard let request else {
            canvas.drawBox(in: box, title: StyledText("Trace", theme[.title]), style: theme[.border])
            let text =
                "The API server calls registered webhooks and aggregated APIs, verifying them with the CA bundle of the registration. Here they are kept, not called."
            for (index, line) in StyledText(text, theme[.dim]).wrapped(to: inside.width).prefix(inside.height).enumerated() {
                canvas.write(line, at: Point(x: inside.x, y: inside.y + index))
            }
            return
        }
        let trace = world.session.simulation.trace(request)
        var title = StyledText("Trace  ", theme[.title])
        title.append(Self.text(request), theme[.titleHighlight])
        canvas.drawBox(in: box, title: title, right: StyledText("total \(Self.milliseconds(trace.total))", theme[.dim]), style: theme[.border])
        // Two rows a hop: who to whom; below, what and why.
        // Below the way by a tunnel there is room for what the API server says of it.
        let hasLog = typed == nil && links[safe: list.index] == .sshTunnel
        let rowsPerHop = trace.hops.count * 2 + 2 <= inside.height && !hasLog ? 2 : 1
        var y = inside.y
        for (index, hop) in trace.hops.enumerated() where y < inside.bottom - 1 {
            let failed = index == trace.failedHop
            var line = StyledText(hop.from, theme[.text])
            line.append(" → ", theme[.dim])
            line.append(hop.to, theme[failed ? .rowError : .text])
            if rowsPerHop == 1 { line.append("  \(hop.what)", theme[.dim]) }
            let (word, role): (String, Role) = !hop.isEncrypted ? ("plain", .rowPending) : hop.checksServer ? ("checked", .good) : ("unchecked", .rowPending)
            let sign = failed ? world.glyphs.stopped : hop.checksServer ? world.glyphs.passed : "!"
            let facts =
                StyledText(TextWidth.padded("\(sign) \(word)", to: 12), theme[failed ? .rowError : role]) + StyledText(Self.milliseconds(hop.took), theme[.dim])
            canvas.write(line, at: Point(x: inside.x, y: y), maxWidth: inside.width - facts.width - 2)
            canvas.write(facts, endingAt: inside.right, y: y)
            y += 1
            if rowsPerHop == 2 {
                canvas.write(
                    StyledText(hop.what, theme[.accent]) + StyledText(hop.note.isEmpty ? "" : "   \(hop.note)", theme[.dim]), at: Point(x: inside.x + 2, y: y),
                    maxWidth: inside.width - 2)
                y += 1
            }
        }
        let sign = trace.failedHop == nil ? world.glyphs.passed : world.glyphs.stopped
        for line in StyledText("\(sign) \(trace.answer)", theme[trace.failedHop == nil ? .good : .rowError]).wrapped(to: inside.width).prefix(2)
        where y < inside.bottom {
            canvas.write(line, at: Point(x: inside.x, y: y), maxWidth: inside.width)
            y += 1
        }
        if trace.canBeIntercepted, y < inside.bottom {
            canvas.write(
                "! on an untrusted network an attacker can impersonate a server that is not verified, and read or change the traffic",
                at: Point(x: inside.x, y: y), style: theme[.rowError], maxWidth: inside.width, ellipsis: true)
            y += 1
        }
        drawCredentials(request, on: &canvas, in: box, from: y, world)
        drawTunnels(on: &canvas, in: box, from: y, world)
    }

    /// What the API server says of its tunnels, the newest last.
    private func drawTunnels(on canvas: inout Canvas, in box: Rect, from y: Int, _ world: World) {
        let inside = box.interior
        guard typed == nil, links[safe: list.index] == .sshTunnel, inside.bottom - y >= 3 else { return }
        let theme = world.theme
        let tunnels = world.session.simulation.tunnels
        let problem = tunnels.healthProblem(at: world.now)
        let title = problem.map { "[-]SSH Tunnel Check failed: \($0)" } ?? "[+]SSH Tunnel Check ok"
        canvas.drawRule(
            inBox: box, y: y, title: StyledText("log of the API server  \(title)", theme[problem == nil ? .title : .rowError]), style: theme[.border])
        for (index, message) in tunnels.messages.suffix(max(0, inside.bottom - y - 1)).enumerated() {
            canvas.write(world.time(message.time, milliseconds: false), at: Point(x: inside.x + 1, y: y + 1 + index), style: theme[.dim])
            let isBad = message.text.hasPrefix("Failed") || message.text.hasPrefix("Healthcheck failed")
            canvas.write(
                message.text, at: Point(x: inside.x + 11, y: y + 1 + index), style: theme[isBad ? .rowError : .text], maxWidth: inside.width - 12,
                ellipsis: true)
        }
    }

    /// What the pod of the request was given to find and convince the API server.
    private func drawCredentials(_ request: LinkRequest, on canvas: inout Canvas, in box: Rect, from y: Int, _ world: World) {
        let inside = box.interior
        guard case .fromPod(let key, _) = request, let pod = world.store.pods[key], inside.bottom - y >= 4 else { return }
        let theme = world.theme
        let credentials = PodCredentials(of: pod, in: world.cluster, at: world.now)
        canvas.drawRule(inBox: box, y: y, title: StyledText("credentials of \(key.name)", theme[.title]), style: theme[.border])
        var lines: [(String, String)] = [("user", credentials.user)]
        if credentials.isMounted {
            lines.append(("mount", "\(PodCredentials.mountPath), read-only, in every container"))
            for file in PodCredentials.files { lines.append((file.name, file.source)) }
            if let last = credentials.fetches.last, let next = credentials.nextFetch {
                lines.append(
                    (
                        "renewed",
                        "\(credentials.fetches.count - 1) times, last \(world.time(last, milliseconds: false)), next \(world.time(next, milliseconds: false)) (at 80 % of its life, up to 10 s early)"
                    ))
            }
            lines.append(("taken", "valid for a year: the server extends pods' tokens and counts those older than \(PodCredentials.lifeSeconds) s as stale"))
        } else {
            lines.append(("mount", "none: automountServiceAccountToken is false"))
        }
        lines.append(
            (
                "env",
                PodCredentials.environment.prefix(2).map { "\($0.name)=\($0.value)" }.joined(separator: "  ")
                    + "  and \(PodCredentials.environment.count - 2) more"
            ))
        for (index, line) in lines.first(upTo: inside.bottom - y - 1).enumerated() {
            canvas.write(line.0, at: Point(x: inside.x + 1, y: y + 1 + index), style: theme[.dim])
            canvas.write(line.1, at: Point(x: inside.x + 12, y: y + 1 + index), style: theme[.text], maxWidth: inside.width - 13, ellipsis: true)
        }
    }

    private static func text(_ request: LinkRequest) -> String {
        switch request {
        case .stream(let stream, let pod, let container): "\(stream.rawValue) \(pod)\(container.map { " \($0)" } ?? "")"
        case .proxy(let target): "get \(target.thing.rawValue)s/\(target.id)/proxy/\(target.rest)"
        case .fromPod(let pod, let path): "from pod \(pod)\(path == "/api" ? "" : " \(path)")"
        case .fromNode(let node): "from node \(node)"
        }
    }

    private static func milliseconds(_ span: Duration) -> String {
        let tenths = span.nanoseconds / 100_000
        return tenths >= 10_000 ? "\(tenths / 10_000).\(tenths / 1000 % 10) s" : "\(tenths / 10).\(tenths % 10) ms"
    }
}

extension LinksScreen {
    static let command = PromptCommand(names: ["links"], arguments: "", help: "Links between API server, nodes and pods, and what protects them") {
        dashboard, _ in
        dashboard.apply([.push(LinksScreen())])
    }
}
