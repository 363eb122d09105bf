import SimulationKit

/// The cluster that opens when no files are given.
public enum BuiltInCluster {
    public static let name = "three-zones"
    /// How long it has run when it is first seen.
    public static let prelude = Duration.seconds(150)

    /// Three zones, thirteen nodes, workloads with spread constraints, something pending, something resizing.
    public static let manifests = """
        apiVersion: evenkeel.dev/v1
        kind: Scenario
        metadata: {name: three-zones}
        spec:
          seed: 7
          cluster: {zones: 3, nodesPerZone: 4}
        """
}
