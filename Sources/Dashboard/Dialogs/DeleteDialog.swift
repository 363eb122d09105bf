import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// The names of frozen targets in one line: the first eight and how many more.
func targetNames(_ objects: [any StoredObject]) -> String {
    let names = objects.prefix(8).map { ObjectColumns.subject($0) }
    return names.joined(separator: ", ") + (objects.count > 8 ? " and \(objects.count - 8) more" : "")
}

/// Asks before objects are deleted: propagation, grace, and what it means. Starts on Cancel.
func deleteDialog(_ objects: [any StoredObject], _ world: World) -> Form {
    let forecast = Forecast.replacement(of: objects.compactMap { $0 as? Pod }.filter { $0.metadata.controller != nil }, world, deleting: true)
    let many = objects.count > 10
    let users = objects.first.flatMap { [.configMap, .secret, .serviceAccount].contains($0.kindInfo.type) ? Users(of: $0, world).keys.count : nil }
    var fields: [FormField] = []
    if objects.allSatisfy({ $0 is Pod }) {
        fields.append(FormField("grace", "Grace period", text: "", hint: "seconds; empty: each pod's own"))
    } else {
        fields.append(
            FormField(
                "propagation", "Propagation", choices: DeleteOptions.Propagation.allCases.map(\.rawValue),
                hint: "dependents"))
    }
    fields.append(FormField("force", "Force", choices: ["no", "yes"], hint: "grace 0: removed at once"))
    if many { fields.append(FormField("count", "Type the number", hint: "\(objects.count) objects")) }
    return Form(
        title: "Delete", subject: (objects.count == 1 ? ObjectColumns.subject(objects[0]) : "\(objects.count) objects") + "  in \(world.options.name)",
        fields: fields, action: "Delete", startOnCancel: true,
        preview: { values, world in
            let preview = DeletePreview(values: values, users: users, world: world)
            var lines = [StyledText(targetNames(objects), world.theme[.text])]
            if let first = objects.first { lines += preview.consequences(of: first) }
            lines += preview.lostVolumes(of: objects) + preview.budgets(of: objects)
            if !forecast.isEmpty { lines.append(StyledText(forecast, world.theme[.accent])) }
            return lines
        },
        submit: { values, _ in
            if many, values.int("count") != objects.count { return .problem("Type \(objects.count) to delete \(objects.count) objects", field: "count") }
            var options = DeleteOptions(propagation: DeleteOptions.Propagation(rawValue: values["propagation"]) ?? .background)
            if values["force"] == "yes" {
                options.gracePeriodSeconds = 0
            } else if !values["grace"].isEmpty {
                guard let seconds = values.int("grace"), seconds >= 0 else { return .problem("The grace period is a number of seconds", field: "grace") }
                options.gracePeriodSeconds = seconds
            }
            return .done([.perform(objects.map { .delete(type(of: $0).kind, $0.key, options) })])
        })
}

/// What a delete with the values of the form at hand would mean, in lines.
private final class DeletePreview {
    let values: FormValues
    /// How many pods use what is deleted, where that is to be said: counted once, as it takes a walk over all pods.
    let users: Int?
    let world: World

    init(values: FormValues, users: Int?, world: World) { (self.values, self.users, self.world) = (values, users, world) }

    private var orphans: Bool { values["propagation"] == "Orphan" }
    private func line(_ text: String, _ role: Role) -> StyledText { StyledText(text, world.theme[role]) }

    /// What goes with one object, by its kind.
    func consequences(of object: any StoredObject) -> [StyledText] {
        if let pod = object as? Pod { return consequences(of: pod) }
        if let node = object as? Node {
            let count = world.store.podSlots(onNode: node.metadata.name).count
            return [line("\(counted(count, "pod runs", "pods run")) on it; once the node is gone they are garbage-collected after 40 s.", .rowPending)]
        }
        if let namespace = object as? Namespace {
            let name = namespace.metadata.name
            let pods = world.store.pods.rows.count { $0?.metadata.namespace == name }
            return [line("Everything in it is deleted too: \(counted(pods, "pod")) and all other objects.", .rowPending)]
        }
        if [.deployment, .statefulSet, .daemonSet, .replicaSet, .job].contains(object.kindInfo.type), !orphans {
            let pods = world.store.pods(below: object).count
            return [line("\(counted(pods, "pod goes", "pods go")) with it.", pods > 0 ? .rowPending : .dim)]
        }
        let reclaim =
            (object as? PersistentVolumeClaim).map { world.cluster.reclaim(deleting: $0) }
            ?? (object as? PersistentVolume).map { world.cluster.reclaim(deleting: $0) }
        if let reclaim { return [line(reclaim.text, reclaim.fate == .destroyed ? .rowError : .dim)] }
        if let users {
            return [line(users == 0 ? "No pod uses it." : "\(counted(users, "pod uses", "pods use")) it.", users == 0 ? .dim : .rowPending)]
        }
        return orphans ? [line("Its dependents stay, without an owner.", .dim)] : []
    }

