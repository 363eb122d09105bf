extension KubeletFleet {
    /// The nodes whose kubelets are silent. O(nodes).
    public var failedNodes: [String] { nodes.indices.compactMap { nodes[$0]?.isFailed == true ? nodes[$0]?.name : nil } }
}
