import ControlPlane
import KubernetesAPI
import SimulationKit

/// A document of kind `Scenario`: what happens to a cluster, and what is expected of it.
public struct Scenario: APIStruct {
    public static let apiVersion = "evenkeel.dev/v1"
    public var apiVersion = ""
    public var kind = ""
    public var metadata = ObjectMeta()
    public var spec = ScenarioSpec()
    public init() {}
    public static let summary = "What happens to a cluster, and what is expected of it."
    public static let fields: [Field<Scenario>] = [
        .f("apiVersion", \.apiVersion, "evenkeel.dev/v1"),
        .f("kind", \.kind, "Scenario"),
        .f("metadata", \.metadata, "Its name."),
        .f("spec", \.spec, "Cluster, steps and expectations."),
    ]
}

public struct ScenarioSpec: APIStruct {
    public var seed: JSONValue?
    public var kubernetesVersion: String?
    public var featureGates: StringMap<Bool> = [:]
    public var cluster: ScenarioCluster?
    public var parameters: JSONValue?
    public var controllerManager: ControllerManagerFlags?
    public var metricsServer: MetricsServerFlags?
    public var autoscaler: AutoscalerFlags?
    public var duration: Duration?
    public var steps: [ScenarioStep] = []
    public var expect: [Expectation] = []
    public init() {}
    public static let summary = "Cluster, steps and expectations."
    public static let fields: [Field<ScenarioSpec>] = [
        .f("seed", \.seed, "Seed of all random choices, unsigned 64 bit; default 0."),
        .f("kubernetesVersion", \.kubernetesVersion, "1.22 to 1.36; default 1.36."),
        .f("featureGates", \.featureGates, "Gates that differ from the version's defaults."),
        .f("cluster", \.cluster, "The nodes, if the files hold none."),
        .f("parameters", \.parameters, "Parameters of the latency model that differ from their defaults, by name."),
        .f("controllerManager", \.controllerManager, "Flags of kube-controller-manager."),
        .f("metricsServer", \.metricsServer, "Flags of the metrics server."),
        .f("autoscaler", \.autoscaler, "The node autoscaler; without it there is none."),
        .f("duration", \.duration, "How long run plays it; default 10m."),
        .f("steps", \.steps, "What happens, ordered by `at`, then as in the file."),
        .f("expect", \.expect, "What must hold, at a time or at the end."),
    ]
}

public struct ScenarioCluster: APIStruct {
    public var zones: Int?
    public var nodesPerZone: Int?
    public init() {}
    public static let summary = "The nodes, if the files hold none."
    public static let fields: [Field<ScenarioCluster>] = [
        .f("zones", \.zones, "How many zones; default 3."),
        .f("nodesPerZone", \.nodesPerZone, "How many nodes in each; default 4."),
    ]
}

/// One step: a time and exactly one action.
public struct ScenarioStep: APIStruct {
    public var at = Duration.zero
    public var refused: JSONValue?
    public var scale: ScaleStep?
    public var resize: ResizeStep?
    public var delete: DeleteStep?
    public var evict: PodStep?
    public var cordon: NodeStep?
    public var uncordon: NodeStep?
    public var drain: NodeStep?
    public var taint: TaintStep?
    public var untaint: TaintStep?
    public var fail: FaultStep?
    public var recover: FaultStep?
    public var load: LoadStep?
    public var demand: DemandStep?
    public var autosize: AutosizeStep?
    public var autoscaler: AutoscalerFlags?
    public var setImage: SetImageStep?
    public var restart: WorkloadStep?
    public var pause: WorkloadStep?
    public var resume: WorkloadStep?
    public var undo: UndoStep?
    public var apply: JSONValue?
    public var kubelet: KubeletStep?
    public var runtime: RuntimeStep?
    public var gates: StringMap<Bool>?
    public var rebalance: WorkloadStep?
    public init() {}
    /// How many actions it has: one, if it is written as it should be.
    var actionCount: Int {
        let actions: [Any?] = [
            scale, resize, delete, evict, cordon, uncordon, drain, taint, untaint, fail, recover, load, demand, autosize, autoscaler, setImage, restart, pause,
            resume, undo, apply, kubelet, runtime, gates, rebalance,
        ]
        return actions.count { $0 != nil }
    }
    public static let summary = "A time and one action."
    public static let fields: [Field<ScenarioStep>] = [
        .f("at", \.at, "When, as 90s, 1m30s or 2h; default 0s."),
        .f("refused", \.refused, "true, or part of the message, if the API server is to refuse the step."),
        .f("scale", \.scale, "Sets the replicas of a workload."),
        .f("resize", \.resize, "Resizes a container of a pod in place."),
        .f("delete", \.delete, "Deletes an object."),
        .f("evict", \.evict, "Evicts a pod; disruption budgets apply."),
        .f("cordon", \.cordon, "Keeps new pods off a node."),
        .f("uncordon", \.uncordon, "Lets new pods onto a node again."),
        .f("drain", \.drain, "Cordons a node and evicts its pods."),
        .f("taint", \.taint, "Puts a taint on a node."),
        .f("untaint", \.untaint, "Takes a taint off a node."),
        .f("fail", \.fail, "Stops the kubelet of a node, or of all nodes of a zone, from reporting."),
        .f("recover", \.recover, "Ends the failure of a node or zone."),
        .f("load", \.load, "Sets the usage of each pod of a workload from now on."),
        .f("demand", \.demand, "Sets the total demand on a workload or Service; its ready pods share it."),
        .f("autosize", \.autosize, "Resizes the pods of a workload as recommended, as a VerticalPodAutoscaler does."),
        .f("autoscaler", \.autoscaler, "Changes the scenario's node autoscaler, or turns it off."),
        .f("setImage", \.setImage, "Sets the image of a container of a workload, as kubectl set image."),
        .f("restart", \.restart, "Restarts the pods of a workload by a rolling update, as kubectl rollout restart."),
        .f("pause", \.pause, "Pauses the rollout of a Deployment, as kubectl rollout pause."),
        .f("resume", \.resume, "Resumes it, as kubectl rollout resume."),
        .f("undo", \.undo, "Rolls a Deployment back, as kubectl rollout undo."),
        .f("apply", \.apply, "Applies one manifest or a list of them."),
        .f("rebalance", \.rebalance, "Evicts pods of a workload, one after another, until its hard spread constraints hold."),
        .f("gates", \.gates, "Restarts the components with these feature gates."),
        .f("kubelet", \.kubelet, "Changes the configuration of kubelets."),
        .f("runtime", \.runtime, "Makes the container runtime of a node hang."),
    ]
}

