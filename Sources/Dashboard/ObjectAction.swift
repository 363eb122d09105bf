import Canvas
import ControlPlane
import KubernetesAPI
import SimulationKit

/// What is done to an object from its row in a table or from its own view.
enum ObjectAction: String, ScreenAction {
    case open, describe, yaml, edit, delete, kill, owner
    case why, node, containers, evict, logs, previousLogs, shell, attach, debug, portForward, forwards
    case resize, load, moreLoad, lessLoad, recommend, setImage, scale, restart, showPods, replicaSets, rollback
    case holders, usedBy, migrate, decode
    case moreDemand, lessDemand
    case cordon, uncordon, drain
    case useNamespace, trigger, suspendJob

    /// Why it cannot be done to `object`; nil if it can.
    func unavailable(for object: any StoredObject, _ world: World) -> String? {
        switch self {
        case .node: (object as? Pod)?.nodeName.isEmpty == true ? "The pod has no node yet" : nil
        case .owner:
            object.metadata.controller.flatMap { KindInfo.find($0.kind) } == nil
                ? "Nothing owns \(object.kindInfo.kind.lowercased()) \(object.metadata.name)" : nil
        case .open: object is Event && Self.subject(of: object, world) == nil ? "\(ObjectColumns.subject(object)) is gone" : nil
        case .rollback: object.metadata.controller?.kind == "Deployment" ? nil : "No Deployment owns it"
        case .migrate: object is PersistentVolume && Self.claim(of: object) == nil ? "No claim has the volume" : nil
        case .recommend: Workload(focusedBy: object, world) == nil ? "\(object.kindInfo.kind) \(object.metadata.name) has no pods" : nil
        default: nil
        }
    }

    /// What it does to the object under the cursor, or to `targets`, which are the marked ones of the same kind; nil if it is not for
    /// objects of the kind.
    func effects(on object: any StoredObject, _ targets: [any StoredObject], _ world: World) -> [Effect]? {
        let info = object.kindInfo
        let kind = info.type
        let name = object.metadata.name
        let pods = targets.compactMap { $0 as? Pod }
        switch self {
        case .open: return Self.open(object, targets, world)
        case .describe: return [.push(DetailScreen(object, tab: .describe))]
        case .yaml: return [.push(DetailScreen(object, tab: .yaml))]
        case .edit: return [.edit(object)]
        case .delete: return [.open(deleteDialog(targets, world))]
        case .kill: return [.perform(targets.map { .delete(kind, $0.key, DeleteOptions(gracePeriodSeconds: 0)) })]
        case .owner: return TableScreen.owner(of: object)
        case .why: return kind == .pod ? [.push(WhyScreen(object.key))] : nil
        case .node: return (object as? Pod).map { [NodeScreen.effect($0, world)] }
        case .containers: return (object as? Pod).map { [.push(Lists.containers(of: $0))] }
        case .evict: return kind == .pod ? [.open(evictDialog(pods, world))] : nil
        case .logs, .previousLogs: return Sessions.logs(of: object, previous: self == .previousLogs, world)
        case .shell, .attach: return Sessions.enter(object, attaches: self == .attach, world)
        case .debug: return (object as? Pod).map { Sessions.debug($0, world) }
        case .portForward: return Sessions.forward(object, world)
        case .forwards: return [.push(ForwardsScreen())]
        case .resize: return Self.resize(object, targets, world)
        case .load: return LoadSteps.kinds.contains(kind) ? [.open(LoadDialog(targets, world))] : nil
        case .moreLoad, .lessLoad: return LoadSteps.kinds.contains(kind) ? [.perform(LoadSteps.commands(targets, self == .moreLoad ? 1 : -1, world))] : nil
        case .recommend: return Workload(focusedBy: object, world).map { [.push(RecommendScreen(focus: $0))] }
        case .setImage: return [.open(Forms.setImage(object, info))]
        case .scale: return [.open(Forms.scale(targets, info, world))]
        case .restart: return [.perform(targets.map { .restart(kind, $0.key) })]
        case .showPods: return [.push(TableScreen(Kind.pod.info, scope: .onNode(name)))]
        case .replicaSets:
            let workload = Workload(kind: info.kind, namespace: object.metadata.namespace, name: name)
            return kind == .deployment ? [.push(TableScreen(Kind.replicaSet.info, scope: .ofWorkload(workload)))] : nil
        case .rollback:
            let revision = Int(object.metadata.annotations[AnnotationKey.deploymentRevision] ?? "") ?? 0
            return object.metadata.controller.map {
                [.perform([.undoRollout(ObjectKey(namespace: object.metadata.namespace, name: $0.name), toRevision: revision)])]
            }
        case .holders: return Self.holders(object)
        case .usedBy: return Self.usedBy(object, world)
        case .migrate: return Self.claim(of: object).map { [.run(line: "migrate \($0)")] }
        case .decode: return (object as? Secret).map { [.push(SecretScreen($0))] }
        case .moreDemand, .lessDemand: return Demands.effects(targets, percent: self == .moreDemand ? 10 : -10, world)
        case .cordon: return [.perform(targets.map { .cordon(node: $0.metadata.name) })]
        case .uncordon: return [.perform(targets.map { .uncordon(node: $0.metadata.name) })]
        case .drain: return [.open(Forms.drain(targets, world))]
        case .useNamespace: return [.setNamespace(targets.map(\.metadata.name).joined(separator: ","))]
        case .trigger: return [.perform(targets.compactMap { $0 as? CronJob }.map { .create($0.manualJob(at: world.now)) })]
        case .suspendJob: return Self.suspend(targets.compactMap { $0 as? CronJob })
        }
    }

