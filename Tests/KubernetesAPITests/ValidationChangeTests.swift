import KubernetesAPI
import Testing

/// What may change of objects that exist, and how strictly parts are read that are kept as they were written.
struct ValidationChangeTests {
    static func change<O: KubernetesObject>(_ type: O.Type, _ json: String, _ change: (inout O) -> Void) -> [String] {
        ValidationTests.update(type, ShortJSON.merge(["metadata": ["name": "x"]], ShortJSON.read(json)), change)
            .map { String($0.prefix { $0 != ":" }) }
    }

    @Test func `a node's ranges and provider are given once`() {
        let node = "{spec:{podCIDR:10.0.0.0/24,podCIDRs:[10.0.0.0/24],providerID:'aws:///a'}}"
        #expect(Self.change(Node.self, node) { $0.spec.unschedulable = true }.isEmpty)
        #expect(Self.change(Node.self, node) { $0.spec.podCIDRs = ["10.0.1.0/24"] } == ["spec.podCIDRs"])
        #expect(
            Self.change(Node.self, node) {
                $0.spec.podCIDRs = []
                $0.spec.podCIDR = "10.0.1.0/24"
            } == ["spec.podCIDRs"])
        #expect(Self.change(Node.self, node) { $0.spec.providerID = "aws:///b" } == ["spec.providerID"])
        #expect(
            Self.change(Node.self, "{}") {
                $0.spec.providerID = "b"
                $0.spec.podCIDRs = ["10.0.1.0/24"]
            }.isEmpty)
        #expect(Self.change(Node.self, "{}") { $0.spec.externalID = "b" } == ["spec.externalID"])
    }

    @Test func `a service keeps its addresses, families and class`() {
        let both = "{spec:{ports:[{port:80}],clusterIP:1.2.3.4,clusterIPs:[1.2.3.4,'2001:db8::1'],ipFamilies:[IPv4,IPv6],ipFamilyPolicy:PreferDualStack}}"
        #expect(Self.change(Service.self, both) { $0.spec.clusterIPs[1] = "2001:db8::2" } == ["spec.clusterIPs[1]"])
        #expect(
            Self.change(Service.self, both) {
                $0.spec.clusterIPs.removeLast()
                $0.spec.ipFamilies.removeLast()
            }
                == ["spec.ipFamilyPolicy", "spec.ipFamilyPolicy"])
        #expect(
            Self.change(Service.self, both) {
                $0.spec.clusterIPs.removeLast()
                $0.spec.ipFamilies.removeLast()
                $0.spec.ipFamilyPolicy = "SingleStack"
            }.isEmpty)
        let balanced = "{spec:{type:LoadBalancer,loadBalancerClass:a.b/c,externalTrafficPolicy:Local,healthCheckNodePort:30001,ports:[{port:80}]}}"
        #expect(Self.change(Service.self, balanced) { $0.spec.loadBalancerClass = "a.b/d" } == ["spec.loadBalancerClass"])
        #expect(Self.change(Service.self, balanced) { $0.spec.healthCheckNodePort = 30002 } == ["spec.healthCheckNodePort"])
    }

    @Test func `volumes, claims and quotas keep what was agreed on`() {
        let volume =
            "{spec:{capacity:{storage:1Gi},accessModes:[ReadWriteOnce],csi:{driver:d,volumeHandle:h},nodeAffinity:{required:{nodeSelectorTerms:[{matchExpressions:[{key:failure-domain.beta.kubernetes.io/zone,operator:In,values:[a]}]}]}}}}"
        #expect(Self.change(PersistentVolume.self, volume) { $0.spec.csi?.volumeHandle = "i" } == ["spec.persistentvolumesource"])
        let secretAdded = Self.change(PersistentVolume.self, volume) { $0.spec.csi?.controllerExpandSecretRef = ["name": "a", "namespace": "b"] }
        #expect(secretAdded == [])
        let labelRenamed = Self.change(PersistentVolume.self, volume) {
            $0.spec.nodeAffinity?.required?.nodeSelectorTerms[0].matchExpressions[0].key = "topology.kubernetes.io/zone"
        }
        #expect(labelRenamed == [])
        #expect(
            Self.change(PersistentVolume.self, volume) {
                $0.spec.nodeAffinity?.required?.nodeSelectorTerms[0].matchExpressions[0].values = ["b"]
            } == ["nodeAffinity"])
        let claim = "{spec:{accessModes:[ReadWriteOnce],volumeName:v,resources:{requests:{storage:2Gi}}},status:{phase:Bound,capacity:{storage:1Gi}}}"
        #expect(Self.change(PersistentVolumeClaim.self, claim) { $0.spec.volumeName = "w" } == ["spec"])
        #expect(Self.change(PersistentVolumeClaim.self, claim) { $0.spec.volumeMode = "Block" } == ["spec", "volumeMode"])
        #expect(Self.change(PersistentVolumeClaim.self, claim) { $0.spec.volumeAttributesClassName = "a" }.isEmpty)
        #expect(Self.change(ResourceQuota.self, "{spec:{hard:{pods:1},scopes:[BestEffort]}}") { $0.spec.scopes = [] } == ["spec.scopes"])
        #expect(
            Self.change(CSIDriver.self, "{spec:{attachRequired:true,podInfoOnMount:false,storageCapacity:false}}") { $0.spec.attachRequired = false } == [
                "spec.attachedRequired"
            ])
    }

    @Test func `a changed pod is looked at as a new one is`() {
        let pod = "{spec:{containers:[{name:c,image:i}],schedulingGates:[{name:a}],nodeSelector:{k:v}}}"
        #expect(Self.change(Pod.self, pod) { $0.spec.containers[0].image = " i " } == ["spec.containers[0].image", "spec.containers[0].image"])
        #expect(Self.change(Pod.self, pod) { $0.spec.nodeSelector["k"] = "w" } == ["spec.nodeSelector"])
        #expect(Self.change(Pod.self, pod) { $0.spec.nodeSelector["l"] = "w" }.isEmpty)
        #expect(Self.change(Pod.self, pod) { $0.spec.schedulingGates = [ValidationTests.gate("b")] } == ["spec.schedulingGates[0].name"])
    }

    @Test(arguments: [
        ("{spec:{containers:[{name:c,image:i,securityContext:{runAsUsr:1}}]}}", "spec.containers[0].securityContext.runAsUsr"),
        ("{spec:{containers:[{name:c,image:i,securityContext:{runAsUser:root}}]}}", "spec.containers[0].securityContext.runAsUser"),
        ("{spec:{securityContext:{fsGroup:1.5}}}", "spec.securityContext.fsGroup"),
        ("{spec:{dnsConfig:{nameservers:1.1.1.1}}}", "spec.dnsConfig.nameservers"),
        ("{spec:{volumes:[{name:v,nfs:{serve:x,path:/}}]}}", "spec.volumes[0].nfs.serve"),
        (
            "{spec:{volumes:[{name:v,ephemeral:{volumeClaimTemplate:{spec:{accessMode:[a]}}}}]}}",
            "spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessMode"
        ),
        ("{spec:{volumes:[{name:v,secret:{secretName:s,items:[{key:k,path:p,mode:2147483648}]}}]}}", "spec.volumes[0].secret.items[0].mode"),
        ("{spec:{containers:[{name:c,image:i,env:[{name:a,valueFrom:{fieldRef:{field:x}}}]}]}}", "spec.containers[0].env[0].valueFrom.fieldRef.field"),
        ("{spec:{ephemeralContainers:[{name:c,image:i,target:x}]}}", "spec.ephemeralContainers[0].target"),
        ("{spec:{terminationGracePeriodSeconds:9223372036854775808}}", "spec.terminationGracePeriodSeconds"),
    ])
    func `parts that are kept as written are read strictly all the same`(json: String, path: String) {
        var decoder = APIDecoder()
        _ = Pod.decode(ShortJSON.read(json), &decoder)
        #expect(decoder.problems.map(\.path) == [path])
    }

    @Test(arguments: [("Yg==", true), ("YWJj", true), ("", true), ("Yg", false), ("Y===", false), ("Yg=a", false), ("a b=", false)])
    func `secrets hold base64`(text: String, isRead: Bool) {
        var decoder = APIDecoder()
        _ = Secret.decode(["data": ["k": .string(text)]], &decoder)
        #expect(decoder.problems.isEmpty == isRead)
        if let problem = decoder.problems.first { #expect(problem.message.hasPrefix("illegal base64 data at input byte")) }
    }

    @Test(arguments: [
        ("10.1.2.3", true), ("010.001.2.3", true), ("256.1.1.1", false), ("1.2.3", false), ("1.2.3.4.5", false), ("::", true), ("::1", true),
        ("2001:db8::", true), ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7", false), ("1::2::3", false), ("::ffff:1.2.3.4", true), ("::1.2.3", false),
        ("fe80::1%eth0", false), ("12345::", false), ("", false), ("a.b.c.d", false), ("+1.2.3.4", false), ("1:2:3:4:5:6:7::", true), (":::", false),
    ])
    func `addresses are IPv4 or IPv6`(text: String, isAddress: Bool) {
        let errors = ValidationTests.pod(["hostAliases": [["ip": .string(text)]]])
        #expect(errors.isEmpty == isAddress, "\(errors)")
    }
}
