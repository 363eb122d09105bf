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
    let pods = objects.allSatisfy { $0 is Pod }
    let many = objects.count > 10
    let isUsed = objects.first.map { [.configMap, .secret, .serviceAccount].contains($0.kindInfo.type) } ?? false
    let users = isUsed ? Users(of: objects[0], world).keys.count : 0
    var fields: [FormField] = []
    if pods {
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
            var lines = [StyledText(targetNames(objects), world.theme[.text])]
            for object in objects.prefix(1) {
                if let pod = object as? Pod {
                    if let owner = pod.metadata.controller {
                        lines.append(StyledText("\(owner.kind) \(owner.name) will create a replacement at once.", world.theme[.dim]))
                    } else {
                        lines.append(StyledText("It has no owner: nothing will recreate it.", world.theme[.rowPending]))
                    }
                    let grace = values["force"] == "yes" ? "0" : values["grace"].isEmpty ? "\(pod.spec.terminationGracePeriodSeconds ?? 30)" : values["grace"]
                    lines.append(
                        StyledText(
                            "Grace \(grace) s. Disruption budgets do not apply to a delete; \(world.hint(ObjectAction.evict, "evicts", in: Bindings.pods)).",
                            world.theme[.dim]))
                } else if let node = object as? Node {
                    let count = world.store.podSlots(onNode: node.metadata.name).count
                    lines.append(StyledText("\(count) pods run on it; once the node is gone they are garbage-collected after 40 s.", world.theme[.rowPending]))
                } else if let namespace = object as? Namespace {
                    let name = namespace.metadata.name
                    let pods = world.store.pods.rows.count { $0?.metadata.namespace == name }
                    lines.append(
                        StyledText("Everything in it is deleted too: \(counted(pods, "pod")) and all other objects.", world.theme[.rowPending]))
                } else if [.deployment, .statefulSet, .daemonSet, .replicaSet, .job].contains(object.kindInfo.type), values["propagation"] != "Orphan" {
                    let pods = world.store.pods(below: object).count
                    lines.append(StyledText("\(counted(pods, "pod goes", "pods go")) with it.", world.theme[pods > 0 ? .rowPending : .dim]))
                } else if let claim = object as? PersistentVolumeClaim {
                    let forecast = world.cluster.reclaim(deleting: claim)
                    lines.append(StyledText(forecast.text, world.theme[forecast.fate == .destroyed ? .rowError : .dim]))
                } else if let volume = object as? PersistentVolume {
                    let forecast = world.cluster.reclaim(deleting: volume)
                    lines.append(StyledText(forecast.text, world.theme[forecast.fate == .destroyed ? .rowError : .dim]))
                } else if isUsed {
                    lines.append(
                        StyledText(
                            users == 0 ? "No pod uses it." : "\(counted(users, "pod uses", "pods use")) it.",
                            world.theme[users == 0 ? .dim : .rowPending]))
                } else if values["propagation"] == "Orphan" {
                    lines.append(StyledText("Its dependents stay, without an owner.", world.theme[.dim]))
                }
            }
            // Several claims, or those that go with their owner: how many volumes are lost.
            var claims = values["propagation"] == "Orphan" ? [] : objects.flatMap { world.cluster.claims(deletedWith: $0) }
            if objects.count > 1 { claims += objects.compactMap { $0 as? PersistentVolumeClaim } }
            let lost = claims.count { world.cluster.losesVolume(deleting: $0) }
            if lost > 0 {
                lines.append(
                    StyledText(
                        "\(counted(lost, "PersistentVolume is", "PersistentVolumes are")) deleted with \(claims.count == 1 ? "its claim" : "the claims"), and all data on \(lost == 1 ? "it" : "them"): reclaim policy Delete.",
                        world.theme[.rowError]))
            }
            let budgets = world.store.podDisruptionBudgets.all.filter { budget in
                objects.contains {
                    $0 is Pod && $0.metadata.namespace == budget.metadata.namespace && budget.spec.selector?.matches($0.metadata.labels) ?? false
                }
            }
            for budget in budgets {
                lines.append(
                    StyledText(
                        "Budget \(budget.metadata.name) would allow \(budget.status.disruptionsAllowed) now.",
                        world.theme[budget.status.disruptionsAllowed < objects.count ? .rowPending : .dim]))
            }
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
