import KubernetesAPI
import Testing

/// What `kubernetes-1.37.md` says of gates, validation and defaults, by the numbers of its rows.
@Suite struct Kubernetes137Tests {
    private func profile(_ minor: Int, _ gates: [(String, Bool)] = []) throws -> KubernetesProfile {
        try KubernetesProfile(version: KubernetesVersion(minor: minor), overrides: gates)
    }

    // MARK: Gates

    @Test func `1_1 resizing in place cannot be switched off from 1_35 on`() throws {
        #expect(try !profile(34, [("InPlacePodVerticalScaling", false)]).isEnabled(.inPlacePodVerticalScaling))
        for minor in [35, 36, 37] {
            #expect(throws: ProfileError.self) { try profile(minor, [("InPlacePodVerticalScaling", false)]) }
            #expect(try profile(minor).isEnabled(.inPlacePodVerticalScaling))
        }
    }

    @Test func `1_7 maxUnavailable of StatefulSets is on by default in 1_37 alone`() throws {
        #expect(try [34, 35, 36, 37].map { try profile($0).isEnabled(.maxUnavailableStatefulSet) } == [false, false, false, true])
    }

    @Test func `2_16 the API calls of the scheduler are made in its cycles by default`() throws {
        #expect(try [34, 35, 36, 37].allSatisfy { try !profile($0).isEnabled(.schedulerAsyncAPICalls) })
    }

    @Test func `5_5_4 EvictionRequests are off, and known to 1_37 alone`() throws {
        #expect(try !profile(37).isEnabled(.evictionRequestAPI))
        #expect(throws: ProfileError.self) { try profile(36, [("EvictionRequestAPI", true)]) }
    }

    @Test func `6_4 gates that 1_37 removed are unknown, and what they did is built in`() {
        for gate in [FeatureGate.sidecarContainers, .jobSuccessPolicy, .orderedNamespaceDeletion] {
            #expect(throws: ProfileError.self) { try KubernetesProfile(version: KubernetesVersion(minor: 37), overrides: [(gate.name, true)]) }
            #expect(KubernetesProfile(minor: 37).isEnabled(gate))
        }
    }

    @Test func `6_1 empty resources of a pod decide its class only up to 1_36`() {
        var spec = PodSpec()
        var container = Container(name: "c", image: "web:1")
        container.resources.requests = ["cpu": Quantity("1")!, "memory": Quantity("1Gi")!]
        container.resources.limits = container.resources.requests
        spec.containers = [container]
        spec.resources = ResourceRequirements()
        #expect(spec.qosClass(KubernetesProfile(minor: 36)) == .bestEffort)
        #expect(spec.qosClass(KubernetesProfile(minor: 37)) == .guaranteed)
        spec.resources?.requests["cpu"] = Quantity("2")!
        #expect(spec.qosClass(KubernetesProfile(minor: 37)) == .burstable)
        spec.resources = nil
        #expect(spec.qosClass(KubernetesProfile(minor: 36)) == .guaranteed)
    }

    // MARK: Validation

    private func refusals<O: KubernetesObject>(_ new: O, over old: O, _ profile: KubernetesProfile) -> [String] {
        var errors: [FieldError] = []
        new.validateChange(from: old, profile, &errors)
        return errors.map(\.field)
    }

    private func job(_ change: (inout Job) -> Void) throws -> Job {
        var job = Job()
        job.metadata.name = "work"
        var container = Container(name: "c", image: "work:1")
        container.resources.requests["cpu"] = Quantity("1")!
        job.spec.template.spec.containers = [container]
        job.spec.template.spec.restartPolicy = "Never"
        job.spec.suspend = true
        job.setDefaults(try profile(37))
        change(&job)
        return job
    }

