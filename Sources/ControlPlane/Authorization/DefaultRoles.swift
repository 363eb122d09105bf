// The roles and bindings that each API server makes for itself: they are not stored, but read as if they were.

import KubernetesAPI

/// The default ClusterRoles and ClusterRoleBindings.
///
/// Differs from Kubernetes: `/.well-known` may be read as on the server whose answers were recorded.
/// - Source: Kubernetes `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`.
enum DefaultRoles {
    struct Role: Sendable {
        var name: String
        /// `view`, `edit`, `admin`: the role whose rules take these in.
        var aggregatesTo: String?
        /// Whether its rules are those of the roles that aggregate to it.
        var isAggregated = false
        var rules: [PolicyRule] = []

        var labels: StringMap<String> {
            var labels: StringMap<String> = ["kubernetes.io/bootstrapping": "rbac-defaults"]
            if let aggregatesTo { labels["rbac.authorization.k8s.io/aggregate-to-\(aggregatesTo)"] = "true" }
            return labels
        }
        var selectors: [LabelSelector] {
            isAggregated ? [LabelSelector(matchLabels: ["rbac.authorization.k8s.io/aggregate-to-\(name)": "true"])] : []
        }
    }

    /// By name, in the order in which lists show them.
    static let roles: [Role] = (parse(table) + parse(controllerTable, prefix: controllerPrefix)).sorted { $0.name < $1.name }
    static func role(_ name: String) -> Role? { roles.first { $0.name == name } }

    /// Each binds the role of its name. Kinds and names of the subjects; a service account as `NAMESPACE/NAME`.
    static let bindings: [(name: String, subjects: [(kind: String, name: String)])] =
        (otherBindings + controllers.map { (controllerPrefix + $0, [("ServiceAccount", "kube-system/\($0)")]) }).sorted { $0.name < $1.name }
    private static let otherBindings: [(name: String, subjects: [(kind: String, name: String)])] = [
        ("cluster-admin", [("Group", UserInfo.mastersGroup)]),
        ("system:basic-user", [("Group", UserInfo.authenticatedGroup)]),
        ("system:discovery", [("Group", UserInfo.authenticatedGroup)]),
        ("system:kube-controller-manager", [("User", "system:kube-controller-manager")]),
        ("system:kube-dns", [("ServiceAccount", "kube-system/kube-dns")]),
        ("system:kube-scheduler", [("User", "system:kube-scheduler")]),
        ("system:monitoring", [("Group", "system:monitoring")]),
        ("system:node", []),
        ("system:node-proxier", [("User", "system:kube-proxy")]),
        ("system:public-info-viewer", [("Group", UserInfo.authenticatedGroup), ("Group", UserInfo.unauthenticatedGroup)]),
        ("system:service-account-issuer-discovery", [("Group", "system:serviceaccounts")]),
        ("system:volume-scheduler", [("User", "system:kube-scheduler")]),
    ]

