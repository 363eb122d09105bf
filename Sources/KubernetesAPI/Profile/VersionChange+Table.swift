// The table of version differences: one row a change, with everything that is known about it.
//
// Each row: the release that brought it, who behaves otherwise, before and after in a few words (no full stop), and where it is
// written. Where only end points have been read the source says "judgement": the boundary between them is taken as given here.
// Papers are named without their folder: `kubernetes-1.37.md` and `feature-gates.md` are this module's, `scheduler.md` and
// `scheduler-1.27.md` those of Scheduling, `memory-qos.md`, `pod-startup.md`, `pod-lifecycle.md` those of Kubelets.

extension VersionChange {
    /// The row as it is written; a case without one does not compile.
    var row: Facts {
        switch self {
        // MARK: API server
        case .digitsFirstInServiceNames:
            Facts(
                36, .apiServer, "names of Services begin with a letter", "names of Services may begin with a digit",
                "Kubernetes v1.36.2 and v1.34.1 validation; judgement for 1.35")
        case .numbersInTolerations:
            Facts(
                35, .apiServer, "operators Lt and Gt of tolerations are unknown", "operators Lt and Gt of tolerations are known to validation",
                "`feature-gates.md`, TaintTolerationComparisonOperators")
        case .resizeBySubresource:
            Facts(
                32, .apiServer, "a resize is an ordinary update of the pod", "a resize goes through the subresource `resize`",
                "KEP-1287; `feature-gates.md`, Notes")
        case .memoryLimitsShrinkInPlace:
            Facts(
                34, .apiServer, "a memory limit shrinks only with RestartContainer", "a memory limit may shrink in place",
                "KEP-1287; Kubernetes v1.34 `pkg/apis/core/validation/validation.go`")
        case .resizeBeyondNodeRefused:
            Facts(
                36, .apiServer, "a resize beyond the node's allocatable is accepted, and Infeasible", "a resize beyond the node's allocatable is refused (403)",
                "`kubernetes-1.37.md` §2.2")

        case .podGroups:
            Facts(
                36, .apiServer, "a Workload holds its groups of pods itself", "a PodGroup is an object of its own (gate GenericWorkload)",
                "`gang-scheduling.md` §1")
        case .statefulSetNamesAreLabels:
            Facts(
                27, .apiServer, "names of StatefulSets are subdomains", "names of StatefulSets are labels, as host names are made of them",
                "kubernetes PR 114172")
        case .templateHostPortsLeft:
            Facts(
                28, .apiServer, "hostNetwork gives the containers of a template their ports as host ports", "hostNetwork gives host ports to pods alone",
                "kubernetes PR 117696; Kubernetes v1.27.16 and v1.36.2 `pkg/apis/core/v1/defaults.go`")
        case .olderKubeletsTaken:
            Facts(28, .apiServer, "kubelets may be two minor versions older", "kubelets may be three minor versions older", "Kubernetes version skew policy")
        case .environmentNamesRelaxed:
            Facts(
                32, .apiServer, "names of environment variables are letters, digits, `_`, `-` and `.`",
                "names of environment variables are any printable ASCII but `=`", "KEP-4369")
        case .sleepRefusalNamesGate:
            Facts(
                32, .apiServer, "the refusal of a sleep of 0 s tells no gate", "the refusal of a sleep of 0 s tells the gate that allows it",
                "KEP-4818; Kubernetes v1.32 `pkg/apis/core/validation/validation.go`")
        case .sleepOfNothing: Facts(33, .apiServer, "a hook that sleeps 0 s is refused", "a hook may sleep 0 s", "KEP-4818")
        case .searchDomainsRelaxed:
            Facts(
                33, .apiServer, "search domains of dnsConfig are plain subdomains", "search domains of dnsConfig may have underscores, or be a single dot",
                "KEP-4427")
        case .statefulSetTemplatesValidated:
            Facts(
                33, .apiServer, "the pod spec of a StatefulSet's template is looked at when pods are made",
                "the pod spec of a StatefulSet's template is validated",
                "Kubernetes v1.36.2 and v1.27.16 `pkg/apis/apps/validation`; judgement between")
        case .statefulSetHistoryChanges:
            Facts(
                33, .apiServer, "revisionHistoryLimit of a StatefulSet is fixed", "revisionHistoryLimit of a StatefulSet may change",
                "Kubernetes v1.36.2 and v1.27.16 `pkg/apis/apps/validation`; judgement between")
        case .suspendedJobsWithoutCondition:
            Facts(
                37, .apiServer, "a suspended Job may be sent elsewhere once it has the condition Suspended",
                "a suspended Job may be sent elsewhere also before it has the condition", "`kubernetes-1.37.md` §5.5 row 5.5.2")
        case .brokenBudgetNamed:
            Facts(
                37, .apiServer, "an eviction that a broken budget forbids has no cause",
                "an eviction that a broken budget forbids has the cause DisruptionBudget",
                "`kubernetes-1.37.md` §5.5 row 5.5.3")
        case .imageReferencesInTemplates:
            Facts(
                37, .apiServer, "a template may have an image volume without reference", "a template's image volume without reference is refused",
                "`kubernetes-1.37.md` §6 row 6.2")
        case .escalationJudgedAtCreation:
            Facts(
                37, .apiServer, "updates of a pod are refused that has CAP_SYS_ADMIN without privilege escalation",
                "CAP_SYS_ADMIN without privilege escalation is refused at creation alone", "`kubernetes-1.37.md` §6 row 6.3")
        case .customResourcesRatcheted:
            Facts(
                30, .apiServer, "an update of a custom resource is judged whole", "what an update of a custom resource leaves as it is is not judged anew",
                "Kubernetes `CRDValidationRatcheting`, on by default from 1.30 on")

        case .podGroupWorkloadUnchecked:
            Facts(
                37, .apiServer, "a PodGroup whose Workload is not there is refused", "a PodGroup whose Workload is not there is taken",
                "`gang-scheduling.md` §2")
        case .podGroupSizeChanges:
            Facts(37, .apiServer, "minCount of a PodGroup is fixed", "minCount of a PodGroup may change", "`gang-scheduling.md` §2")

        // MARK: Scheduler
        case .readWriteOncePodPreempts:
            Facts(
                27, .scheduler, "a ReadWriteOncePod claim in use cannot be solved by preemption", "the holder of a ReadWriteOncePod claim can be preempted",
                "KEP-2485; Kubernetes v1.27.1 `volumerestrictions`")
        case .preFilterRefusalUndecided:
            Facts(
                26, .scheduler, "nodes refused before the filters cannot be cured by preemption",
                "nodes refused before the filters count as neither curable nor not", "kubernetes PR 119778; recorded decisions")
        case .preFilterRefusalUnresolvable:
            Facts(
                28, .scheduler, "nodes refused before the filters count as neither curable nor not",
                "nodes refused before the filters cannot be cured by preemption", "kubernetes PR 119778; recorded decisions")
        case .imageLocalityOfInitContainers:
            Facts(
                28, .scheduler, "ImageLocality leaves init containers out", "ImageLocality counts images of init containers",
                "kubernetes issue 115587; recorded decisions; judgement for 1.28 to 1.33")
        case .spreadWithoutSoftConstraintsSkipped:
            Facts(
                28, .scheduler, "PodTopologySpread gives all nodes 200 without soft constraints", "PodTopologySpread is skipped without soft constraints",
                "kubernetes PR 118608; recorded decisions")
        case .preemptorNamed:
            Facts(29, .scheduler, "`Preempted by a pod on node …`", "`Preempted by pod UID on node …`", "kubernetes issue 119866")
        case .oneFullStop:
            Facts(
                30, .scheduler, "the text of a failure ends in two full stops", "the text of a failure ends in one full stop",
                "kubernetes PR 117588, issue 123301; recorded decisions")
        case .preFilterExclusionsCounted:
            Facts(
                30, .scheduler, "nodes that affinity by name leaves out are not told", "nodes that affinity by name leaves out are counted as not selected",
                "kubernetes PR 119779; recorded decisions")
        case .victimsByImportance:
            Facts(32, .scheduler, "victims against a budget are listed first", "victims are listed by importance", "kubernetes PR 128307; recorded decisions")
        case .attachmentsCounted:
            Facts(
                32, .scheduler, "volumes of pods on a node count against its limit", "volumes that are still attached to a node count against its limit, too",
                "`scheduler.md` §4.4; judgement for the release")
        case .balanceOfBestEffortSkipped:
            Facts(
                33, .scheduler, "BalancedAllocation scores pods without requests", "BalancedAllocation has no opinion on pods without requests",
                "kubernetes PR 130260; recorded decisions")
        case .backoffFloored:
            Facts(
                33, .scheduler, "a back-off ends to the millisecond", "the end of a back-off is rounded down to whole seconds",
                "Kubernetes v1.33 `pkg/scheduler/backend/queue/backoff_queue.go`")
        case .readWriteOncePodText:
            Facts(
                33, .scheduler, "`node has pod using PersistentVolumeClaim with the same name …`",
                "`node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod …`", "kubernetes PR 129145; recorded decisions")
        case .volumeAffinityText:
            Facts(
                33, .scheduler, "`node(s) had volume node affinity conflict`", "`node(s) didn't match PersistentVolume's node affinity`",
                "kubernetes PR 129887; recorded decisions")
        case .tooLargeUnresolvable:
            Facts(
                34, .scheduler, "preemption tries nodes that are too small when empty", "nodes that are too small when empty are left out of preemption",
                "kubernetes PR 131345; recorded decisions")
        case .dynamicResourcesText:
            Facts(
                34, .scheduler, "the text of a failure goes straight on to preemption", "the text of a failure says `no new claims to deallocate`",
                "Kubernetes v1.34.1 `default_plugins.go`; recorded decisions")
        case .untoleratedTaintText:
            Facts(35, .scheduler, "`node(s) had untolerated taint {key: value}`", "`node(s) had untolerated taint(s)`", "`kubernetes-1.37.md` §1 row 1.2")
        case .failedAttemptClearsNomination:
            Facts(
                35, .scheduler, "an attempt that ends in an error keeps nominatedNodeName", "a failed attempt that nominates no node clears nominatedNodeName",
                "`kubernetes-1.37.md` §1 row 1.3")
        case .balancedByImprovement:
            Facts(
                36, .scheduler, "BalancedAllocation scores how balanced the node will be", "BalancedAllocation scores by how much the balance gets better",
                "`kubernetes-1.37.md` §3.1")
        case .tiesByHeap:
            Facts(
                36, .scheduler, "chance decides among nodes of the same score", "the order of a heap decides among nodes of the same score",
                "`scheduler.md` §2; judgement for 1.35")
        case .victimInPreBindSpared:
            Facts(
                36, .scheduler, "a victim that is being bound is deleted", "a victim that waits for its volumes goes back into the queue",
                "`kubernetes-1.37.md` §2.1 row 2.6")
        case .imageLocalityOfImageVolumes:
            Facts(36, .scheduler, "ImageLocality leaves image volumes out", "ImageLocality looks for image volumes too", "`kubernetes-1.37.md` §3.2")
        case .imageLocalityCountsImageVolumes:
            Facts(
                37, .scheduler, "image volumes lift ImageLocality beyond its measure", "ImageLocality counts image volumes like containers",
                "`kubernetes-1.37.md` §3.2")
        case .podGroupsByOneGate:
            Facts(
                37, .scheduler, "gates of their own place groups together and preempt for them",
                "GenericWorkload alone places groups together and preempts for them",
                "`gang-scheduling.md` §1")
        case .podGroupConditionName:
            Facts(37, .scheduler, "condition PodGroupScheduled of groups", "condition PodGroupInitiallyScheduled of groups", "`gang-scheduling.md` §1")
        case .podGroupCycle:
            Facts(
                37, .scheduler, "each pod of a group is tried and waits for the others; a group with a topology constraint preempts nobody",
                "a group is given up once minCount is out of reach, its pods must agree on the priority, and its message tells numbers and preemption",
                "`gang-scheduling.md` §4, §5")
        case .preemptionNamesNode:
            Facts(
                37, .scheduler, "the text of a failure does not tell what preemption found", "the text of a failure tells the node and the number of victims",
                "`kubernetes-1.37.md` §3.6")
        case .bindingRetried:
            Facts(
                37, .scheduler, "a binding that fails puts the pod back at once", "a binding that fails for a moment is tried up to four times",
                "`kubernetes-1.37.md` §3.7")
        case .footprintOfSums:
            Facts(
                37, .scheduler, "a resize counts the largest size of each container", "a resize counts the largest of the pod's three sums",
                "`kubernetes-1.37.md` §3.9")

        // MARK: Controllers
        case .externalProvisioningText:
            Facts(
                28, .controllers, "`waiting for a volume to be created, either by external provisioner …`",
                "`Waiting for a volume to be created either by the external provisioner …`",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/controller/volume/persistentvolume`; judgement between")
        case .cronTimeZones: Facts(25, .controllers, "timeZone of a CronJob is ignored", "timeZone of a CronJob counts", "KEP-3140")
        case .cronScheduledTime:
            Facts(
                28, .controllers, "Jobs of a CronJob do not say for when they were made",
                "Jobs of a CronJob carry `batch.kubernetes.io/cronjob-scheduled-timestamp`",
                "kubernetes PR 118137")
        case .jobEndsAfterItsPods:
            Facts(
                31, .controllers, "a Job is Complete or Failed while its last pods end", "a Job is Complete or Failed once its last pod has ended",
                "kubernetes PR 125510; `controllers.md`")
        case .deletedVolumeReclaimed:
            Facts(
                31, .controllers, "a PersistentVolume that is deleted itself leaves its storage",
                "a PersistentVolume that is deleted itself is reclaimed by its policy",
                "KEP-2644; `storage.md`")
        case .nodeMonitorGrace50:
            Facts(
                32, .controllers, "a silent node is Unknown after 40 s", "a silent node is Unknown after 50 s",
                "Kubernetes v1.32 `pkg/controller/nodelifecycle`; `feature-gates.md`")
        case .scalingEventFromTo:
            Facts(
                31, .controllers, "`Scaled up replica set X to B from A`", "`Scaled up replica set X from A to B`",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/controller/deployment/sync.go`; judgement between")
        case .statefulSetVerbsCapital:
            Facts(
                36, .controllers, "`create Pod web-0 in StatefulSet …`", "`Create Pod web-0 in StatefulSet …`",
                "Kubernetes v1.36.2 `pkg/controller/statefulset/stateful_pod_control.go`; judgement between 1.34 and 1.36")
        case .ownZeroRemembered:
            Facts(
                36, .controllers, "an autoscaler of minimum 0 also leaves a zero that was set by hand",
                "an autoscaler leaves only its own zero, by condition ScaledToZero", "`kubernetes-1.37.md` §5.1")
        case .autoscalerSyncedAtOnce:
            Facts(
                37, .controllers, "a new or changed autoscaler is looked at within 15 s", "a new or changed autoscaler is looked at at once",
                "`kubernetes-1.37.md` §5.1 row 5.1.1")
        case .brokenPodsReplacedFirst:
            Facts(
                37, .controllers, "with maxUnavailable, broken old pods of a Parallel StatefulSet use the budget up",
                "broken old pods of a Parallel StatefulSet are replaced first, outside of the budget", "`kubernetes-1.37.md` §5.2")
        case .onDeleteRevisionMoves:
            Facts(
                37, .controllers, "currentRevision of a StatefulSet with OnDelete never moves",
                "currentRevision of a StatefulSet with OnDelete moves when all pods are new", "`kubernetes-1.37.md` §5.2")

        // MARK: Kubelet
        case .kubeletLimitsTenfold:
            Facts(
                27, .kubelet, "5 requests and 5 events a second, bursts of 10", "50 requests and 50 events a second, bursts of 100",
                "Kubernetes v1.27 `pkg/kubelet/apis/config/v1beta1/defaults.go`")
        case .mountFailureLists:
            Facts(
                27, .kubelet, "FailedMount tells unmounted and unattached volumes", "FailedMount also tells which volumes failed to be processed",
                "Kubernetes v1.27.16 `pkg/kubelet/volumemanager`; judgement up to 1.26")
        case .freeDiskSpaceWords:
            Facts(
                28, .kubelet, "`Failed to garbage collect required amount of images. …`", "`Insufficient free disk space on the node's image filesystem …`",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/kubelet/images/image_gc_manager.go`; judgement between")
        case .hostIPsOfPods: Facts(29, .kubelet, "pods have no hostIPs", "status of pods has hostIPs", "KEP-2681")
        case .kubeProxyVersionEmpty: Facts(33, .kubelet, "nodes tell a kubeProxyVersion", "kubeProxyVersion of nodes is empty", "KEP-4004")
        case .containerd2:
            Facts(
                34, .kubelet, "nodes run containerd 1.7", "nodes run containerd 2.1", "judgement: what clusters of that release come with")
        case .watchBringsList:
            Facts(
                35, .kubelet, "a kubelet lists a Secret or ConfigMap before it watches it", "a kubelet's watch of a Secret or ConfigMap brings it",
                "`pod-startup.md` §4")
        case .cpuWeightOfKernel:
            Facts(35, .kubelet, "a request of 1 CPU is the weight 39", "a request of 1 CPU is the weight 100", "opencontainers/cgroups v0.0.4; KEP-2254")
        case .kubeletRestartKeepsStatus:
            Facts(
                35, .kubelet, "a kubelet that starts again asks startup probes anew, and containers are not ready until then",
                "a kubelet that starts again leaves the status of containers alone", "`kubernetes-1.37.md` §1 row 1.8")
        case .execReadinessStops:
            Facts(
                35, .kubelet, "readiness goes on to be probed while a pod ends", "readiness probes that run a command stop when a pod is to end",
                "`kubernetes-1.37.md` §4.6 row 4.6.1")
        case .readinessProbedAtStart:
            Facts(
                36, .kubelet, "readiness is probed a period after the container has started", "readiness is probed as soon as the container has started",
                "`pod-lifecycle.md` §6")
        case .execReadinessGoesOn:
            Facts(
                37, .kubelet, "readiness probes that run a command stop when a pod is to end", "readiness goes on to be probed while a pod ends",
                "`kubernetes-1.37.md` §4.6 row 4.6.1")
        case .parallelImagePulls:
            Facts(27, .kubelet, "maxParallelImagePulls is unknown", "maxParallelImagePulls of 2 and more pulls side by side", "kubernetes PR 115220")
        case .memoryHighBetween:
            Facts(
                27, .kubelet, "memory.high is a share of the limit, factor 0.8", "memory.high lies between request and limit, factor 0.9", "`memory-qos.md` §2")
        case .terminalPhaseOfDeletedPods:
            Facts(27, .kubelet, "a deleted pod goes from Running", "a deleted pod gets its last phase before it goes", "KEP-3329")
        case .signatureReason:
            Facts(28, .kubelet, "a bad signature is an ErrImagePull", "a bad signature is a SignatureValidationFailed", "`pod-startup.md` §2.4")
        case .missingPullSecretEvent:
            Facts(28, .kubelet, "a missing pull secret is not told", "a missing pull secret gives FailedToRetrieveImagePullSecret", "`pod-lifecycle.md` §13")
        case .pulledTexts:
            Facts(
                30, .kubelet, "`Pulled` has durations to the nanosecond", "`Pulled` tells the image's size",
                "kubernetes PR 121719; judgement between 1.27 and 1.36")
        case .hardEvictionGrace:
            Facts(
                31, .kubelet, "a pod over a hard threshold gets no grace", "a pod over a hard threshold gets 1 s of grace",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/kubelet/eviction`; judgement between")
        case .causeOfPullBackOff:
            Facts(32, .kubelet, "`Back-off pulling image …`", "`Back-off pulling image …: ErrImagePull: …`", "kubernetes PR 127918")
        case .resizeConditions:
            Facts(
                33, .kubelet, "`status.resize` tells of a resize", "conditions PodResizePending and PodResizeInProgress tell of a resize",
                "KEP-1287; `feature-gates.md`, Notes")
        case .containerEventTexts:
            Facts(35, .kubelet, "`Created container NAME`", "`Container created`", "kubernetes PR 134043")
        case .memoryReservationPolicy:
            Facts(
                36, .kubelet, "MemoryQoS always protects what is requested", "MemoryQoS protects what is requested by TieredReservation alone",
                "`memory-qos.md` §2")
        case .mergedEvictionSettings:
            Facts(
                36, .kubelet, "one hard threshold of one's own turns the other defaults off", "mergeDefaultEvictionSettings keeps the other defaults",
                "Kubernetes v1.36.2 `pkg/kubelet/eviction`; judgement for 1.28 to 1.35")
        case .volumeTimeOutSilent:
            Facts(
                36, .kubelet, "volumes that take long give FailedMount, timed out", "volumes that take long give no event of the pod",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/kubelet/kubelet.go`; judgement between")
        case .sandboxToldBeforeImages:
            Facts(
                36, .kubelet, "PodReadyToStartContainers is True once the first image is there", "PodReadyToStartContainers is True before images are pulled",
                "`kubernetes-1.37.md` §2.1 row 2.7")
        case .throttlingFactorUnset:
            Facts(37, .kubelet, "memoryThrottlingFactor is 0.9", "memoryThrottlingFactor is unset: no memory.high", "`kubernetes-1.37.md` §4.2")
        case .memoryHighOfBestEffort:
            Facts(37, .kubelet, "BestEffort containers get no memory.high", "with a factor, BestEffort containers get memory.high", "`kubernetes-1.37.md` §4.2")
        case .memoryHighOfPods:
            Facts(37, .kubelet, "pods get no memory.high", "with a factor, pods get memory.high", "`kubernetes-1.37.md` §4.2")
        case .memoryLowOfAllPods:
            Facts(
                37, .kubelet, "memory.low of burstable pods has no effect", "memory.low of burstable pods is covered by /kubepods", "`kubernetes-1.37.md` §4.2")
        case .unlimitedEvents:
            Facts(37, .kubelet, "eventRecordQPS 0 is taken as 50", "eventRecordQPS 0 sets no limit", "`kubernetes-1.37.md` §4.5")
        case .sandboxConditionReason:
            Facts(37, .kubelet, "PodReadyToStartContainers has no reason", "PodReadyToStartContainers says why it is False", "`kubernetes-1.37.md` §4.3")
        case .pullSecretEventAfterFailure:
            Facts(
                37, .kubelet, "a missing pull secret is told before each pull", "a missing pull secret is told after a pull failed", "`kubernetes-1.37.md` §4.4"
            )
        case .eventedPLEGOnDemand:
            Facts(
                37, .kubelet, "with EventedPLEG containers are listed each 300 s", "with EventedPLEG containers are listed each second and at unexpected ends",
                "`kubernetes-1.37.md` §4.1")

        // MARK: Tables and descriptions
        case .terminalPhaseInStatusColumn:
            Facts(
                32, .kubectl, "a finished pod that goes reads Terminating", "a finished pod that goes keeps its last word",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/printers`; judgement between")
        case .failurePreferredInStatusColumn:
            Facts(
                36, .kubectl, "a partly finished pod reads NotReady", "a partly finished pod reads its failed container first",
                "Kubernetes v1.36.2 `pkg/printers`; judgement for 1.28 to 1.35")
        case .autoscalerTargetsNamed:
            Facts(
                30, .kubectl, "TARGETS of autoscalers are numbers", "TARGETS of autoscalers name what is measured: `cpu: 45%/60%`",
                "Kubernetes v1.27.16 and v1.36.2 `pkg/printers`; judgement between")
        case .finishedPodDescribed:
            Facts(
                31, .kubectl, "describe: a finished pod that goes is Terminating", "describe: a finished pod that goes keeps its phase",
                "Kubernetes v1.36.2 `kubectl/pkg/describe`; judgement between 1.27 and 1.36")
        case .defaultIngressClassMarked:
            Facts(
                36, .kubectl, "`get ingressclass` does not mark the default", "`get ingressclass` marks the default",
                "`kubernetes-1.37.md` §2.1 row 2.12")
        case .definitionColumns:
            Facts(
                37, .kubectl, "`get crd` tells name and time", "`get crd` also tells group, scope and versions", "`kubernetes-1.37.md` §7 row 7.5")
        case .architectureAfterKernel:
            Facts(
                36, .kubectl, "`get node -o wide` tells no architecture", "`get node -o wide` tells the architecture after KERNEL-VERSION",
                "`kubernetes-1.37.md` §2.1 row 2.10")
        case .fieldPathBeforeEventText:
            Facts(
                35, .kubectl, "describe leaves the container of an event out", "describe begins an event with its container's path",
                "`kubernetes-1.37.md` §1 row 1.10")
        case .oneDefaultStorageClass:
            Facts(
                37, .kubectl, "`get storageclass` marks each class that says it is the default", "`get storageclass` marks the default that counts: the newest",
                "`kubernetes-1.37.md` §7 row 7.6")
        case .probeWords:
            Facts(
                37, .kubectl, "describe pod: `#success=1 #failure=3`", "describe pod: `successThreshold=1 failureThreshold=3`",
                "`kubernetes-1.37.md` §7 row 7.1")
        case .statefulSetWords:
            Facts(
                37, .kubectl, "describe statefulset leaves Service, policy and retention out", "describe statefulset tells Service, policy and retention",
                "`kubernetes-1.37.md` §7 row 7.2")
        }
    }
}
