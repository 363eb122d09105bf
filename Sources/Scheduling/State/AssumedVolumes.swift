import KubernetesAPI

/// What scheduling decided about volumes and the store does not know yet.
struct AssumedVolumes: Sendable {
    /// Volume name to the claim it was matched to.
    var claimOfVolume: [String: ObjectKey] = [:]
    /// Claim to the node for which its volume is to be made.
    var nodeOfClaim: [ObjectKey: String] = [:]
}