    /// A role a line, `NAME [> ROLE IT AGGREGATES TO] [*]` with a star if it is aggregated itself, and its rules below:
    /// verbs, group (`core` for none, `url` for paths), resources, names. `read` and `write` stand for their verbs.
    private static let table = """
        admin *
        edit > admin *
        view > edit *
        cluster-admin
         * * *
         * url *
        system:aggregate-to-admin > admin
         create authorization.k8s.io localsubjectaccessreviews
         read,write rbac.authorization.k8s.io rolebindings,roles
        system:aggregate-to-edit > edit
         read core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
         impersonate core serviceaccounts
         write core pods,pods/attach,pods/exec,pods/portforward,pods/proxy
         create core pods/eviction
         write core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
         create core serviceaccounts/token
         write apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale
         write autoscaling horizontalpodautoscalers
         write batch cronjobs,jobs
         write extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale
         write policy poddisruptionbudgets
         write networking.k8s.io ingresses,networkpolicies
         read,write coordination.k8s.io leases
         write resource.k8s.io resourceclaims,resourceclaimtemplates
        system:aggregate-to-view > view
         read core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status
         read core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status
         read core namespaces
         read discovery.k8s.io endpointslices
         read apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status
         read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
         read batch cronjobs,cronjobs/status,jobs,jobs/status
         read extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale
         read policy poddisruptionbudgets,poddisruptionbudgets/status
         read networking.k8s.io ingresses,ingresses/status,networkpolicies
         read resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates
        system:auth-delegator
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
        system:basic-user
         create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews
         create authentication.k8s.io selfsubjectreviews
        system:discovery
         get url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/
         get url /.well-known,/.well-known/*
        system:kube-aggregator
         read core endpoints,services
        system:kube-controller-manager
         create,patch,update core,events.k8s.io events
         create coordination.k8s.io leases
         get,update coordination.k8s.io leases kube-controller-manager
         create core secrets,serviceaccounts
         delete core secrets
         get core configmaps,namespaces,secrets,serviceaccounts
         update core secrets,serviceaccounts
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
         list,watch * *
         create core serviceaccounts/token
        system:kube-dns
         list,watch core endpoints,services
         list,watch discovery.k8s.io endpointslices
        system:kube-scheduler
         create,patch,update core,events.k8s.io events
         create coordination.k8s.io leases
         get,list,update,watch coordination.k8s.io leases kube-scheduler
         read core nodes
         delete,get,list,watch core pods
         create core bindings,pods/binding
         patch,update core pods/status
         read core replicationcontrollers,services
         read apps,extensions replicasets
         read apps statefulsets
         read policy poddisruptionbudgets
         read core persistentvolumeclaims,persistentvolumes
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io subjectaccessreviews
         read storage.k8s.io csinodes
         read core namespaces
         read storage.k8s.io csidrivers,csistoragecapacities
         read resource.k8s.io deviceclasses,resourceclaims,resourceslices
        system:kubelet-api-admin
         read core nodes
         proxy core nodes
         * core nodes/log,nodes/metrics,nodes/proxy,nodes/stats
        system:monitoring
         get url /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*
        system:node
         create authentication.k8s.io tokenreviews
         create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
         read core services
         create,get,list,watch core nodes
         patch,update core nodes/status
         patch,update core nodes
         create,patch,update core,events.k8s.io events
         read core pods
         create,delete core pods
         patch,update core pods/status
         create core pods/eviction
         read core configmaps,secrets
         get core persistentvolumeclaims,persistentvolumes
         get core endpoints
         create,get,list,watch certificates.k8s.io certificatesigningrequests
         create,delete,get,patch,update coordination.k8s.io leases
         get storage.k8s.io volumeattachments
         create core serviceaccounts/token
         get,patch,update core persistentvolumeclaims/status
         read storage.k8s.io csidrivers
         create,delete,get,patch,update storage.k8s.io csinodes
         read node.k8s.io runtimeclasses
         get resource.k8s.io resourceclaims
         deletecollection,list,watch resource.k8s.io resourceslices
        system:node-bootstrapper
         create,get,list,watch certificates.k8s.io certificatesigningrequests
        system:node-problem-detector
         get core nodes
         patch core nodes/status
         create,patch,update core,events.k8s.io events
        system:node-proxier
         list,watch core endpoints,services
         get,list,watch core nodes
         create,patch,update core,events.k8s.io events
         list,watch discovery.k8s.io endpointslices
         list,watch networking.k8s.io servicecidrs
        system:persistent-volume-provisioner
         create,delete,get,list,watch core persistentvolumes
         get,list,update,watch core persistentvolumeclaims
         read storage.k8s.io storageclasses
         watch core events
         create,patch,update core,events.k8s.io events
        system:public-info-viewer
         get url /healthz,/livez,/readyz,/version,/version/
        system:service-account-issuer-discovery
         get url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/
        system:volume-scheduler
         get,list,patch,update,watch core persistentvolumes
         read storage.k8s.io storageclasses
         get,list,patch,update,watch core persistentvolumeclaims
        """

    private static func parse(_ table: String, prefix: String = "") -> [Role] {
        var roles: [Role] = []
        for line in table.split(separator: "\n") {
            let words = (line == " events" ? " create,patch,update core,events.k8s.io events" : line).split(separator: " ").map(String.init)
            guard line.hasPrefix(" ") else {
                let target = words.firstIndex(of: ">").map { words[$0 + 1] }
                roles.append(Role(name: prefix + words[0], aggregatesTo: target, isAggregated: words.last == "*"))
                continue
            }
            func list(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }
            let verbs = list(words[0]).flatMap { verb -> [String] in
                switch verb {
                case "read": ["get", "list", "watch"]
                case "write": ["create", "delete", "deletecollection", "patch", "update"]
                default: [verb]
                }
            }
            var rule = PolicyRule()
            rule.verbs = verbs.sorted()
            if words[1] == "url" {
                rule.nonResourceURLs = list(words[2])
            } else {
                rule.apiGroups = list(words[1]).map { $0 == "core" ? "" : $0 }
                rule.resources = list(words[2])
                rule.resourceNames = words.count > 3 ? list(words[3]) : []
            }
            roles[roles.count - 1].rules.append(rule)
        }
        return roles
    }
}
