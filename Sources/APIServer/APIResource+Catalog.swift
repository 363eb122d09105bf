// The resources that a Kubernetes 1.36 API server serves without extensions, as its discovery documents name them, and the simulator's own.

extension APIResource {
    /// A line a resource: name, kind, scope (`N` in a namespace, `C` in the cluster; only for resources of their own), verbs (`*` is all
    /// eight, `gpu` get, patch and update), and what only some have: the singular if it is not the kind in lower case, short names,
    /// categories, another group and version of the kind, the hash by which clients see that the stored form changed. `#` begins a group
    /// and version; they stand in the order of `/apis`.
    /// - Source: Kubernetes v1.36.2, `/api/v1` and all `/apis/GROUP/VERSION`. The last is the simulator's own.
    static let catalog = """
        # v1
        bindings Binding N create
        componentstatuses ComponentStatus C get,list short=cs
        configmaps ConfigMap N * short=cm hash=qFsyl6wFWjQ=
        endpoints Endpoints N * short=ep hash=fWeeMqaN/OA=
        events Event N * short=ev hash=r2yiGXH7wu8=
        limitranges LimitRange N * short=limits hash=EBKMFVe6cwo=
        namespaces Namespace C create,delete,get,list,patch,update,watch short=ns hash=Q3oi5N2YM8M=
        namespaces/finalize Namespace update
        namespaces/status Namespace gpu
        nodes Node C * short=no hash=XwShjMxG9Fs=
        nodes/proxy NodeProxyOptions create,delete,get,patch,update
        nodes/status Node gpu
        persistentvolumeclaims PersistentVolumeClaim N * short=pvc hash=QWTyNDq0dC4=
        persistentvolumeclaims/status PersistentVolumeClaim gpu
        persistentvolumes PersistentVolume C * short=pv hash=HN/zwEC+JgM=
        persistentvolumes/status PersistentVolume gpu
        pods Pod N * short=po in=all hash=xPOwRZ+Yhw8=
        pods/attach PodAttachOptions create,get
        pods/binding Binding create
        pods/ephemeralcontainers Pod gpu
        pods/eviction Eviction create as=policy/v1
        pods/exec PodExecOptions create,get
        pods/log Pod get
        pods/portforward PodPortForwardOptions create,get
        pods/proxy PodProxyOptions create,delete,get,patch,update
        pods/resize Pod gpu
        pods/status Pod gpu
        podtemplates PodTemplate N * hash=LIXB2x4IFpk=
        replicationcontrollers ReplicationController N * short=rc in=all hash=Jond2If31h0=
        replicationcontrollers/scale Scale gpu as=autoscaling/v1
        replicationcontrollers/status ReplicationController gpu
        resourcequotas ResourceQuota N * short=quota hash=8uhSgffRX6w=
        resourcequotas/status ResourceQuota gpu
        secrets Secret N * hash=S6u1pOWzb84=
        serviceaccounts ServiceAccount N * short=sa hash=pbx9ZvyFpBE=
        serviceaccounts/token TokenRequest create as=authentication.k8s.io/v1
        services Service N * short=svc in=all hash=0/CO1lhkEBI=
        services/proxy ServiceProxyOptions create,delete,get,patch,update
        services/status Service gpu
        # apiregistration.k8s.io/v1
        apiservices APIService C * in=api-extensions hash=InPBPD7+PqM=
        apiservices/status APIService gpu
        # apps/v1
        controllerrevisions ControllerRevision N * hash=85nkx63pcBU=
        daemonsets DaemonSet N * short=ds in=all hash=dd7pWHUlMKQ=
        daemonsets/status DaemonSet gpu
        deployments Deployment N * short=deploy in=all hash=8aSe+NMegvE=
        deployments/scale Scale gpu as=autoscaling/v1
        deployments/status Deployment gpu
        replicasets ReplicaSet N * short=rs in=all hash=P1RzHs8/mWQ=
        replicasets/scale Scale gpu as=autoscaling/v1
        replicasets/status ReplicaSet gpu
        statefulsets StatefulSet N * short=sts in=all hash=H+vl74LkKdo=
        statefulsets/scale Scale gpu as=autoscaling/v1
        statefulsets/status StatefulSet gpu
        # events.k8s.io/v1
        events Event N * short=ev hash=r2yiGXH7wu8=
        # authentication.k8s.io/v1
        selfsubjectreviews SelfSubjectReview C create
        tokenreviews TokenReview C create
        # authorization.k8s.io/v1
        localsubjectaccessreviews LocalSubjectAccessReview N create
        selfsubjectaccessreviews SelfSubjectAccessReview C create
        selfsubjectrulesreviews SelfSubjectRulesReview C create
        subjectaccessreviews SubjectAccessReview C create
        # autoscaling/v2
        horizontalpodautoscalers HorizontalPodAutoscaler N * short=hpa in=all hash=qwQve8ut294=
        horizontalpodautoscalers/status HorizontalPodAutoscaler gpu
        # autoscaling/v1
        horizontalpodautoscalers HorizontalPodAutoscaler N * short=hpa in=all hash=qwQve8ut294=
        horizontalpodautoscalers/status HorizontalPodAutoscaler gpu
        # batch/v1
        cronjobs CronJob N * short=cj in=all hash=sd5LIXh4Fjs=
        cronjobs/status CronJob gpu
        jobs Job N * in=all hash=mudhfqk/qZY=
        jobs/status Job gpu
        # certificates.k8s.io/v1
        certificatesigningrequests CertificateSigningRequest C * short=csr hash=95fRKMXA+00=
        certificatesigningrequests/approval CertificateSigningRequest gpu
        certificatesigningrequests/status CertificateSigningRequest gpu
        # networking.k8s.io/v1
        ingressclasses IngressClass C * hash=l/iqIbDgFyQ=
        ingresses Ingress N * short=ing hash=39NQlfNR+bo=
        ingresses/status Ingress gpu
        ipaddresses IPAddress C * short=ip hash=3f/plJFChNE=
        networkpolicies NetworkPolicy N * short=netpol hash=YpfwF18m1G8=
        servicecidrs ServiceCIDR C * hash=gNLvruQhW2g=
        servicecidrs/status ServiceCIDR gpu
        # policy/v1
        poddisruptionbudgets PodDisruptionBudget N * short=pdb hash=EVWiDmWqyJw=
        poddisruptionbudgets/status PodDisruptionBudget gpu
        # rbac.authorization.k8s.io/v1
        clusterrolebindings ClusterRoleBinding C * hash=48tpQ8gZHFc=
        clusterroles ClusterRole C * hash=bYE5ZWDrJ44=
        rolebindings RoleBinding N * hash=eGsCzGH6b1g=
        roles Role N * hash=7FuwZcIIItM=
        # storage.k8s.io/v1
        csidrivers CSIDriver C * hash=hL6j/rwBV5w=
        csinodes CSINode C * hash=Pe62DkZtjuo=
        csistoragecapacities CSIStorageCapacity N * hash=xeVl+2Ly1kE=
        storageclasses StorageClass C * short=sc hash=K+m6uJwbjGY=
        volumeattachments VolumeAttachment C * hash=tJx/ezt6UDU=
        volumeattachments/status VolumeAttachment gpu
        volumeattributesclasses VolumeAttributesClass C * short=vac hash=tIjydgKBC5w=
        # admissionregistration.k8s.io/v1
        mutatingadmissionpolicies MutatingAdmissionPolicy C * in=api-extensions hash=LYmCf+UMVdg=
        mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C * in=api-extensions hash=90V5FRZZ3Zg=
        mutatingwebhookconfigurations MutatingWebhookConfiguration C * in=api-extensions hash=Sqi0GUgDaX0=
        validatingadmissionpolicies ValidatingAdmissionPolicy C * in=api-extensions hash=6OxvlMmQ6is=
        validatingadmissionpolicies/status ValidatingAdmissionPolicy gpu
        validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C * in=api-extensions hash=v9715VZqakg=
        validatingwebhookconfigurations ValidatingWebhookConfiguration C * in=api-extensions hash=B0wHjQmsGNk=
        # apiextensions.k8s.io/v1
        customresourcedefinitions CustomResourceDefinition C * short=crd,crds in=api-extensions hash=jfWCUB31mvA=
        customresourcedefinitions/status CustomResourceDefinition gpu
        # scheduling.k8s.io/v1
        priorityclasses PriorityClass C * short=pc hash=1QwjyaZjj3Y=
        # coordination.k8s.io/v1
        leases Lease N * hash=gqkMMb/YqFM=
        # node.k8s.io/v1
        runtimeclasses RuntimeClass C * hash=WQTu1GL3T2Q=
        # discovery.k8s.io/v1
        endpointslices EndpointSlice N * hash=qgS0xkrxYAI=
        # resource.k8s.io/v1
        deviceclasses DeviceClass C * hash=Yk2PTc1Ybxk=
        resourceclaims ResourceClaim N * hash=wgAZaHcZxUg=
        resourceclaims/status ResourceClaim gpu
        resourceclaimtemplates ResourceClaimTemplate N * hash=TuzjC49aUfM=
        resourceslices ResourceSlice C * hash=KsC072WgaEY=
        # flowcontrol.apiserver.k8s.io/v1
        flowschemas FlowSchema C * hash=GJVAJZSZBIw=
        flowschemas/status FlowSchema gpu
        prioritylevelconfigurations PriorityLevelConfiguration C * hash=Kir5PVfvNeI=
        prioritylevelconfigurations/status PriorityLevelConfiguration gpu
        # metrics.k8s.io/v1beta1
        nodes NodeMetrics C get,list singular=
        pods PodMetrics N get,list singular=
        # evenkeel.dev/v1
        expectations ExpectationReview C create singular=expectation
        faults Fault C create,list
        snapshots Snapshot C create,delete,get,list
        snapshots/restore Snapshot create
        time Time C create,get
        """
}
