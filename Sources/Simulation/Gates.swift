// Turning feature gates on and off while the simulation runs.

import ControlPlane
import Kubelets
import KubernetesAPI
import Scheduling

extension Simulation {
    /// Starts API server, scheduler, controllers and kubelets again with other feature gates.
    ///
    /// Objects keep the fields they have; what is created from now on loses those of gates that are off. The
    /// scheduler lists everything anew. Running containers go on.
    ///
    /// Differs from Kubernetes: a restart takes no time, and controllers and kubelets act by the new gates when they
    /// next look at an object instead of looking at all of them at once.
    mutating func setGates(_ gates: StringMap<Bool>) throws(APIError) -> String {
        let profile: KubernetesProfile
        do throws(ProfileError) {
            profile = try cluster.profile.setting(gates.entries.map { ($0.key, $0.value) })
        } catch {
            throw .badRequest(error.description)
        }
        let text = gates.entries.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        if profile == cluster.profile { return "feature gates unchanged: \(text)" }
        cluster.restart(with: profile)
        scheduler.restart(in: cluster, configuration: options.scheduler)
        kubelets.restart(with: profile)
        return "components restarted with --feature-gates=\(text)"
    }
}
