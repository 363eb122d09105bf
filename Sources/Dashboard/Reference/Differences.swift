// Where the simulation differs from Kubernetes on purpose: the comments that say so, gathered from the sources by ReadmeTests.

import Printers

/// The gathered comments, so that the program can show them where its sources are not at hand.
public enum Differences {
    /// In the order of the files, which are paths in `Sources`; the texts are Markdown.
    static let all: [(file: String, text: String)] = lines.split(separator: "\n").dropFirst().dropLast().reduce(into: []) { all, line in
        let words = line.drop { $0 == " " }
        if words.count == line.count {
            all.append((String(line), ""))
        } else {
            all[all.count - 1].text += (all[all.count - 1].text.isEmpty ? "" : " ") + words
        }
    }

    /// A row for each, by module.
    public static func table(of differences: [(file: String, text: String)]) -> ReferenceTable {
        ReferenceTable(
            ["module", "file", "differs"], isGrouped: true,
            rows: differences.map { difference in
                let module = difference.file.prefix { $0 != "/" }
                return [String(module), "`\(difference.file.dropFirst(module.count + 1))`", difference.text]
            })
    }

    private static let lines = #"""
        <!-- begin difference-lines -->
        ControlPlane/API/Admission+Pod.swift
          The controllers make the account `default` a moment after the
          namespace; pods that come before it are taken.
        ControlPlane/API/Admission+PodSecurity.swift
          Updates of pods are not looked at again, and all versions of the
          standards are taken for the newest.
        ControlPlane/API/Admission+Quota.swift
          Use is counted from the objects each time instead of being kept in the
          quota's status; O(objects of the kind), only in namespaces with a
          quota.
        ControlPlane/API/Admission.swift
          TaintNodesByCondition does not mark new nodes; the node life-cycle
          controller does a moment later if they are not ready.
        ControlPlane/API/FieldManager.swift
          Only what clients of the API server write is noted; controllers,
          scheduler and kubelets of the simulation write without a word in
          managedFields, so a client's apply never conflicts with them.
        ControlPlane/Authorization/DefaultRoles.swift
          `/.well-known` may be read as on the server whose answers were
          recorded.
        ControlPlane/Cluster.swift
          Leases are kept here, not as Lease objects; 5,000 of them would be 500
          writes a second that nobody reads but the node controller.
        ControlPlane/Cluster.swift
          There etcd grows until the oldest are an hour old, or until it is
          full.
        ControlPlane/Cluster.swift
          Without real clients there is no certificate authority, so the text
          only has the form of a certificate.
        ControlPlane/CustomResources/StructuralSchema+Rules.swift
          What a rule may cost is counted in steps when it is evaluated, and not
          estimated when it is written.
        ControlPlane/CustomResources/StructuralSchema.swift
          Patterns with `\p{…}` are taken to match.
        Controllers/ControllerManagerSettings.swift
          By default the clients of the controllers are not limited to 20 calls
          a second (burst 30), which is what keeps a real cluster at 20 new pods
          a second for each controller. One comes to see what scheduler and
          kubelets do with 1,000 pods, not to wait 50 s for them; `kube-api-qps:
          20` and `kube-api-burst: 30` bring it back. Once there are more pods
          than nodes could run (250 a node, and 1,000), each owner gets no more
          than 20 a second.
        Controllers/CronJob/CronJobController.swift
          A job is made at its very time, not a tenth of a second later.
        Controllers/Deployment/RolloutMath.swift
          The hash is taken of the template's JSON, not of a dump of Go
          structures; its form is the same, its value is not.
        Controllers/HorizontalPodAutoscaler/HorizontalPodAutoscalerController.swift
          The gate StaleControllerConsistencyHPA changes nothing, because a
          controller's own writes are seen at once; metrics of objects are asked
          of nobody, so that their error has one text in all versions
          (`kubernetes-1.37.md` rows 5.1.4, 5.1.5).
        Controllers/Job/JobController.swift
          Pods carry no finalizer `batch.kubernetes.io/job-tracking`; each pod's
          end is counted once by its identity, which this controller remembers.
        Controllers/Job/JobGroups.swift
          1.37 made this anew, and what of it changed is not known; it is done
          as 1.36 does it. The group takes the priority class of the pods, as it
          must have their priority.
        Controllers/NodeLifecycle/NodeLifecycleController.swift
          The gate NodeControllerLeaseCircuitBreaker changes nothing, because
          the controller always sees the newest lease; conditions of
          NodeLifecycleConditions are names that nobody sets
          (`kubernetes-1.37.md` §5.3).
        Controllers/PersistentVolumes/PersistentVolumeController.swift
          Plugins that are no CSI drivers do not know the mode; here that is
          said at once.
        Controllers/ReplicaSet/ReplicaSetController.swift
          No expectations, because a controller's own writes are seen at once.
        Controllers/ServiceAccounts/ServiceAccountController.swift
          The token of a secret ends after a hundred years rather than never.
        Controllers/WorkQueue.swift
          The overall limit of 10 retries a second (burst 100) is left out.
        Kubelets/Fleet/KubeletFleet+Configuration.swift
          A kubelet takes a changed configuration without a restart of its own;
          pulls, back-offs and waits that are under way go on.
        Kubelets/Fleet/KubeletFleet+Nodes.swift
          All nodes beat at the same moment, so that 5,000 idle ones cost one
          wake-up.
        Kubelets/Log/ContainerLog.swift
          What a program writes is made up from what its container lived
          through, unless annotations give its lines.
        Kubelets/Node/Kubelet+Eviction.swift
          What containers and sidecars write to the disk is not measured against
          limits of ephemeral storage, and nodes have no huge pages that would
          have to be left out of the available memory (`kubernetes-1.37.md` rows
          4.6.2, 4.6.5).
        Kubelets/Node/Kubelet+NodeStatus.swift
          Ephemeral storage keeps the form in which it is stated, such as
          `100Gi`, in all versions (`kubernetes-1.37.md` row 4.6.9).
        Kubelets/Node/Kubelet+Requests.swift
          With two tokens at hand a status is in the API at once, as if the two
          calls took no time.
        Kubelets/Node/Kubelet+Requests.swift
          Up to 1.36 such events have the node's name as its uid; here they have
          its uid in all versions (`kubernetes-1.37.md` §4.5).
        Kubelets/Pod/Kubelet+Preemption.swift
          The room counts as free at once, though the victims may take their
          grace.
        Kubelets/Pod/Kubelet+Resume.swift
          Init containers count as done in all versions; the new sandbox only
          costs its time (`kubernetes-1.37.md` row 4.6.4).
        Kubelets/Resize/Kubelet+Resize.swift
          A plain init container that runs keeps the size it began with, and a
          memory-backed emptyDir the size of its pod's start; the API server
          takes both resizes (`kubernetes-1.37.md` row 4.6.6).
        Kubelets/Script/Script.swift
          Commands of a small shell decide how long a container runs, what it
          logs and how it exits; of other programs annotations do.
        Kubelets/Usage/MemoryProtection.swift
          Turned off again, the gate leaves no stale values behind in any
          version.
        KubernetesAPI/Objects/Container.swift
          The alpha fields for HTTP/2 without TLS and for gRPC with TLS are not
          known (`kubernetes-1.37.md` row 4.6.8).
        KubernetesAPI/Objects/PodGroup.swift
          There are no CompositePodGroups, and claims of groups are not kept
          (the gates CompositePodGroup, DRAWorkloadResourceClaims). In 1.36
          groups are written as v1beta1, too (`kubernetes-1.37.md` row 6.5).
        KubernetesAPI/Profile/KubernetesProfile+Groups.swift
          1.35, where a Workload holds its groups itself and pods name it in
          `workloadRef`, keeps these and places the pods one by one.
        KubernetesAPI/Profile/KubernetesProfile.swift
          Dependencies are checked in every release, though only the newest ones
          refuse to start; a half-enabled feature would show behaviour nobody
          describes.
        KubernetesAPI/Profile/NodeFeature.swift
          Nodes declare what follows from gates that are modelled, and
          GuaranteedQoSPodCPUResize where CPUs are not given away exclusively;
          where they are, the kubelet still answers a resize with Infeasible, as
          `kubernetes-1.37.md` §2.2 has it.
        Manifests/ManifestWriter.swift
          Kubectl sorts the keys, here metadata comes before spec and spec
          before status.
        Network/CertificateSigner.swift
          It signs within the request that approves, and does not approve the
          requests of kubelets by itself.
        Printers/Describe/Description.swift
          No spaces at the ends of lines; appProtocol of Services, pod-level
          resources and ResourceSlices of nodes are not described, and CronJobs
          as plain trees, as kubectl's words for them were not at hand
          (`kubernetes-1.37.md` row 7.8).
        Printers/Printers.swift
          What kubectl asks of its own command line and says about it is left to
          a real kubectl, which works with `evenkeel serve`: the `--` of exec,
          the words of `scale`, `--show-events`, unknown types of a group, `-L`
          beside custom columns, flags of explain, versions and selectors of top
          (`kubernetes-1.37.md` rows 1.9, 2.13, 7.4, 7.7, 7.9, 7.10, 7.11,
          7.12).
        Scheduling/Decide.swift
          Pods of a complete group are decided one by one here, without the
          others that must fit too.
        Scheduling/Framework/PluginCatalog.swift
          With the gate OpportunisticBatching each pod is still filtered and
          scored by itself; the system's default spread constraints keep
          batching away from pods of the default profile anyway, and elsewhere
          it changes ties alone (`kubernetes-1.37.md` row 1.4, §3.5).
        Scheduling/Framework/PluginCatalog.swift
          Claims of dynamic resources, and extended resources by them, are kept,
          not acted on; of this plugin only the words appear
          (`kubernetes-1.37.md` row 3.10.5).
        Scheduling/Groups/Scheduler+Groups.swift
          In 1.36 the queue holds each pod of a group, and the first to be taken
          pulls the others with it; here groups are entities in both releases.
        Scheduling/Plugins/ImageLocality.swift
          1.27 froze the number of nodes with an image when a node arrived, so
          that scores depended on the order of arrival; the live number is used
          for all versions.
        Scheduling/Queue/QueueingHints.swift
          1.37 asks plugins about pods on nodes, pods without one and the
          rejected pod itself by events of three sorts; these sorts serve all
          versions, with the same wake-ups (`kubernetes-1.37.md` row 3.10.2).
        Scheduling/Scheduler+Binding.swift
          The pauses of 10, 50 and 250 ms are not lengthened by up to a tenth at
          random.
        Scheduling/Scheduler+Resize.swift
          A Node has no `spec.podPreemptionPolicy` to forbid that (unverified
          for 1.37.0, `kubernetes-1.37.md` §3.8); the pod's condition
          PodResizePreemptionDisabled does. These attempts write neither events
          nor conditions about the pod itself.
        Simulation/Gates.swift
          A restart takes no time, and controllers and kubelets act by the new
          gates when they next look at an object instead of looking at all of
          them at once.
        Simulation/Links/LinkTrace.swift
          A program is taken to listen on the ports that its container declares
          or its probes ask, or on those that its image is known for, or on any
          if nothing tells, with TLS on declared ports named `https` and on 443,
          6443 and 8443.
        Simulation/NodeAutoscaler/NodeAutoscaler.swift
          With equal waste the pool with the fewest nodes grows, where upstream
          draws by chance; new machines never fail to come.
        Simulation/Recommender/VerticalScaler.swift
          There are no webhooks, so a new pod gets the recommended size by a
          resize, in the moment in which it was created and before the scheduler
          sees it.
        <!-- end difference-lines -->
        """#
}
