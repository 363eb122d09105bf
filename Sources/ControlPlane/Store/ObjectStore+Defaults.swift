// What each cluster has by itself beside roles and priority classes: it is not stored, but read as if it were.

import KubernetesAPI
import SimulationKit

extension ObjectStore {
    /// Objects of one kind, named as in the keys of custom objects, that a fresh API server makes for itself.
    func defaults(_ kind: some StringProtocol) -> [CustomObject] {
        switch kind {
        case "FlowSchema.flowcontrol.apiserver.k8s.io": DefaultFlows.schemas.map(flowSchema)
        case "PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io": DefaultFlows.levels.map(priorityLevel)
        case "ServiceCIDR.networking.k8s.io": [serviceRange]
        case "IPAddress.networking.k8s.io": services.sorted().flatMap(addresses)
        case "Role.rbac.authorization.k8s.io": DefaultNamespaceRoles.roles.map(namespaceRole)
        case "RoleBinding.rbac.authorization.k8s.io": DefaultNamespaceRoles.bindings.map(namespaceBinding)
        default: []
        }
    }

    private func made(_ apiVersion: String, _ kind: String, _ name: String, namespace: String = "") -> CustomObject {
        var made = CustomObject()
        (made.apiVersion, made.kindName) = (apiVersion, kind)
        (made.metadata.name, made.metadata.namespace) = (name, namespace)
        made.metadata.uid = StableHash.uuid("\(kind) \(namespace) \(name)")
        made.metadata.creationTimestamp = namespaces[ObjectKey(name: "kube-system")]?.metadata.creationTimestamp
        made.metadata.resourceVersion = 1
        return made
    }
    private func condition(_ type: String, _ status: String, _ reason: String, _ message: String, _ object: CustomObject) -> JSONValue {
        var condition: JSONObject = ["type": .string(type), "status": .string(status)]
        if let time = object.metadata.creationTimestamp { condition["lastTransitionTime"] = .string(time.rfc3339) }
        condition["reason"] = .string(reason)
        condition["message"] = .string(message)
        return ["conditions": [.object(condition)]]
    }

    // MARK: Priority and fairness

    private func flowSchema(_ schema: DefaultFlows.Schema) -> CustomObject {
        var object = made("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", schema.name)
        object.metadata.generation = 1
        object.metadata.annotations["apf.kubernetes.io/autoupdate-spec"] = "true"
        var spec: JSONObject = ["priorityLevelConfiguration": ["name": .string(schema.level)], "matchingPrecedence": .int(Int64(schema.precedence))]
        if !schema.method.isEmpty { spec["distinguisherMethod"] = ["type": .string(schema.method)] }
        spec["rules"] = [schema.rule]
        object.content["spec"] = .object(spec)
        let message = "This FlowSchema references the PriorityLevelConfiguration object named \"\(schema.level)\" and it exists"
        object.content["status"] = condition("Dangling", "False", "Found", message, object)
        return object
    }
    private func priorityLevel(_ level: DefaultFlows.Level) -> CustomObject {
        var object = made("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", level.name)
        object.metadata.generation = 1
        object.metadata.annotations["apf.kubernetes.io/autoupdate-spec"] = "true"
        var limit: JSONObject = ["nominalConcurrencyShares": .int(level.shares)]
        if level.isExempt {
            limit["lendablePercent"] = .int(level.lendable)
            object.content["spec"] = ["type": "Exempt", "exempt": .object(limit)]
        } else {
            var response: JSONObject = ["type": level.queues == 0 ? "Reject" : "Queue"]
            if level.queues > 0 { response["queuing"] = ["queues": .int(level.queues), "handSize": .int(level.hand), "queueLengthLimit": 50] }
            limit["limitResponse"] = .object(response)
            limit["lendablePercent"] = .int(level.lendable)
            object.content["spec"] = ["type": "Limited", "limited": .object(limit)]
        }
        object.content["status"] = [:]
        return object
    }

    // MARK: Addresses

    private var serviceRange: CustomObject {
        var object = made("networking.k8s.io/v1", "ServiceCIDR", "kubernetes")
        object.metadata.finalizers = ["networking.k8s.io/service-cidr-finalizer"]
        object.content["spec"] = ["cidrs": ["10.96.0.0/16"]]
        object.content["status"] = condition("Ready", "True", "", "Kubernetes Service CIDR is ready", object)
        return object
    }
    private func addresses(of service: Service) -> [CustomObject] {
        service.spec.clusterIPs.filter { $0 != "None" && !$0.isEmpty }.map { address in
            var object = made("networking.k8s.io/v1", "IPAddress", address)
            object.metadata.creationTimestamp = service.metadata.creationTimestamp
            object.metadata.labels = ["ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"]
            object.content["spec"] = [
                "parentRef": ["group": "", "resource": "services", "namespace": .string(service.namespace), "name": .string(service.name)]
            ]
            return object
        }
    }

