import ControlPlane
import Kubelets
import KubernetesAPI
import Simulation

/// What workloads and Services are asked to do, and how keys bend it.
enum Demands {
    typealias Target = (kind: Kind, key: ObjectKey)
    private static let kinds: [Kind] = [.deployment, .statefulSet, .daemonSet, .replicaSet, .service]

    /// The workload or Service called `name` in the namespaces looked at; one with a demand comes first.
    static func find(_ name: String, _ world: World) -> Target? {
        var found: [Target] = []
        for kind in kinds {
            for object in world.store.objects(kind) where object.metadata.name == name {
                if world.namespace.isEmpty || object.metadata.namespace == world.namespace { found.append((kind, object.key)) }
            }
        }
        return found.first { load($0, world) != nil } ?? found.first
    }

    /// Whose demand a row is about: its own, or that of the workload that an autoscaler scales.
    static func target(of object: any StoredObject, _ world: World) -> Target? {
        if let scaler = object as? HorizontalPodAutoscaler {
            return KindInfo.find(scaler.spec.scaleTargetRef.kind).map {
                ($0.type, ObjectKey(namespace: scaler.namespace, name: scaler.spec.scaleTargetRef.name))
            }
        }
        let kind = object.kindInfo.type
        return kinds.contains(kind) ? (kind, object.key) : nil
    }

    static func load(_ target: Target, _ world: World) -> Load? {
        world.store.object(target.kind, target.key)?.metadata.annotations[Demand.annotation].flatMap(Demand.load)
    }

    /// The command that changes a demand by so many percent, at least by a thousandth of a core.
    static func bent(_ target: Target, _ load: Load, percent: Int) -> Command {
        let bent = load.map { value in
            let change = Int128(value) * Int128(percent) / 100
            return Int64(clamping: max(0, Int128(value) + (change == 0 && value > 0 ? percent.signum() > 0 ? 1 : -1 : change)))
        }
        return .demand(target.kind, target.key, Demand.text(bent))
    }

    /// More or less demand by a key on these rows.
    static func effects(_ objects: [any StoredObject], percent: Int, _ world: World) -> [Effect] {
        let commands = objects.compactMap { object -> Command? in
            guard let target = target(of: object, world), let load = load(target, world) else { return nil }
            return bent(target, load, percent: percent)
        }
        guard commands.isEmpty else { return [.perform(commands)] }
        guard let name = objects.first.flatMap({ target(of: $0, world) })?.key.name else { return [.flash("Nothing is selected", .warning)] }
        return [.flash("\(name) has no demand; :demand \(name) 2 gives it one", .warning)]
    }
}
