// Resizing pods on the test bench.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension ResourceList {
    init(cpu: String? = nil, memory: String? = nil) {
        self.init()
        if let cpu { self["cpu"] = Quantity(cpu)! }
        if let memory { self["memory"] = Quantity(memory)! }
    }
}

extension Bench {
    mutating func resize(
        _ name: String = "p", _ container: String = "c", cpu: String? = nil, memory: String? = nil,
        cpuLimit: String? = nil,
        memoryLimit: String? = nil
    ) throws {
        try cluster.resize(
            pod: ObjectKey(namespace: "default", name: name),
            containers: [
                .init(
                    container, requests: .init(cpu: cpu, memory: memory),
                    limits: .init(cpu: cpuLimit, memory: memoryLimit))
            ])
    }
    func pending(_ name: String = "p") -> KubernetesAPI.Condition? {
        pod(name).status.conditions["PodResizePending"]
    }
    func inProgress(_ name: String = "p") -> KubernetesAPI.Condition? {
        pod(name).status.conditions["PodResizeInProgress"]
    }
    func actual(_ name: String = "p", _ index: Int = 0) -> ResourceRequirements {
        container(index, of: name).resources ?? ResourceRequirements()
    }
    /// The refusal of a resize.
    mutating func refusal(_ body: (inout Bench) throws -> Void) -> APIError? {
        do { try body(&self) } catch { return error as? APIError }
        return nil
    }
}