    // MARK: Roles of namespaces

    private func namespaceRole(_ role: (namespace: String, name: String, rules: [PolicyRule])) -> CustomObject {
        var object = made("rbac.authorization.k8s.io/v1", "Role", role.name, namespace: role.namespace)
        object.metadata.labels = ["kubernetes.io/bootstrapping": "rbac-defaults"]
        object.metadata.annotations["rbac.authorization.kubernetes.io/autoupdate"] = "true"
        object.content["rules"] = .array(role.rules.map { .object($0.jsonObject) })
        return object
    }
    private func namespaceBinding(_ binding: (namespace: String, name: String, role: String, subjects: [JSONValue])) -> CustomObject {
        var object = made("rbac.authorization.k8s.io/v1", "RoleBinding", binding.name, namespace: binding.namespace)
        object.metadata.labels = ["kubernetes.io/bootstrapping": "rbac-defaults"]
        object.metadata.annotations["rbac.authorization.kubernetes.io/autoupdate"] = "true"
        object.content["subjects"] = .array(binding.subjects)
        object.content["roleRef"] = ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .string(binding.role)]
        return object
    }
}

/// The FlowSchemas and PriorityLevelConfigurations of an API server.
///
/// - Source: Kubernetes `pkg/apis/flowcontrol/bootstrap/default.go`
private enum DefaultFlows {
    struct Level {
        var name: String
        var shares: Int64
        var lendable: Int64
        /// 0: what is too much is refused.
        var queues: Int64 = 0
        var hand: Int64 = 6
        var isExempt = false
    }
    static let levels = [
        Level(name: "catch-all", shares: 5, lendable: 0), Level(name: "exempt", shares: 0, lendable: 0, isExempt: true),
        Level(name: "global-default", shares: 20, lendable: 50, queues: 128), Level(name: "leader-election", shares: 10, lendable: 0, queues: 16, hand: 4),
        Level(name: "node-high", shares: 40, lendable: 25, queues: 64), Level(name: "system", shares: 30, lendable: 33, queues: 64),
        Level(name: "workload-high", shares: 40, lendable: 50, queues: 128), Level(name: "workload-low", shares: 100, lendable: 90, queues: 128),
    ]

    struct Schema {
        var name: String
        var level: String
        var precedence: Int
        /// Empty: all requests are of one flow.
        var method = "ByUser"
        var rule: JSONValue
    }
    private static func groups(_ names: String...) -> [JSONValue] { names.map { ["kind": "Group", "group": ["name": .string($0)]] } }
    private static func users(_ names: String...) -> [JSONValue] { names.map { ["kind": "User", "user": ["name": .string($0)]] } }
    private static func accounts(_ names: String...) -> [JSONValue] {
        names.map { ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": .string($0)]] }
    }
    private static func resources(_ verbs: [JSONValue], _ group: String, _ names: [JSONValue], isClusterWide: Bool) -> JSONValue {
        var rule: JSONObject = ["verbs": .array(verbs), "apiGroups": [.string(group)], "resources": .array(names)]
        if isClusterWide { rule["clusterScope"] = true }
        rule["namespaces"] = ["*"]
        return .object(rule)
    }
    private static func everything(_ subjects: [JSONValue]) -> JSONValue {
        [
            "subjects": .array(subjects), "resourceRules": [resources(["*"], "*", ["*"], isClusterWide: true)],
            "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
        ]
    }
    private static func some(_ subjects: [JSONValue], _ rules: JSONValue...) -> JSONValue {
        ["subjects": .array(subjects), "resourceRules": .array(rules)]
    }
    private static let everybody = groups("system:unauthenticated", "system:authenticated")
    private static let leases = resources(["get", "create", "update"], "coordination.k8s.io", ["leases"], isClusterWide: false)

    static let schemas = [
        Schema(name: "catch-all", level: "catch-all", precedence: 10_000, rule: everything(everybody)),
        Schema(
            name: "endpoint-controller", level: "workload-high", precedence: 150,
            rule: some(
                users("system:kube-controller-manager") + accounts("endpoint-controller", "endpointslicemirroring-controller"),
                resources(["get", "create", "update"], "", ["endpoints"], isClusterWide: false))),
        Schema(name: "exempt", level: "exempt", precedence: 1, method: "", rule: everything(groups("system:masters"))),
        Schema(name: "global-default", level: "global-default", precedence: 9900, rule: everything(everybody)),
        Schema(
            name: "kube-controller-manager", level: "workload-high", precedence: 800, method: "ByNamespace",
            rule: everything(users("system:kube-controller-manager"))),
        Schema(name: "kube-scheduler", level: "workload-high", precedence: 800, method: "ByNamespace", rule: everything(users("system:kube-scheduler"))),
        Schema(name: "kube-system-service-accounts", level: "workload-high", precedence: 900, method: "ByNamespace", rule: everything(accounts("*"))),
        Schema(
            name: "probes", level: "exempt", precedence: 2, method: "",
            rule: ["subjects": .array(everybody), "nonResourceRules": [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]]]]),
        Schema(name: "service-accounts", level: "workload-low", precedence: 9000, rule: everything(groups("system:serviceaccounts"))),
        Schema(
            name: "system-leader-election", level: "leader-election", precedence: 100,
            rule: some(users("system:kube-controller-manager", "system:kube-scheduler") + accounts("*"), leases)),
        Schema(
            name: "system-node-high", level: "node-high", precedence: 400,
            rule: some(
                groups("system:nodes"), resources(["*"], "", ["nodes", "nodes/status"], isClusterWide: true),
                resources(["*"], "coordination.k8s.io", ["leases"], isClusterWide: false))),
        Schema(name: "system-nodes", level: "system", precedence: 500, rule: everything(groups("system:nodes"))),
        Schema(name: "workload-leader-election", level: "leader-election", precedence: 200, rule: some(accounts("*"), leases)),
    ]
}

