// The API of groups of pods: which versions are served.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit
import Testing

@testable import APIServer

struct GroupAPITests {
    /// A client of 1.37 with the gate on or off.
    private func client(isOn: Bool) throws -> Client {
        var client = Client(minor: 37)
        var options = SimulationOptions()
        options.profile = try KubernetesProfile(version: KubernetesVersion(minor: 37), overrides: [("GenericWorkload", isOn)])
        client.session = Session(Simulation(options))
        client.run(seconds: 1)
        return client
    }

    @Test func `6_5 groups are served in v1beta1 alone, and only while their gate is on`() throws {
        var on = try client(isOn: true)
        let versions = on.send("GET", "/apis/scheduling.k8s.io").json["versions"]?.array?.compactMap { $0["version"]?.string } ?? []
        #expect(versions.contains("v1beta1") && !versions.contains("v1alpha2"))
        let names = on.send("GET", "/apis/scheduling.k8s.io/v1beta1").json["resources"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(names.contains("podgroups") && names.contains("workloads"))
        #expect(on.send("GET", "/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups").code == 404)
        #expect(on.send("GET", "/apis/scheduling.k8s.io/v1beta1/namespaces/default/podgroups").code == 200)
        var off = try client(isOn: false)
        #expect(off.send("GET", "/apis/scheduling.k8s.io/v1beta1/namespaces/default/podgroups").code == 404)
    }
}