    private func consequences(of pod: Pod) -> [StyledText] {
        let grace = values["force"] == "yes" ? "0" : values["grace"].isEmpty ? "\(pod.spec.terminationGracePeriodSeconds ?? 30)" : values["grace"]
        return [
            pod.metadata.controller.map { line("\($0.kind) \($0.name) will create a replacement at once.", .dim) }
                ?? line("It has no owner: nothing will recreate it.", .rowPending),
            line(
                "Grace \(grace) s. Disruption budgets do not apply to a delete; \(world.hint(ObjectAction.evict, "evicts", in: Bindings.pods)).", .dim),
        ]
    }

    /// Several claims, or those that go with their owner: how many volumes are lost.
    func lostVolumes(of objects: [any StoredObject]) -> [StyledText] {
        var claims = orphans ? [] : objects.flatMap { world.cluster.claims(deletedWith: $0) }
        if objects.count > 1 { claims += objects.compactMap { $0 as? PersistentVolumeClaim } }
        let lost = claims.count { world.cluster.losesVolume(deleting: $0) }
        guard lost > 0 else { return [] }
        let whose = claims.count == 1 ? "its claim" : "the claims"
        let volumes = counted(lost, "PersistentVolume is", "PersistentVolumes are")
        return [line("\(volumes) deleted with \(whose), and all data on \(lost == 1 ? "it" : "them"): reclaim policy Delete.", .rowError)]
    }

    /// The disruption budgets of the pods, which a delete passes by.
    func budgets(of objects: [any StoredObject]) -> [StyledText] {
        let budgets = world.store.podDisruptionBudgets.all.filter { budget in
            objects.contains {
                $0 is Pod && $0.metadata.namespace == budget.metadata.namespace && budget.spec.selector?.matches($0.metadata.labels) ?? false
            }
        }
        return budgets.map { budget in
            let allowed = budget.status.disruptionsAllowed
            return line("Budget \(budget.metadata.name) would allow \(allowed) now.", allowed < objects.count ? .rowPending : .dim)
        }
    }
}

/// Asks before pods are evicted, and says what budgets allow. Starts on Cancel.
func evictDialog(_ pods: [Pod], _ world: World) -> Form {
    let forecast = Forecast.replacement(of: pods, world)
    return Form(
        title: "Evict", subject: pods.count == 1 ? "pod \(pods[0].metadata.name)" : "\(pods.count) pods", fields: [],
        action: "Evict", startOnCancel: true,
        preview: { _, world in
            var lines = [StyledText(targetNames(pods), world.theme[.text])]
            for pod in pods.prefix(3) {
                let budgets = world.store.podDisruptionBudgets.all.filter {
                    $0.metadata.namespace == pod.metadata.namespace && $0.spec.selector?.matches(pod.metadata.labels) ?? false
                }
                for budget in budgets {
                    let allowed = budget.status.disruptionsAllowed
                    lines.append(
                        StyledText(
                            "Budget \(budget.metadata.name): \(budget.status.currentHealthy) healthy, \(budget.status.desiredHealthy) needed, \(allowed) may be evicted now",
                            world.theme[allowed > 0 ? .good : .rowPending]))
                }
                if budgets.isEmpty { lines.append(StyledText("No disruption budget covers \(pod.metadata.name).", world.theme[.dim])) }
                if pod.metadata.controller == nil { lines.append(StyledText("It has no owner: nothing will recreate it.", world.theme[.rowPending])) }
            }
            lines.append(StyledText(forecast, world.theme[.accent]))
            return lines
        },
        submit: { _, _ in .done([.perform(pods.map { .evict(pod: $0.key) })]) })
}
