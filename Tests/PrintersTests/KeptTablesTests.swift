import ControlPlane
import KubernetesAPI
import Printers
import SimulationKit
import Testing

/// Tables of kinds that are kept as they came, and the names by which all kinds are known.
struct KeptTablesTests {
    /// The columns of kube-apiserver 1.36 for all kinds that can be listed; `*` marks those of -o wide.
    static let columns = """
        componentstatuses: NAME|STATUS|MESSAGE|ERROR
        configmaps: NAME|DATA|AGE
        endpoints: NAME|ENDPOINTS|AGE
        events: LAST SEEN|TYPE|REASON|OBJECT|SUBOBJECT*|SOURCE*|MESSAGE|FIRST SEEN*|COUNT*|NAME*
        limitranges: NAME|CREATED AT
        namespaces: NAME|STATUS|AGE
        nodes: NAME|STATUS|ROLES|AGE|VERSION|INTERNAL-IP*|EXTERNAL-IP*|OS-IMAGE*|KERNEL-VERSION*|CONTAINER-RUNTIME*
        persistentvolumeclaims: NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE|VOLUMEMODE*
        persistentvolumes: NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS|VOLUMEATTRIBUTESCLASS|REASON|AGE|VOLUMEMODE*
        pods: NAME|READY|STATUS|RESTARTS|AGE|IP*|NODE*|NOMINATED NODE*|READINESS GATES*
        podtemplates: NAME|CONTAINERS|IMAGES|POD LABELS
        replicationcontrollers: NAME|DESIRED|CURRENT|READY|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        resourcequotas: NAME|REQUEST|LIMIT|AGE
        secrets: NAME|TYPE|DATA|AGE
        serviceaccounts: NAME|AGE
        services: NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE|SELECTOR*
        apiservices.apiregistration.k8s.io: NAME|SERVICE|AVAILABLE|AGE
        controllerrevisions.apps: NAME|CONTROLLER|REVISION|AGE
        daemonsets.apps: NAME|DESIRED|CURRENT|READY|UP-TO-DATE|AVAILABLE|NODE SELECTOR|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        deployments.apps: NAME|READY|UP-TO-DATE|AVAILABLE|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        replicasets.apps: NAME|DESIRED|CURRENT|READY|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        statefulsets.apps: NAME|READY|AGE|CONTAINERS*|IMAGES*
        horizontalpodautoscalers.autoscaling: NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE
        cronjobs.batch: NAME|SCHEDULE|TIMEZONE|SUSPEND|ACTIVE|LAST SCHEDULE|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        jobs.batch: NAME|STATUS|COMPLETIONS|DURATION|AGE|CONTAINERS*|IMAGES*|SELECTOR*
        certificatesigningrequests.certificates.k8s.io: NAME|AGE|SIGNERNAME|REQUESTOR|REQUESTEDDURATION|CONDITION
        ingressclasses.networking.k8s.io: NAME|CONTROLLER|PARAMETERS|AGE
        ingresses.networking.k8s.io: NAME|CLASS|HOSTS|ADDRESS|PORTS|AGE
        ipaddresses.networking.k8s.io: NAME|PARENTREF
        networkpolicies.networking.k8s.io: NAME|POD-SELECTOR|AGE
        servicecidrs.networking.k8s.io: NAME|CIDRS|AGE
        poddisruptionbudgets.policy: NAME|MIN AVAILABLE|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|AGE
        clusterrolebindings.rbac.authorization.k8s.io: NAME|ROLE|AGE|USERS*|GROUPS*|SERVICEACCOUNTS*
        clusterroles.rbac.authorization.k8s.io: NAME|CREATED AT
        rolebindings.rbac.authorization.k8s.io: NAME|ROLE|AGE|USERS*|GROUPS*|SERVICEACCOUNTS*
        roles.rbac.authorization.k8s.io: NAME|CREATED AT
        csidrivers.storage.k8s.io: NAME|ATTACHREQUIRED|PODINFOONMOUNT|STORAGECAPACITY|TOKENREQUESTS|REQUIRESREPUBLISH|MODES|AGE
        csinodes.storage.k8s.io: NAME|DRIVERS|AGE
        csistoragecapacities.storage.k8s.io: NAME|CREATED AT
        storageclasses.storage.k8s.io: NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE
        volumeattachments.storage.k8s.io: NAME|ATTACHER|PV|NODE|ATTACHED|AGE
        volumeattributesclasses.storage.k8s.io: NAME|DRIVERNAME|AGE
        mutatingadmissionpolicies.admissionregistration.k8s.io: NAME|MUTATIONS|PARAMKIND|AGE
        mutatingadmissionpolicybindings.admissionregistration.k8s.io: NAME|POLICYNAME|PARAMREF|AGE
        mutatingwebhookconfigurations.admissionregistration.k8s.io: NAME|WEBHOOKS|AGE
        validatingadmissionpolicies.admissionregistration.k8s.io: NAME|VALIDATIONS|PARAMKIND|AGE
        validatingadmissionpolicybindings.admissionregistration.k8s.io: NAME|POLICYNAME|PARAMREF|AGE
        validatingwebhookconfigurations.admissionregistration.k8s.io: NAME|WEBHOOKS|AGE
        customresourcedefinitions.apiextensions.k8s.io: NAME|CREATED AT
        priorityclasses.scheduling.k8s.io: NAME|VALUE|GLOBAL-DEFAULT|AGE|PREEMPTIONPOLICY
        leases.coordination.k8s.io: NAME|HOLDER|AGE
        runtimeclasses.node.k8s.io: NAME|HANDLER|AGE
        endpointslices.discovery.k8s.io: NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE
        deviceclasses.resource.k8s.io: NAME|AGE
        resourceclaims.resource.k8s.io: NAME|STATE|AGE
        resourceclaimtemplates.resource.k8s.io: NAME|AGE
        resourceslices.resource.k8s.io: NAME|NODE|DRIVER|POOL|AGE
        flowschemas.flowcontrol.apiserver.k8s.io: NAME|PRIORITYLEVEL|MATCHINGPRECEDENCE|DISTINGUISHERMETHOD|AGE|MISSINGPL
        prioritylevelconfigurations.flowcontrol.apiserver.k8s.io: NAME|TYPE|NOMINALCONCURRENCYSHARES|QUEUES|HANDSIZE|QUEUELENGTHLIMIT|AGE
        """.split(separator: "\n").map(String.init)