public struct KubeletStep: APIStruct {
    public var node = ""
    public var selector = ""
    public var set: JSONValue?
    public init() {}
    public static let summary = "Which kubelets, and what is to be different in their configuration."
    public static let fields: [Field<KubeletStep>] = [
        .f("node", \.node, "The kubelet of this node; default all."),
        .f("selector", \.selector, "The kubelets of nodes with these labels, as kubectl -l takes them; default all."),
        .f("set", \.set, "Fields of KubeletConfiguration with their new values; null resets a field to its default."),
    ]
}

public struct RuntimeStep: APIStruct {
    public var node = ""
    public var hangs = Duration.zero
    public init() {}
    public static let summary = "A node and how long its container runtime does not answer."
    public static let fields: [Field<RuntimeStep>] = [
        .f("node", \.node, "The node."), .f("hangs", \.hangs, "How long it does not answer, such as 200s."),
    ]
}

public struct ScaleStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var replicas = 0
    public init() {}
    public static let summary = "The workload and its new number of replicas."
    public static let fields: [Field<ScaleStep>] = [
        .f("kind", \.kind, "Deployment, ReplicaSet or StatefulSet."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("replicas", \.replicas, "The new number."),
    ]
}

public struct ResizeStep: APIStruct {
    public var pod = ""
    public var namespace = ""
    public var container = ""
    public var requests: ResourceList = [:]
    public var limits: ResourceList = [:]
    public init() {}
    public static let summary = "The container and its new requests and limits."
    public static let fields: [Field<ResizeStep>] = [
        .f("pod", \.pod, "The pod."), .f("namespace", \.namespace, "Its namespace; default default."),
        .f("container", \.container, "The container; may be left out if there is one only."),
        .f("requests", \.requests, "New requests; only what changes."),
        .f("limits", \.limits, "New limits; only what changes."),
    ]
}

public struct DeleteStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var gracePeriodSeconds: Int?
    public var propagationPolicy: String?
    public init() {}
    public static let summary = "The object to delete."
    public static let fields: [Field<DeleteStep>] = [
        .f("kind", \.kind, "Its kind."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("gracePeriodSeconds", \.gracePeriodSeconds, "Grace for a pod; default its own.", bits: 64),
        .f("propagationPolicy", \.propagationPolicy, "Background (default), Foreground or Orphan."),
    ]
}

public struct PodStep: APIStruct {
    public var pod = ""
    public var namespace = ""
    public init() {}
    public static let summary = "A pod."
    public static let fields: [Field<PodStep>] = [
        .f("pod", \.pod, "Its name."), .f("namespace", \.namespace, "Its namespace; default default."),
    ]
}

public struct NodeStep: APIStruct {
    public var node = ""
    public init() {}
    public static let summary = "A node."
    public static let fields: [Field<NodeStep>] = [.f("node", \.node, "Its name.")]
}