/// The Roles and RoleBindings in `kube-system` and `kube-public`.
///
/// - Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/namespace_policy.go`
private enum DefaultNamespaceRoles {
    private static func rule(_ verbs: String, _ groups: [String], _ resources: String, names: [String] = []) -> PolicyRule {
        var rule = PolicyRule()
        rule.verbs = verbs.split(separator: ",").map(String.init)
        (rule.apiGroups, rule.resources, rule.resourceNames) = (groups, resources.split(separator: ",").map(String.init), names)
        return rule
    }
    private static let events = rule("create,patch,update", ["", "events.k8s.io"], "events")
    private static let locks = [
        rule("create,get,list,update,watch", ["coordination.k8s.io"], "leases"),
        rule("create,get,list,update,watch", ["coordination.k8s.io"], "leasecandidates"),
    ]
    static let roles: [(namespace: String, name: String, rules: [PolicyRule])] = [
        (
            "kube-public", "system:controller:bootstrap-signer",
            [rule("get,list,watch", [""], "configmaps"), rule("update", [""], "configmaps", names: ["cluster-info"]), events]
        ),
        (
            "kube-system", "extension-apiserver-authentication-reader",
            [rule("get,list,watch", [""], "configmaps", names: ["extension-apiserver-authentication"])]
        ),
        ("kube-system", "system::leader-locking-kube-controller-manager", locks), ("kube-system", "system::leader-locking-kube-scheduler", locks),
        ("kube-system", "system:controller:bootstrap-signer", [rule("get,list,watch", [""], "secrets")]),
        ("kube-system", "system:controller:cloud-provider", [rule("create,get,list,watch", [""], "configmaps")]),
        ("kube-system", "system:controller:token-cleaner", [rule("delete,get,list,watch", [""], "secrets"), events]),
    ]

    private static func user(_ name: String) -> JSONValue { ["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": .string(name)] }
    private static func account(_ name: String) -> JSONValue { ["kind": "ServiceAccount", "name": .string(name), "namespace": "kube-system"] }
    static let bindings: [(namespace: String, name: String, role: String, subjects: [JSONValue])] =
        [
            (
                "kube-system", "system::extension-apiserver-authentication-reader", "extension-apiserver-authentication-reader",
                [user("system:kube-controller-manager"), user("system:kube-scheduler")]
            )
        ]
        + ["kube-controller-manager", "kube-scheduler"].map { name in
            let lock = "system::leader-locking-\(name)"
            return ("kube-system", lock, lock, [user("system:\(name)"), account(name)])
        }
        + [("kube-public", "bootstrap-signer"), ("kube-system", "bootstrap-signer"), ("kube-system", "cloud-provider"), ("kube-system", "token-cleaner")].map {
            namespace, name in
            (namespace, "system:controller:\(name)", "system:controller:\(name)", [account(name)])
        }
}