    @Test(arguments: columns) func `each kind has the columns of the API server`(_ line: String) throws {
        let parts = line.split(separator: ":", maxSplits: 1)
        let kind = try #require(KindInfo.find(String(parts[0])), "\(line)")
        let found = Printers.columns(for: kind).map { $0.title + ($0.priority > 0 ? "*" : "") }
        #expect(found.map { $0.uppercased() }.joined(separator: "|") == parts[1].drop { $0 == " " })
    }

    @Test(arguments: [
        "cm ConfigMap", "cs ComponentStatus", "ep Endpoints", "eps EndpointSlice", "ev Event", "limits LimitRange", "ns Namespace", "no Node",
        "pvc PersistentVolumeClaim", "pv PersistentVolume", "po Pod", "rc ReplicationController", "quota ResourceQuota", "sa ServiceAccount", "svc Service",
        "ds DaemonSet", "deploy Deployment", "rs ReplicaSet", "sts StatefulSet", "hpa HorizontalPodAutoscaler", "cj CronJob", "csr CertificateSigningRequest",
        "crd CustomResourceDefinition", "crds CustomResourceDefinition", "ing Ingress", "netpol NetworkPolicy", "ip IPAddress", "pdb PodDisruptionBudget",
        "pc PriorityClass", "sc StorageClass", "vac VolumeAttributesClass",
    ]) func `kubectl's short names are known`(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        #expect(KindInfo.find(words[0])?.kind == words[1])
    }