public struct TaintStep: APIStruct {
    public var node = ""
    public var key = ""
    public var value = ""
    public var effect = ""
    public init() {}
    public static let summary = "A taint of a node."
    public static let fields: [Field<TaintStep>] = [
        .f("node", \.node, "The node."), .f("key", \.key, "Key of the taint."),
        .f("value", \.value, "Value of the taint."),
        .f("effect", \.effect, "NoSchedule, PreferNoSchedule or NoExecute."),
    ]
}

public struct FaultStep: APIStruct {
    public var node: String?
    public var zone: String?
    public init() {}
    public static let summary = "A node or all nodes of a zone."
    public static let fields: [Field<FaultStep>] = [
        .f("node", \.node, "A node."), .f("zone", \.zone, "A zone: all nodes with this topology.kubernetes.io/zone."),
    ]
}

public struct LoadStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var cpu: Quantity?
    public var memory: Quantity?
    public init() {}
    public static let summary = "A workload and the usage of each of its pods."
    public static let fields: [Field<LoadStep>] = [
        .f("kind", \.kind, "Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or Pod."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("cpu", \.cpu, "CPU of each pod from now on."), .f("memory", \.memory, "Memory of each pod from now on."),
    ]
}

public struct DemandStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var cpu: JSONValue?
    public init() {}
    public static let summary = "A workload or Service and the total demand on it."
    public static let fields: [Field<DemandStep>] = [
        .f("kind", \.kind, "Deployment, StatefulSet, DaemonSet, ReplicaSet or Service."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("cpu", \.cpu, "CPU in sum: 2; 200m..6/30m swings in 30 minutes; 500m@0s 6@5m goes through these points. Absent: no demand."),
    ]
}

public struct AutosizeStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var mode = "InPlaceOrRecreate"
    public init() {}
    public static let summary = "A workload and how its pods are sized."
    public static let fields: [Field<AutosizeStep>] = [
        .f("kind", \.kind, "Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("mode", \.mode, "Off, InPlaceOrRecreate (default) or InPlace."),
    ]
}

public struct WorkloadStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public init() {}
    public static let summary = "A workload."
    public static let fields: [Field<WorkloadStep>] = [
        .f("kind", \.kind, "Its kind, such as Deployment."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
    ]
}

public struct SetImageStep: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var container = ""
    public var image = ""
    public init() {}
    public static let summary = "A container of a workload and its new image."
    public static let fields: [Field<SetImageStep>] = [
        .f("kind", \.kind, "Deployment, StatefulSet, DaemonSet or Pod."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("container", \.container, "The container; * for all."), .f("image", \.image, "The new image."),
    ]
}

public struct UndoStep: APIStruct {
    public var name = ""
    public var namespace = ""
    public var toRevision: Int?
    public init() {}
    public static let summary = "A Deployment and the revision to go back to."
    public static let fields: [Field<UndoStep>] = [
        .f("name", \.name, "Name of the Deployment."), .f("namespace", \.namespace, "Its namespace; default default."),
        .f("toRevision", \.toRevision, "The revision; default the one before the present.", bits: 64),
    ]
}

/// Something that must hold at a time.
public struct Expectation: APIStruct {
    public var at: Duration?
    public var spread: SpreadExpectation?
    public var pods: PodsExpectation?
    public var condition: ConditionExpectation?
    public var event: EventExpectation?
    public var nodes: NodesExpectation?
    public var field: FieldExpectation?
    public var timeToReady: TimeToReadyExpectation?
    public init() {}
    /// How many things it expects: one, if it is written as it should be.
    var count: Int {
        let all: [Any?] = [spread, pods, condition, event, nodes, field, timeToReady]
        return all.count { $0 != nil }
    }
    public static let summary = "A time and one thing that must hold."
    public static let fields: [Field<Expectation>] = [
        .f("at", \.at, "When; default the end."),
        .f("spread", \.spread, "How even the pods of a workload are."),
        .f("pods", \.pods, "How many pods there are."),
        .f("condition", \.condition, "A condition of an object."),
        .f("event", \.event, "How often an event was recorded."),
        .f("nodes", \.nodes, "How many nodes there are."),
        .f("field", \.field, "A field of an object."),
        .f("timeToReady", \.timeToReady, "How long pods took to become ready."),
    ]
}

public struct SpreadExpectation: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var topologyKey = ""
    public var revision: String?
    public var skewAtMost: Int?
    public var skewAtLeast: Int?
    public init() {}
    public static let summary = "How even the pods of a workload are."
    public static let fields: [Field<SpreadExpectation>] = [
        .f("kind", \.kind, "Kind of the workload."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("topologyKey", \.topologyKey, "The constraint's key."),
        .f("revision", \.revision, "newest: only the pods of the newest revision, whatever the constraint counts."),
        .f("skewAtMost", \.skewAtMost, "The most that the skew may be."),
        .f("skewAtLeast", \.skewAtLeast, "The least that the skew may be."),
    ]
}

