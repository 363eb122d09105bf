public import KubernetesAPI

extension KubeletFleet {
    /// Takes other feature gates, as kubelets that are started again with them; containers go on.
    public mutating func restart(with profile: KubernetesProfile) {
        self.profile = profile
        for index in setups.indices { setups[index] = KubeletSetup(setups[index].configuration, profile: profile) }
    }
}