    private static let world = cluster(
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web, namespace: shop}
        spec: {ingressClassName: nginx, tls: [{hosts: [a.example]}], rules: [{host: a.example}, {host: b.example}, {host: c.example}, {host: d.example}]}
        status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: deny}
        spec: {podSelector: {matchLabels: {app: web}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: nginx}
        spec: {controller: k8s.io/ingress-nginx, parameters: {apiGroup: k8s.example.com, kind: Settings, name: s}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: rb}
        roleRef: {kind: Role, name: reader}
        subjects: [{kind: User, name: ann}, {kind: ServiceAccount, name: robot, namespace: ci}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: reader}
        ---
        apiVersion: certificates.k8s.io/v1
        kind: CertificateSigningRequest
        metadata: {name: csr}
        spec: {signerName: kubernetes.io/kubelet-serving, username: "system:node:n1", expirationSeconds: 3600}
        status: {conditions: [{type: Approved, status: "True"}], certificate: eA==}
        ---
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: l}
        spec: {holderIdentity: me}
        ---
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: kata}
        handler: kata-qemu
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {selector: {app: web}, ports: [{port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
        addressType: IPv4
        endpoints:
        - {addresses: [10.0.0.1], conditions: {ready: true}}
        - {addresses: [10.0.0.2], conditions: {ready: true}}
        - {addresses: [10.0.0.3], conditions: {ready: false}}
        - {addresses: [10.0.0.4], conditions: {ready: true}}
        - {addresses: [10.0.0.5], conditions: {ready: true}}
        ports: [{port: 8080, protocol: TCP}]
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.com}
        spec:
          group: example.com
          names: {kind: Widget, plural: widgets, shortNames: [wd]}
          versions:
          - name: v1
            storage: true
            additionalPrinterColumns:
            - {name: Size, type: integer, jsonPath: .spec.size}
            - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
            - {name: Hosts, type: string, priority: 1, jsonPath: '.spec.hosts[*]'}
            - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
            schema:
              openAPIV3Schema:
                description: A thing.
                type: object
                properties:
                  spec:
                    type: object
                    description: What is wanted.
                    required: [size]
                    properties:
                      size: {type: integer, description: How big.}
                      mode: {type: string, enum: [Fast, Slow]}
                      parts: {type: array, items: {type: object, properties: {name: {type: string}}}}
                      limits: {type: object, additionalProperties: {type: string}}
                      port: {x-kubernetes-int-or-string: true}
        ---
        apiVersion: example.com/v1
        kind: Widget
        metadata: {name: w}
        spec: {size: 3, hosts: [a, b]}
        status: {conditions: [{type: Other, status: "False"}, {type: Ready, status: "True"}]}
        """, at: 0)

    private func table(_ name: String, wide: Bool = false) throws -> [String] {
        let kind = try #require(KindInfo.find(name, among: Self.world.store.customKinds))
        let text = Printers.table(kind, Self.world.store.objects(of: kind), in: Self.world, wide: wide)
        return text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
    }

    @Test func `rows are filled as kubectl fills them`() throws {
        #expect(try table("ing") == ["NAME CLASS HOSTS ADDRESS PORTS AGE", "web nginx a.example,b.example,c.example + 1 more... 192.0.2.1 80, 443 0s"])
        #expect(try table("netpol")[1] == "deny app=web 0s")
        #expect(try table("ingressclasses")[1] == "nginx k8s.io/ingress-nginx Settings.k8s.example.com/s 0s")
        #expect(try table("rolebindings", wide: true)[1] == "rb Role/reader 0s ann ci/robot")
        // The roles that every cluster has are listed too.
        #expect(try table("clusterroles").contains { $0.hasPrefix("reader 20") })
        #expect(try table("csr")[1] == "csr 0s kubernetes.io/kubelet-serving system:node:n1 60m Approved,Issued")
        #expect(try table("leases")[1] == "l me 0s")
        #expect(try table("runtimeclasses")[1] == "kata kata-qemu 0s")
    }

    @Test func `Endpoints are read from the slices of each Service`() throws {
        #expect(try table("ep").contains("web 10.0.0.1:8080,10.0.0.2:8080,10.0.0.4:8080 + 1 more... 0s"))
        let key = ObjectKey(namespace: "shop", name: "Endpoints./web")
        let object = try #require(Self.world.store.object(.custom, key) as? CustomObject)
        #expect(object.document["subsets"]?.array?.first?["notReadyAddresses"]?.array?.first?["ip"] == "10.0.0.3")
        #expect(try table("cs") == ["NAME STATUS MESSAGE ERROR", "controller-manager Healthy ok", "etcd-0 Healthy ok", "scheduler Healthy ok"])
    }

    @Test func `a CustomResourceDefinition gives its kind columns`() throws {
        #expect(try table("widgets") == ["NAME SIZE READY AGE", "w 3 True 0s"])
        #expect(try table("widgets", wide: true) == ["NAME SIZE READY HOSTS AGE", "w 3 True a 0s"])
    }

    @Test func `a CustomResourceDefinition explains its kind`() throws {
        let context = Explain.Context(definitions: Self.world.store.customObjects.all)
        let text = try Explain.text(path: "wd.spec", in: context)
        #expect(text.hasPrefix("GROUP:      example.com\nKIND:       Widget\nVERSION:    v1\n\nFIELD: spec <Object>\n\nDESCRIPTION:\n    What is wanted.\n"))
        #expect(text.contains("  size\t<integer> -required-\n    How big.\n"))
        #expect(text.contains("  mode\t<string>\n  enum: Fast, Slow\n"))
        #expect(text.contains("  limits\t<map[string]string>\n") && text.contains("  parts\t<[]Object>\n") && text.contains("  port\t<IntOrString>\n"))
        #expect(try Explain.page(path: "widget.spec.parts.name", in: context).type == "string")
        let error = #expect(throws: Explain.Failure.self) { try Explain.page(path: "widgets.spec.sice", in: context) }
        #expect(error?.description == "widget.spec has no field \"sice\"; nearest: size")
    }

    @Test func `fields without which an object is refused are marked as kubectl marks them`() throws {
        #expect(try Explain.text(path: "pod.spec").contains("  containers\t<[]Container> -required-\n"))
        #expect(try Explain.text(path: "deploy.spec").contains("  selector\t<LabelSelector> -required-\n"))
        #expect(try !Explain.text(path: "deploy.spec").contains("  replicas\t<integer> -required-"))
        #expect(try Explain.text(path: "pod.spec", recursive: true).contains("    name\t<string> -required-\n"))
    }

    @Test(arguments: AnnotationNote.all.flatMap(\.keys)) func `each annotation is explained`(_ key: String) throws {
        let text = try Explain.text(path: "evenkeel.dev/\(key)")
        #expect(text.hasPrefix("ANNOTATIONS:\n") && text.contains("  evenkeel.dev/\(key)\n"))
        #expect(try Explain.text(path: "annotations").contains("  evenkeel.dev/\(key)\n"))
    }

    @Test func `an annotation that is none is told with the nearest`() {
        let error = #expect(throws: Explain.Failure.self) { try Explain.text(path: "evenkeel.dev/run-tme") }
        #expect(error?.description == "there is no annotation evenkeel.dev/run-tme; nearest: evenkeel.dev/run-time")
    }

    @Test func `quota, limits and StorageClass are described as kubectl does`() {
        let world = cluster(
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: q, namespace: shop}
            spec: {hard: {pods: "4"}, scopes: [NotTerminating]}
            status: {hard: {pods: "4", requests.cpu: "2"}, used: {pods: "1", requests.cpu: 500m}}
            ---
            apiVersion: v1
            kind: LimitRange
            metadata: {name: l, namespace: shop}
            spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 100m}, max: {memory: 1Gi}}]}
            ---
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
            provisioner: disk.example.com
            parameters: {type: ssd}
            mountOptions: [noatime]
            allowedTopologies: [{matchLabelExpressions: [{key: zone, values: [a, b]}]}]
            """)
        func lines(_ kind: Kind) -> [String] {
            Printers.describe(world.store.objects(kind)[0], in: world).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        }
        #expect(
            lines(.resourceQuota) == [
                "Name: q", "Namespace: shop", "Scopes: NotTerminating",
                "* Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
                "Resource Used Hard", "-------- ---- ----", "pods 1 4", "requests.cpu 500m 2",
            ])
        #expect(
            lines(.limitRange) == [
                "Name: l", "Namespace: shop", "Type Resource Min Max Default Request Default Limit Max Limit/Request Ratio",
                "---- -------- --- --- --------------- ------------- -----------------------", "Container cpu - - 100m 500m -",
                "Container memory - 1Gi 1Gi 1Gi -",
            ])
        #expect(
            lines(.storageClass) == [
                "Name: fast", "IsDefaultClass: Yes", "Annotations: storageclass.kubernetes.io/is-default-class=true", "Provisioner: disk.example.com",
                "Parameters: type=ssd", "AllowVolumeExpansion: <unset>", "MountOptions:", "noatime", "ReclaimPolicy: Delete", "VolumeBindingMode: Immediate",
                "AllowedTopologies:", "Term 0: zone in [a, b]", "Events: <none>",
            ])
    }
}