public struct PodsExpectation: APIStruct {
    public var namespace: String?
    public var labelSelector: String?
    public var phase: String?
    public var ready: Bool?
    public var node: String?
    public var zone: String?
    public var reason: String?
    public var count: Int?
    public var atLeast: Int?
    public var atMost: Int?
    public init() {}
    public static let summary = "How many pods there are."
    public static let fields: [Field<PodsExpectation>] = [
        .f("namespace", \.namespace, "Only this namespace; default default."),
        .f("labelSelector", \.labelSelector, "Only pods with these labels, as kubectl -l takes them."),
        .f("phase", \.phase, "Only this phase."),
        .f("ready", \.ready, "Only ready ones, or only those that are not."),
        .f("node", \.node, "Only on this node."), .f("zone", \.zone, "Only on nodes of this zone."),
        .f("reason", \.reason, "Only with this status.reason."),
        .f("count", \.count, "Exactly this many."), .f("atLeast", \.atLeast, "At least this many."),
        .f("atMost", \.atMost, "At most this many."),
    ]
}

public struct ConditionExpectation: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var type = ""
    public var status = ""
    public var reason: String?
    public init() {}
    public static let summary = "A condition of an object."
    public static let fields: [Field<ConditionExpectation>] = [
        .f("kind", \.kind, "Kind of the object."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."), .f("type", \.type, "Type of the condition."),
        .f("status", \.status, "True, False or Unknown."), .f("reason", \.reason, "Its reason, if that matters."),
    ]
}

public struct EventExpectation: APIStruct {
    public var reason = ""
    public var kind: String?
    public var name: String?
    public var message: String?
    public var atLeast: Int?
    public var atMost: Int?
    public init() {}
    public static let summary = "How often an event was recorded since the start."
    public static let fields: [Field<EventExpectation>] = [
        .f("reason", \.reason, "Its reason."), .f("kind", \.kind, "Only about objects of this kind."),
        .f("name", \.name, "Only about the object of this name."),
        .f("message", \.message, "Only with this in the message."),
        .f("atLeast", \.atLeast, "At least this often; default 1 without atMost."), .f("atMost", \.atMost, "At most this often."),
    ]
}

public struct NodesExpectation: APIStruct {
    public var zone: String?
    public var labelSelector: String?
    public var ready: Bool?
    public var count: Int?
    public var atLeast: Int?
    public var atMost: Int?
    public init() {}
    public static let summary = "How many nodes there are."
    public static let fields: [Field<NodesExpectation>] = [
        .f("zone", \.zone, "Only in this zone."),
        .f("labelSelector", \.labelSelector, "Only nodes with these labels, as kubectl -l takes them."),
        .f("ready", \.ready, "Only ready ones, or only those that are not."),
        .f("count", \.count, "Exactly this many."), .f("atLeast", \.atLeast, "At least this many."),
        .f("atMost", \.atMost, "At most this many."),
    ]
}

public struct TimeToReadyExpectation: APIStruct {
    public var namespace: String?
    public var labelSelector: String?
    public var percentile = 50
    public var atLeast: Duration?
    public var atMost: Duration?
    public init() {}
    public static let summary = "How long pods took from creation to being ready for the first time."
    public static let fields: [Field<TimeToReadyExpectation>] = [
        .f("namespace", \.namespace, "Only this namespace; default all."),
        .f("labelSelector", \.labelSelector, "Only pods with these labels, as kubectl -l takes them."),
        .f("percentile", \.percentile, "Of which share of the pods, 1 to 100; default 50, the median."),
        .f("atLeast", \.atLeast, "At least this long."), .f("atMost", \.atMost, "At most this long."),
    ]
}

public struct FieldExpectation: APIStruct {
    public var kind = ""
    public var name = ""
    public var namespace = ""
    public var path = ""
    public var equals: JSONValue?
    public var atLeast: Int?
    public var atMost: Int?
    public init() {}
    public static let summary = "A field of an object."
    public static let fields: [Field<FieldExpectation>] = [
        .f("kind", \.kind, "Kind of the object."), .f("name", \.name, "Its name."),
        .f("namespace", \.namespace, "Its namespace; default default."),
        .f("path", \.path, "The field, such as status.desiredReplicas or spec.template.spec.containers[0].image."),
        .f("equals", \.equals, "Exactly this."), .f("atLeast", \.atLeast, "A number of at least this; absent counts as 0.", bits: 64),
        .f("atMost", \.atMost, "A number of at most this; absent counts as 0.", bits: 64),
    ]
}