    @Test func `2_15 and 5_5_2 a suspended job is sent elsewhere and gets another size`() throws {
        let new = try job { _ in }
        let stopped = try job {
            $0.status.startTime = .start
            $0.status.conditions.set(Condition(type: "Suspended", status: true), now: .start)
        }
        let running = try job {
            $0.status.startTime = .start
            $0.status.active = 1
        }
        func refused(_ old: Job, _ minor: Int, _ change: (inout PodSpec) -> Void) throws -> Bool {
            var new = old
            change(&new.spec.value.template.spec.value)
            return refusals(new, over: old, try profile(minor)) == ["spec.template"]
        }
        func elsewhere(_ spec: inout PodSpec) { spec.nodeSelector = ["disk": "ssd"] }
        func larger(_ spec: inout PodSpec) { spec.containers[0].resources.requests["cpu"] = Quantity("2")! }
        // Before the gates, only what never began may be sent elsewhere; 1.36 asks for the condition, 1.37 for either.
        #expect(try [35, 36, 37].map { try refused(new, $0, elsewhere) } == [false, true, false])
        #expect(try [35, 36, 37].map { try refused(stopped, $0, elsewhere) } == [true, false, false])
        #expect(try [35, 36, 37].map { try refused(new, $0, larger) } == [true, true, false])
        #expect(try [35, 36, 37].map { try refused(stopped, $0, larger) } == [true, false, false])
        for change in [elsewhere, larger] { #expect(try [35, 36, 37].allSatisfy { try refused(running, $0, change) }) }
        #expect(try [35, 36, 37].allSatisfy { try refused(stopped, $0) { $0.containers[0].image = "work:2" } })
    }

    @Test func `2_8 how many volumes a driver attaches may change where the gate is on`() throws {
        var old = CSINode()
        old.metadata.name = "n1"
        var driver = CSINodeDriver()
        (driver.name, driver.nodeID) = ("disk.example.com", "n1")
        driver.allocatable = VolumeNodeResources()
        driver.allocatable?.count = 20
        old.spec.drivers = [driver]
        var fewer = old
        fewer.spec.drivers[0].allocatable?.count = 15
        var renamed = old
        renamed.spec.drivers[0].nodeID = "n2"
        #expect(try refusals(fewer, over: old, profile(34)) == ["CSINodeDriver"])
        for minor in [35, 36, 37] {
            #expect(try refusals(fewer, over: old, profile(minor)).isEmpty)
            #expect(try refusals(renamed, over: old, profile(minor)) == ["CSINodeDriver"])
        }
    }

    @Test func `6_2 an image volume needs a reference, from 1_37 on in templates too`() throws {
        var spec = PodSpec()
        spec.containers = [Container(name: "c", image: "web:1")]
        var volume = Volume()
        (volume.name, volume.image) = ("data", ImageVolumeSource())
        spec.volumes = [volume]
        var pod = Pod()
        (pod.metadata.name, pod.metadata.namespace, pod.spec) = ("p", "default", Shared(spec))
        var deployment = Deployment()
        (deployment.metadata.name, deployment.metadata.namespace) = ("web", "default")
        deployment.spec.selector = LabelSelector(matchLabels: ["app": "web"])
        deployment.spec.template.metadata.labels = ["app": "web"]
        deployment.spec.template.spec = Shared(spec)
        func errors<O: KubernetesObject>(_ object: O, _ minor: Int) throws -> [String] {
            var object = object
            object.setDefaults(try profile(minor))
            return Validation.create(object, profile: try profile(minor)).map(\.message).filter { $0.contains("image.reference") }
        }
        for minor in [36, 37] {
            #expect(try errors(pod, minor) == ["spec.volumes[0].image.reference: Required value"])
            #expect(try errors(deployment, minor) == (minor == 36 ? [] : ["spec.template.spec.volumes[0].image.reference: Required value"]))
        }
    }

    @Test func `6_3 privilege escalation beside CAP_SYS_ADMIN is judged at creation alone from 1_37 on`() throws {
        var pod = Pod()
        (pod.metadata.name, pod.metadata.namespace) = ("p", "default")
        var container = Container(name: "c", image: "web:1")
        container.securityContext = ["allowPrivilegeEscalation": false, "capabilities": ["add": ["CAP_SYS_ADMIN"]]]
        pod.spec.containers = [container]
        pod.setDefaults(try profile(37))
        var newer = pod
        newer.spec.containers[0].image = "web:2"
        for minor in [36, 37] {
            #expect(try Validation.create(pod, profile: profile(minor)).map(\.field) == ["spec.containers[0].securityContext"])
            #expect(try refusals(newer, over: pod, profile(minor)) == (minor == 36 ? ["spec.containers[0].securityContext"] : []))
        }
    }
}
