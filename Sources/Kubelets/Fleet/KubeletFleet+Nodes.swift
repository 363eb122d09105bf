// Nodes: registration, heartbeats, status, faults.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension KubeletFleet {
    /// The nodes whose kubelets are silent. O(nodes).
    public var failedNodes: [String] { nodes.indices.compactMap { nodes[$0]?.isFailed == true ? nodes[$0]?.name : nil } }

    mutating func see(_ change: Change<Node>, _ cluster: inout Cluster) {
        let node = change.object
        switch (nodeIndex[node.name], change.action) {
        case (let index?, .deleted):
            removeNode(index)
            cluster.leaseRenewals.leave(node.name)
        case (nil, .deleted): break
        case (nil, _): addNode(node, &cluster)
        case (let index?, _):
            // A node of the same name, made anew.
            if nodes[index]?.uid != node.metadata.uid {
                removeNode(index)
                addNode(node, &cluster)
            } else {
                // Most changes of a node are its own heartbeats.
                if let old = change.previous, old.spec.identity == node.spec.identity,
                    old.status.allocatable == node.status.allocatable
                {
                    return
                }
                nodes[index]?.follow(node, &host, &cluster)
            }
        }
    }

    private mutating func addNode(_ seen: Node, _ cluster: inout Cluster) {
        guard let node = cluster.store.nodes[seen.key], node.metadata.uid == seen.metadata.uid else { return }
        let index = enter(node, cluster.now)
        nodes[index]?.register(&host, &cluster)
        nodes[index]?.takeWaiting(&host, &cluster)
    }

    /// Gives the node a kubelet and returns its position.
    mutating func enter(_ node: Node, _ now: Instant) -> Int {
        let index = nodes.count
        let setup = setup(for: node.metadata.labels)
        let settings = host.setups[setup].settings
        var kubelet = Kubelet(
            index: index, name: node.name,
            images: ImageStore(
                limit: settings.pullLimit, registry: TokenBucket(qps: settings.registryQPS, burst: settings.registryBurst)),
            api: APIClient(settings), pleg: Pleg(at: now, index: index))
        kubelet.setup = setup
        (kubelet.pleg.isEvented, kubelet.pleg.hearsEnds) = (settings.isEvented, settings.hearsEnds)
        kubelet.uid = node.metadata.uid
        kubelet.address =
            node.status.addresses.first { $0.type == "InternalIP" }?.address
            ?? "172.18.\(index / 250 % 256).\(index % 250 + 2)"
        kubelet.podPrefix = Kubelet.podPrefix(node, index)
        for image in node.status.images {
            for name in image.names { kubelet.images.add(name, size: max(0, Int64(image.sizeBytes)), at: now) }
        }
        nodes.append(kubelet)
        host.reportDue.append(.start + settings.statusReport)
        nodeIndex[node.name] = index
        if !isBeating {
            isBeating = true
            host.timers.schedule(.heartbeat, at: now + host.setups[0].settings.leaseRenewal)
        }
        return index
    }

    private mutating func removeNode(_ index: Int) {
        guard let name = nodes[index]?.name else { return }
        for case let worker? in nodes[index]?.pods ?? [] { host.pods[worker.uid] = nil }
        nodes[index] = nil
        host.reportDue[index] = .distantFuture
        nodeIndex[name] = nil
    }

    /// Renews all leases, and writes the node statuses that are due.
    ///
    /// Differs from Kubernetes: all nodes beat at the same moment, so that 5,000 idle ones cost one wake-up.
    ///
    /// - Parameters:
    ///   - first: the node with which it goes on; 0: it begins.
    ///   - last: the revision after which the rest is left to the next turn.
    mutating func heartbeat(from first: Int, _ last: Int, _ cluster: inout Cluster) {
        if first == 0 { renewLeases(&cluster) }
        beat = nil
        for index in host.reportDue.indices.dropFirst(first) where host.reportDue[index] <= cluster.now && nodes[index]?.isFailed == false {
            if cluster.store.revision >= last, index > 0 {
                beat = index
                return
            }
            nodes[index]?.writeNodeStatus(&host, &cluster)
        }
        host.timers.schedule(.heartbeat, at: cluster.now + host.setups[0].settings.leaseRenewal)
    }

    private mutating func renewLeases(_ cluster: inout Cluster) {
        for index in silenced where nodes[index]?.isFailed == true {
            guard let name = nodes[index]?.name else { continue }
            cluster.leaseRenewals.leave(name)
            nodes[index]?.silentSince = cluster.leaseRenewals[name]
        }
        silenced = []
        cluster.leaseRenewals.renew(at: cluster.now)
    }

    // MARK: Faults

    /// What becomes of containers whose kubelet falls silent.
    public enum ContainerFate: Sendable {
        /// The machine is cut off or its kubelet hangs: programs go on.
        case survive
        /// The machine is off: when it returns, they have ended and start again.
        case die
    }

    /// Silences a node's kubelet: no heartbeat, no status, no probes, no end of deletions, until ``recover(node:)``.
    /// Returns false if there is no such node or it is silent already.
    /// - Parameter isStopped: only its process has ended: the machine and its network are there.
    @discardableResult
    public mutating func fail(node name: String, containers: ContainerFate = .survive, isStopped: Bool = false) -> Bool {
        guard let index = nodeIndex[name], nodes[index]?.isFailed == false else { return false }
        nodes[index]?.isFailed = true
        nodes[index]?.isStopped = isStopped
        silenced.append(index)
        nodes[index]?.containersDie = containers == .die
        return true
    }

    /// Brings a silent kubelet back. Returns false if it is not silent.
    @discardableResult
    public mutating func recover(node name: String) -> Bool {
        guard let index = nodeIndex[name], nodes[index]?.isFailed == true, !recovering.contains(index) else {
            return false
        }
        recovering.append(index)
        return true
    }
    /// Whether the node's kubelet is silent.
    public func isFailed(node name: String) -> Bool {
        nodeIndex[name].map { nodes[$0]?.isFailed == true } ?? false
    }
    /// Whether nothing on the node can be reached: it is silent, and not only because its kubelet does not run.
    public func isCutOff(node name: String) -> Bool {
        nodeIndex[name].flatMap { nodes[$0] }.map { $0.isFailed && !$0.isStopped } ?? false
    }
}
