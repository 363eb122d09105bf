import Foundation
import KubernetesAPI
import Testing

/// The table of version differences.
@Suite struct VersionChangeTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")

    @Test func `each row says what changes in two short lines, and where that is written`() throws {
        let files = FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil)?.compactMap { ($0 as? URL)?.lastPathComponent } ?? []
        for change in VersionChange.allCases {
            for text in [change.before, change.after] {
                #expect((1...140).contains(text.count) && !text.hasSuffix("."), "\(change)")
            }
            #expect(change.before != change.after && !change.source.isEmpty, "\(change)")
            for word in change.source.split(whereSeparator: { " `,;".contains($0) }) where word.hasSuffix(".md") {
                #expect(files.contains(String(word)), "\(change) cites \(word)")
            }
        }
    }

    @Test func `a profile has what its release and those before it brought`() {
        for change in VersionChange.allCases {
            for version in KubernetesVersion.all { #expect(KubernetesProfile(version).has(change) == (version >= change.since), "\(change)") }
        }
    }

    @Test func `what lies between two releases is the same both ways`() {
        let (old, new) = (KubernetesVersion(minor: 35), KubernetesVersion(minor: 37))
        let changes = VersionChange.between(old, new)
        #expect(changes == VersionChange.between(new, old))
        #expect(changes.contains(.balancedByImprovement) && changes.contains(.preemptionNamesNode))
        #expect(!changes.contains(.untoleratedTaintText) && VersionChange.between(new, new).isEmpty)
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
}