    private static func open(_ object: any StoredObject, _ targets: [any StoredObject], _ world: World) -> [Effect] {
        let (namespace, name) = (object.metadata.namespace, object.metadata.name)
        func pods(_ scope: TableScreen.Scope) -> [Effect] { [.push(TableScreen(Kind.pod.info, scope: scope))] }
        switch object {
        // Marks show several at once.
        case is Namespace: return [.setNamespace(targets.map(\.metadata.name).joined(separator: ",")), .root(TableScreen(Kind.pod.info))]
        case is Node: return [.push(NodeScreen(name, world))]
        case let pod as Pod: return [.push(PodScreen(pod))]
        case is Deployment, is StatefulSet, is DaemonSet, is Job:
            return pods(.ofWorkload(Workload(kind: object.kindInfo.kind, namespace: namespace, name: name)))
        case let set as ReplicaSet: return pods(.labels(set.spec.selector ?? LabelSelector(), title: name))
        case is HorizontalPodAutoscaler: return [.push(AutoscalerScreen(object.key))]
        case let service as Service: return pods(.labels(LabelSelector(matchLabels: service.spec.selector), title: name))
        case is Event: return subject(of: object, world).map { [.push(DetailScreen($0, tab: .describe))] } ?? []
        default: return [.push(DetailScreen(object, tab: .describe))]
        }
    }

    /// What an event is about; nil if it is gone.
    private static func subject(of object: any StoredObject, _ world: World) -> (any StoredObject)? {
        guard let about = (object as? Event)?.involvedObject, let info = KindInfo.find(about.kind) else { return nil }
        return world.store.object(info.type, ObjectKey(namespace: about.namespace, name: about.name))
    }

    private static func resize(_ object: any StoredObject, _ targets: [any StoredObject], _ world: World) -> [Effect]? {
        let info = object.kindInfo
        if info.type == .pod { return [.open(ResizeDialog(targets.compactMap { $0 as? Pod }, world))] }
        guard [.deployment, .statefulSet, .daemonSet, .replicaSet, .job].contains(info.type) else { return nil }
        let pods = LiveWorkload.pods(of: targets, world)
        if pods.isEmpty { return [.flash("\(info.kind) \(object.metadata.name) has no pod to resize", .warning)] }
        let name = targets.count == 1 ? "\(info.kind) \(object.metadata.name)" : "\(targets.count) \(info.plural)"
        return [.open(ResizeDialog(pods, of: "\(counted(pods.count, "pod")) of \(name)", world))]
    }

    private static func holders(_ object: any StoredObject) -> [Effect]? {
        switch object {
        case is PersistentVolumeClaim: [.push(VolumesScreen(claim: object.key))]
        case let volume as PersistentVolume: [.push(VolumesScreen(volume: volume))]
        default: nil
        }
    }

    private static func usedBy(_ object: any StoredObject, _ world: World) -> [Effect]? {
        if object is PersistentVolume { return holders(object) }
        let users = Users(of: object, world)
        return users.keys.isEmpty
            ? [.flash("No pod uses \(ObjectColumns.subject(object))")]
            : [.push(TableScreen(Kind.pod.info, scope: .keys(users.keys, title: "using \(object.metadata.name)")))]
    }

    /// The claim itself, or the one that has the volume.
    private static func claim(of object: any StoredObject) -> ObjectKey? {
        if object is PersistentVolumeClaim { return object.key }
        return (object as? PersistentVolume)?.spec.claimRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
    }

    private static func suspend(_ jobs: [CronJob]) -> [Effect] {
        [
            .perform([
                .edit(
                    jobs.map { job in
                        var changed = job
                        changed.spec.suspend = !(job.spec.suspend ?? false)
                        return changed
                    })
            ])
        ]
    }
}

extension Workload {
    /// The workload that a view of `object` is about: the owner of a pod, the object itself or what controls it; nil for other kinds.
    init?(focusedBy object: any StoredObject, _ world: World) {
        if let pod = object as? Pod {
            self.init(of: pod, world.cluster)
            return
        }
        let info = object.kindInfo
        guard [.deployment, .statefulSet, .daemonSet, .replicaSet, .job].contains(info.type) else { return nil }
        self =
            object.metadata.controller.map { Workload.root(of: $0, namespace: object.metadata.namespace, world.cluster) }
            ?? Workload(kind: info.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    }
}
