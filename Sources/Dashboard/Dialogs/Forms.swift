import Canvas
import ControlPlane
import Controllers
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// The forms of the dashboard: what is asked, what is previewed, which command comes of it.
enum Forms {
    private static let replicasAre = "Replicas is a whole number from 0 to \(Int32.max)"

    static func scale(_ targets: [any StoredObject], _ kind: KindInfo, _ world: World) -> Form {
        let present = targets.first.flatMap { world.cluster.replicas(kind.type, $0.key) } ?? 1
        var form = Form(
            title: "Scale", subject: targets.count == 1 ? "\(kind.kind.lowercased()) \(targets[0].metadata.name)" : "\(targets.count) \(kind.plural)",
            fields: [FormField("replicas", "Replicas", text: String(present), hint: "now \(present)")], action: "Scale",
            preview: { values, world in
                guard let wanted = values.int("replicas"), wanted >= 0, wanted != present else { return [] }
                return [
                    StyledText(
                        wanted > present
                            ? "\(counted(wanted - present, "more pod will be", "more pods will be")) created."
                            : "\(counted(present - wanted, "pod will be", "pods will be")) deleted, unready ones first; disruption budgets do not apply.",
                        world.theme[.dim])
                ]
            },
            submit: { values, _ in
                guard let wanted = values.int("replicas"), wanted >= 0 else { return .problem(replicasAre, field: "replicas") }
                return .done([.perform(targets.map { .scale(kind.type, $0.key, replicas: wanted) })])
            })
        form.fieldOf = { _ in "replicas" }
        return form
    }

