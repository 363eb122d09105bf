// CPU and memory of a pod's own control group.

import KubernetesAPI
import SimulationKit

/// CPU and memory of a pod's own control group, in which those of its containers lie.
///
/// - Source: Kubernetes `pkg/kubelet/cm/helpers_linux.go`, `ResourceConfigForPod`.
public struct PodCgroup: Sendable, Equatable {
    /// Thousandths of a core; nil: no quota.
    public var cpuLimit: Int64?
    /// Bytes; nil: no limit.
    public var memoryLimit: Int64?
    /// Requested thousandths of a core, from which the shares come.
    public var milliCPU: Int64

    /// The group that `spec` asks for: its own limits, or its containers' together if each has one.
    init(_ spec: Shared<PodSpec>, _ profile: KubernetesProfile) {
        milliCPU = Resources(requestedBy: spec, profile).milliCPU
        cpuLimit = Self.limit(spec.value, "cpu", \.milliValue)
        memoryLimit = Self.limit(spec.value, "memory", \.value)
    }

    private static func limit(_ spec: PodSpec, _ name: String, _ amount: (Quantity) -> Int64) -> Int64? {
        if let own = spec.resources?.limits[name] { return amount(own) }
        func own(_ container: Container) -> Int64? { container.resources.limits[name].map(amount).flatMap { $0 > 0 ? $0 : nil } }
        let limits = (spec.containers + spec.initContainers).map(own)
        if limits.contains(nil) { return nil }
        let lasting = (spec.containers + spec.initContainers.filter(\.isSidecar)).compactMap(own).saturatingSum
        var sidecars: Int64 = 0
        var peak: Int64 = 0
        for container in spec.initContainers {
            let amount = own(container) ?? 0
            if container.isSidecar { sidecars = sidecars.saturatingAdd(amount) }
            peak = max(peak, container.isSidecar ? sidecars : sidecars.saturatingAdd(amount))
        }
        return max(lasting, peak)
    }

    /// The limit of `resource` (cpu or memory).
    func limit(_ resource: String) -> Int64? { resource == "cpu" ? cpuLimit : memoryLimit }

    /// Takes over from `other` the limit of `resource`.
    mutating func takeLimit(_ resource: String, of other: PodCgroup) {
        if resource == "cpu" { cpuLimit = other.cpuLimit } else { memoryLimit = other.memoryLimit }
    }
}

/// What is written into control groups for requests and limits of CPU.
public enum CgroupValue {
    /// `cpu.shares` of a request in thousandths of a core: 2 … 262144.
    /// - Source: Kubernetes `pkg/kubelet/cm/helpers_linux.go`, `MilliCPUToShares`.
    public static func shares(milliCPU: Int64) -> Int64 { min(262_144, max(2, milliCPU.proportion(1024, of: 1000))) }

    /// `cpu.weight` (control groups v2) of a request in thousandths of a core, 1 … 10000: the only place that works it out.
    ///
    /// Up to 1.34 a straight line, by which 1 CPU is 39; later releases bring runtimes that make it 100, the kernel's own default.
    /// - Source: KEP-2254; opencontainers/cgroups v0.0.4, `ConvertCPUSharesToCgroupV2Value`.
    public static func weight(milliCPU: Int64, _ profile: KubernetesProfile) -> Int64 {
        let shares = Self.shares(milliCPU: milliCPU)
        return profile.has(.cpuWeightOfKernel) ? weight(shares: shares) : 1 + (shares - 2) * 9999 / 262_142
    }

    /// The newer conversion, of shares: 1024 is 100.
    public static func weight(shares: Int64) -> Int64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let l = DeterministicMath.ln(Double(shares)) / DeterministicMath.ln(2)
        let exponent = (l * l + 125 * l) / 612 - 7.0 / 34
        return Int64(DeterministicMath.exp(exponent * DeterministicMath.ln(10)).rounded(.up))
    }

    /// The quota in microseconds for each period of 100 ms; nil without a limit.
    /// - Source: Kubernetes `pkg/kubelet/cm/helpers_linux.go`, `MilliCPUToQuota`.
    public static func quota(milliCPU: Int64?) -> Int64? {
        guard let milliCPU, milliCPU > 0 else { return nil }
        return max(1000, milliCPU.saturatingMultiply(100))
    }
}
