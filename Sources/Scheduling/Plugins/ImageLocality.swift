import KubernetesAPI
import SimulationKit

/// Prefers nodes that have the pod's images, the more the larger they are and the more nodes have them.
///
/// - Source: Kubernetes `pkg/scheduler/framework/plugins/imagelocality/image_locality.go`.
enum ImageLocality {
    static let plugin = Plugin(
        name: .imageLocality,
        points: .score,
        scoreScope: .node,
        score: score)

    static let mebibyte = 1024 * 1024

    /// What a node that has the image gets for it: its size, scaled by the share of nodes that have it.
    static func share(_ image: ImageIndex.Entry, of nodes: Int) -> Int {
        Int(saturating: (Double(image.size) * (Double(image.count) / Double(nodes))).rounded(.towardZero))
    }

    @Sendable static func score(
        _ cycle: Cycle, _ state: SchedulingState, _ rows: [Int], _ scores: inout [Int]
    ) -> Bool {
        let images = cycle.demand.facts.images.compactMap { state.images.entries[$0] }
        if images.isEmpty { return true }
        // Differs from Kubernetes: 1.27 froze the number of nodes with an image when a node arrived, so that scores
        // depended on the order of arrival; the live number is used for all versions.
        let spec = cycle.demand.facts.spec
        let containers =
            spec.containers.count + (state.profile.imageLocalityCountsInitContainers ? spec.initContainers.count : 0)
            + (state.profile.has(.imageLocalityCountsImageVolumes) ? spec.volumes.count { $0.image != nil } : 0)
        let low = 23 * mebibyte
        let high = 1000 * mebibyte * containers
        for (i, row) in rows.enumerated() {
            var sum = 0
            for image in images where image.nodes[row] {
                sum = sum.saturatingAdd(share(image, of: state.nodes.presentCount))
            }
            scores[i] = 100 * (min(max(sum, low), high) - low) / (high - low)
        }
        return true
    }
}