    /// Asks how a table is written to a file: as CSV of what is seen, or its objects as JSON or YAML.
    static func save(name: String, csv: String, objects: [any StoredObject]) -> Form {
        var form = Form(
            title: "Save", subject: "\(objects.count) \(name)",
            fields: [
                FormField("format", "Format", choices: ["csv", "json", "yaml"]),
                FormField("name", "File", text: name, hint: "the extension is added"),
            ], action: "Save",
            submit: { values, world in
                if values["name"].isEmpty { return .problem("A file needs a name", field: "name") }
                let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(objects.map(world.cluster.document(of:)))]
                let content =
                    switch values["format"] {
                    case "json": list.text(indent: 2) + "\n"
                    case "yaml": ManifestWriter.yaml(list)
                    default: csv
                    }
                return .done([.write(file: "\(values["name"]).\(values["format"])", content: content)])
            })
        form.changesCluster = false
        form.focus = 3
        return form
    }

    static func setImage(_ object: any StoredObject, _ kind: KindInfo) -> Form {
        let containers = object.podSpec?.spec.containers ?? []
        var form = Form(
            title: "Set image", subject: ObjectColumns.subject(object),
            fields: containers.map { FormField($0.name, $0.name, text: $0.image) }, action: "Set",
            submit: { values, _ in
                let changed = containers.filter { values[$0.name] != $0.image }
                if changed.isEmpty { return .problem("No image changed", field: containers.first?.name ?? "") }
                return .done([.perform(changed.map { .setImage(kind.type, object.key, container: $0.name, image: values[$0.name]) })])
            })
        form.fieldOf = { cause in
            guard let start = cause.field.range(of: "containers["), let index = Int(cause.field[start.upperBound...].prefix { $0 != "]" }) else { return nil }
            return containers.indices.contains(index) ? containers[index].name : nil
        }
        return form
    }

    static func drain(_ targets: [any StoredObject], _ world: World) -> Form {
        Form(
            title: "Drain", subject: targets.map(\.metadata.name).joined(separator: ", "),
            fields: [
                FormField("daemonsets", "Ignore DaemonSet pods", choices: ["yes", "no"]),
                FormField("emptydir", "Delete emptyDir data", choices: ["no", "yes"]),
                FormField("force", "Force", choices: ["no", "yes"], hint: "pods without a controller too"),
                FormField("eviction", "Respect budgets", choices: ["yes", "no"]),
                FormField("grace", "Grace period", hint: "seconds; empty: each pod's own"),
            ], action: "Drain", startOnCancel: true,
            preview: { _, world in
                let pods = targets.flatMap { world.store.pods(onNode: $0.metadata.name) }.filter {
                    $0.metadata.controller?.kind != "DaemonSet" && !$0.isFinished
                }
                let held = world.store.podDisruptionBudgets.all.filter { budget in
                    budget.status.disruptionsAllowed == 0
                        && pods.contains { $0.metadata.namespace == budget.metadata.namespace && budget.spec.selector?.matches($0.metadata.labels) ?? false }
                }
                var lines = [
                    StyledText(
                        "Cordons the node and evicts its pods as budgets allow; \(counted(pods.count, "pod has", "pods have")) to go.",
                        world.theme[.dim])
                ]
                let local = pods.filter { $0.spec.volumes.contains { $0.emptyDir != nil } }.count
                if local > 0 { lines.append(StyledText("\(local) of them with emptyDir data, which will be lost.", world.theme[.rowPending])) }
                for budget in held {
                    lines.append(StyledText("Budget \(budget.metadata.name) allows no eviction now: the drain waits for it.", world.theme[.rowPending]))
                }
                return lines
            },
            submit: { values, _ in
                var options = Drain.Options()
                options.ignoreDaemonSets = values["daemonsets"] == "yes"
                options.deleteEmptyDirData = values["emptydir"] == "yes"
                options.force = values["force"] == "yes"
                options.disableEviction = values["eviction"] == "no"
                if !values["grace"].isEmpty {
                    guard let seconds = values.int("grace"), seconds >= 0 else { return .problem("The grace period is a number of seconds", field: "grace") }
                    options.gracePeriodSeconds = seconds
                }
                let names = targets.map(\.metadata.name)
                return .done([.perform(names.map { .drain(node: $0, options) }, then: DrainScreen(names))])
            })
    }

    /// Asks under which name a text is written.
    static func write(_ content: String, to name: String, what: String) -> Form {
        var form = Form(
            title: "Save", subject: what, fields: [FormField("name", "File", text: name)], action: "Save",
            submit: { values, _ in
                values["name"].isEmpty ? .problem("A file needs a name", field: "name") : .done([.write(file: values["name"], content: content)])
            })
        form.changesCluster = false
        form.focus = 2
        return form
    }

    /// Asks before the last command is taken back.
    static func undo(_ world: World) -> Form {
        let last = world.session.journal.lazy.reversed().compactMap { entry in
            if case .success(let receipt) = entry.result { (entry.time, receipt.message) } else { nil }
        }.first
        return Form(
            title: "Undo", fields: [], action: "Undo", startOnCancel: true,
            preview: { _, world in
                guard let last else { return [StyledText("There is no command to take back.", world.theme[.dim])] }
                return [
                    StyledText("Takes back the last command: \(last.1).", world.theme[.text]),
                    StyledText("Goes back to \(world.time(last.0)); what happened since then is forgotten.", world.theme[.rowPending]),
                ]
            }, submit: { _, _ in .done([.run(line: "undo")]) })
    }

    /// Fails nodes, or recovers those that have failed: what is offered first fits what the chosen node or zone is now.
    static func fault(_ world: World, node: String?) -> Form {
        let zones = Set(world.view.nodes.values.compactMap { $0.labels[LabelKey.zone] }).sorted(by: naturalOrder)
        let names = world.view.nodeNames
        func nodes(_ values: FormValues, _ world: World) -> [String] {
            values["scope"] == "zone" ? names.filter { world.view.nodes[$0]?.labels[LabelKey.zone] == values["zone"] } : [values["node"]]
        }
        func failed(_ names: [String], _ world: World) -> [String] { names.filter { world.session.simulation.kubelets.isFailed(node: $0) } }
        let down = failed(names, world)
        func isDown(zone: String) -> Bool {
            let nodes = names.filter { world.view.nodes[$0]?.labels[LabelKey.zone] == zone }
            return !nodes.isEmpty && failed(nodes, world).count == nodes.count
        }
        let downZone = node == nil ? zones.firstIndex(where: isDown) : nil
        let chosen = node ?? (downZone == nil ? down.first : nil)
        var form = Form(
            title: "Fault", subject: "simulator only",
            fields: [
                FormField("what", "Action", choices: ["fail", "recover"], selected: chosen.map(down.contains) ?? (downZone != nil) ? 1 : 0),
                FormField(
                    "scope", "Target", choices: zones.isEmpty ? ["node", "kubelet"] : ["zone", "node", "kubelet"],
                    selected: chosen == nil || zones.isEmpty ? 0 : 1),
                FormField("zone", "Zone", choices: zones, selected: downZone ?? 0),
                FormField("node", "Node", choices: names, selected: chosen.flatMap { names.firstIndex(of: $0) } ?? 0),
            ], action: "Apply",
            isShown: { name, values in name == "zone" ? values["scope"] == "zone" : name == "node" ? values["scope"] != "zone" : true },
            preview: { values, world in
                let grace = world.cluster.profile.nodeMonitorGracePeriodSeconds
                let there = nodes(values, world)
                let silent = failed(there, world)
                let all = failed(names, world)
                var lines: [StyledText] = []
                if values["what"] == "fail" {
                    let what =
                        values["scope"] == "kubelet"
                        ? "The kubelet stops; the machine goes on, and so do its pods." : "The kubelet stops responding; the pods on it cannot be reached."
                    lines.append(StyledText(what, world.theme[.text]))
                    lines.append(StyledText("The node is NotReady after about \(grace) s; its pods are evicted 300 s later and replaced.", world.theme[.dim]))
                    if silent.count == there.count, !there.isEmpty { lines.append(StyledText("It has failed already.", world.theme[.rowPending])) }
                } else {
                    lines.append(StyledText("The kubelet responds again; taints are removed and pending evictions are cancelled.", world.theme[.dim]))
                    if silent.isEmpty { lines.append(StyledText("Nothing has failed there.", world.theme[.rowPending])) }
                }
                if !all.isEmpty {
                    lines.append(
                        StyledText(
                            "Failed now: \(all.prefix(8).joined(separator: ", "))\(all.count > 8 ? " and \(all.count - 8) more" : "")", world.theme[.rowError]))
                }
                return lines
            },
            submit: { values, _ in
                let target: FaultTarget =
                    values["scope"] == "zone" ? .zone(values["zone"]) : values["scope"] == "kubelet" ? .kubelet(values["node"]) : .node(values["node"])
                return .done([.perform([values["what"] == "fail" ? .fail(target) : .recover(target)])])
            })
        form.adapt = { form, field, world in
            guard field != "what", let index = form.fields.firstIndex(where: { $0.name == "what" }), case .choice(let choices, _) = form.fields[index].content
            else { return }
            let there = nodes(form.values, world)
            form.fields[index].content = .choice(choices, !there.isEmpty && failed(there, world).count == there.count ? 1 : 0)
        }
        return form
    }

    /// Creates a workload or a pod: kind, image, replicas, requests and limits, a spread constraint.
    static func create(_ world: World) -> Form {
        let namespaces = world.store.namespaces.sorted().map(\.metadata.name)
        let present = namespaces.firstIndex(of: world.namespace) ?? namespaces.firstIndex(of: "default") ?? 0
        var form = Form(
            title: "Create", subject: "",
            fields: [
                FormField("kind", "Kind", choices: ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"]),
                FormField("name", "Name", hint: "lower-case letters, digits, -"),
                FormField("namespace", "Namespace", choices: namespaces, selected: present),
                FormField("image", "Image", text: "nginx:1.27"),
                FormField("replicas", "Replicas", text: "3"),
                FormField("cpu", "CPU request", text: "250m", hint: "empty: none"),
                FormField("cpuLimit", "CPU limit", hint: "empty: none"),
                FormField("memory", "Memory request", text: "256Mi", hint: "empty: none"),
                FormField("memoryLimit", "Memory limit", hint: "empty: none"),
                FormField("spread", "Spread over", choices: ["nothing", LabelKey.zone, LabelKey.hostname, "zone and hostname"]),
                FormField("skew", "maxSkew", text: "1"),
                FormField("action", "Unsatisfiable", choices: ["DoNotSchedule", "ScheduleAnyway"]),
            ], action: "Create",
            isShown: { name, values in
                switch name {
                case "replicas": ["Deployment", "StatefulSet"].contains(values["kind"])
                case "skew", "action": values["spread"] != "nothing"
                default: true
                }
            },
            submit: { values, world in
                switch template(values) {
                case .success(let object): .done([.perform([.create(object)])])
                case .failure(let problem): .problem(problem.text, field: problem.field)
                }
            })
        form.fieldOf = { field(of: $0) }
        return form
    }

    /// The field of the create form that a refusal is about.
    private static func field(of cause: APIError.Cause) -> String? {
        let path = cause.field
        if path.contains("resources") {
            let isLimit = path.contains("limits")
            return path.contains("memory") || cause.message.contains("memory") ? (isLimit ? "memoryLimit" : "memory") : isLimit ? "cpuLimit" : "cpu"
        }
        let parts = [
            ("metadata.namespace", "namespace"), ("image", "image"), ("replicas", "replicas"), ("maxSkew", "skew"), ("whenUnsatisfiable", "action"),
            ("topologySpreadConstraints", "spread"), ("name", "name"), ("labels", "name"), ("selector", "name"),
        ]
        return parts.first { path.contains($0.0) }?.1
    }

    private struct FieldProblem: Error {
        var text: String
        var field: String
    }

    /// The object that the create form describes.
    private static func template(_ values: FormValues) -> Result<any StoredObject, FieldProblem> {
        let name = values["name"]
        if name.isEmpty { return .failure(FieldProblem(text: "A name is needed", field: "name")) }
        var container = Container(name: name, image: values["image"])
        for (field, resource, isLimit) in [("cpu", "cpu", false), ("memory", "memory", false), ("cpuLimit", "cpu", true), ("memoryLimit", "memory", true)] {
            guard !values[field].isEmpty else { continue }
            guard let quantity = Quantity(values[field]) else {
                return .failure(FieldProblem(text: "\"\(values[field])\" is not a quantity such as 250m or 512Mi", field: field))
            }
            if isLimit { container.resources.limits[resource] = quantity } else { container.resources.requests[resource] = quantity }
        }
        guard let replicas = values.int("replicas"), replicas >= 0 else {
            return .failure(FieldProblem(text: replicasAre, field: "replicas"))
        }
        let labels: StringMap<String> = ["app": name]
        let selector = LabelSelector(matchLabels: labels)
        var spec = PodSpec()
        spec.containers = [container]
        if values["spread"] != "nothing" {
            guard let skew = values.int("skew") else { return .failure(FieldProblem(text: "maxSkew is a whole number, 1 or more", field: "skew")) }
            let keys = values["spread"] == "zone and hostname" ? [LabelKey.zone, LabelKey.hostname] : [values["spread"]]
            spec.topologySpreadConstraints = keys.map {
                TopologySpreadConstraint(maxSkew: skew, topologyKey: $0, whenUnsatisfiable: values["action"], labelSelector: selector)
            }
        }
        let meta = Metadata(ObjectMeta(name: name, namespace: values["namespace"], labels: labels))
        var template = PodTemplateSpec()
        template.metadata.labels = labels
        template.spec = Shared(spec)
        switch values["kind"] {
        case "Deployment":
            var object = Deployment()
            object.metadata = meta
            object.spec.replicas = replicas
            object.spec.selector = selector
            object.spec.template = template
            return .success(object)
        case "StatefulSet":
            var object = StatefulSet()
            object.metadata = meta
            object.spec.replicas = replicas
            object.spec.selector = selector
            object.spec.serviceName = name
            object.spec.template = template
            return .success(object)
        case "DaemonSet":
            var object = DaemonSet()
            object.metadata = meta
            object.spec.selector = selector
            object.spec.template = template
            return .success(object)
        case "Job":
            template.spec.restartPolicy = "Never"
            var object = Job()
            object.metadata = meta
            object.spec.template = template
            return .success(object)
        default:
            var object = Pod()
            object.metadata = meta
            object.spec = template.spec
            return .success(object)
        }
    }
}
