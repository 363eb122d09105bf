// Feature gates: defaults, histories, overrides.

import KubernetesAPI
import Testing

struct ProfileGateTests {
    @Test func `a profile without overrides has the defaults of its release`() {
        for version in KubernetesVersion.all {
            let profile = KubernetesProfile(version)
            for gate in FeatureGate.allCases {
                #expect(profile.isEnabled(gate) == gate.isOnByDefault(in: version), "\(gate)")
            }
            #expect(profile.changedGates.isEmpty)
        }
        #expect(KubernetesProfile.default == KubernetesProfile(KubernetesVersion(minor: 37)))
    }

    @Test func `each gate can be told from each other`() throws {
        // One gate on and its neighbours untouched: a wrong ordinal would move another bit.
        for version in KubernetesVersion.all {
            for gate in FeatureGate.allCases where gate.stage(in: version).isKnown {
                guard let changed = try? profile(version.minor, gate.name, true) else { continue }
                let plain = KubernetesProfile(version)
                for other in FeatureGate.allCases where other != gate {
                    #expect(changed.isEnabled(other) == plain.isEnabled(other))
                }
                #expect(changed.isEnabled(gate))
            }
        }
    }

    @Test func `a history only moves forward from absent to removed`() {
        for gate in FeatureGate.allCases {
            let history = KubernetesVersion.all.map { gate.stage(in: $0) }
            let known = history.drop { $0 == .absent }
            #expect(!known.isEmpty && !known.contains(.absent), "\(gate)")
            #expect(known.first != .removed, "\(gate)")
            let removed = known.drop { $0 != .removed }
            #expect(removed.allSatisfy { $0 == .removed }, "\(gate)")
        }
    }

    @Test func `removed gates are built in but for the four that were dropped`() {
        let dropped = FeatureGate.allCases.filter(\.isDropped)
        #expect(
            dropped == [.gangScheduling, .workloadAwarePreemption, .inPlacePodVerticalScalingAllocatedStatus, .podHasNetworkCondition])
        let profile = KubernetesProfile.default
        for gate in FeatureGate.allCases where gate.stage(in: .default) == .removed {
            #expect(profile.isEnabled(gate) == !dropped.contains(gate), "\(gate)")
        }
        #expect(profile.isEnabled(.minDomainsInPodTopologySpread))
        #expect(!profile.isEnabled(.podHasNetworkCondition))
    }

    @Test func `defaults satisfy the dependencies in each release`() throws {
        for version in KubernetesVersion.all {
            let profile = try KubernetesProfile(version: version, overrides: [])
            #expect(profile == KubernetesProfile(version))
        }
    }

    @Test func `a dependency is known wherever the gate that needs it is`() {
        for version in KubernetesVersion.all {
            for gate in FeatureGate.allCases where gate.stage(in: version).isKnown {
                for needed in gate.dependencies {
                    #expect(needed.stage(in: version) != .absent, "\(gate) in \(version)")
                }
            }
        }
    }

    @Test func `stages have words for a person`() {
        #expect(FeatureGate.eventedPLEG.stage(in: KubernetesVersion(minor: 27)).text == "beta")
        #expect(FeatureGate.eventedPLEG.stage(in: KubernetesVersion(minor: 36)).text == "alpha")
        #expect(FeatureGate.nodeSwap.stage(in: .default).text == "GA, locked")
        #expect(FeatureGate.volumeAttributesClass.stage(in: KubernetesVersion(minor: 34)) == .ga)
    }

    @Test func `each gate says what it changes in a short line`() {
        for gate in FeatureGate.allCases {
            let summary = gate.summary
            for text in [summary.off, summary.on] {
                #expect((1...80).contains(text.count) && !text.hasSuffix("."), "\(gate)")
            }
            #expect(summary.off != summary.on, "\(gate)")
        }
    }
}

/// Which overrides are taken and which are refused with which words.
struct ProfileOverrideTests {
    @Test func `locked gates cannot be turned off`() {
        #expect(throws: ProfileError.lockedGate(.inPlacePodVerticalScaling, version: KubernetesVersion(minor: 36))) {
            try profile(36, "InPlacePodVerticalScaling", false)
        }
        #expect(
            refusal(36, "InPlacePodVerticalScaling", false)
                == "cannot set feature gate InPlacePodVerticalScaling to false,"
                + " feature is locked to true")
    }

    @Test func `locked gates may be set to true`() throws {
        #expect(try profile(37, "InPlacePodVerticalScaling", true) == .default)
    }

    @Test func `unknown gates are refused with the releases that have them`() {
        #expect(
            refusal(36, "MinDomainsInPodTopologySpread", true)
                == "unrecognized feature gate: MinDomainsInPodTopologySpread"
                + " (it exists in 1.24 to 1.31 and was made permanent by 1.36)")
        #expect(
            refusal(27, "PLEGOnDemandRelist", true)
                == "unrecognized feature gate: PLEGOnDemandRelist"
                + " (it exists in 1.36 to 1.37, not yet in 1.27)")
        #expect(
            refusal(36, "PodHasNetworkCondition", true)
                == "unrecognized feature gate: PodHasNetworkCondition"
                + " (it exists in 1.25 to 1.27 and was dropped by 1.36)")
    }

    @Test func `typing errors get the nearest name`() {
        #expect(
            refusal(27, "EventdPleg", true)
                == "unrecognized feature gate: EventdPleg"
                + " (no such gate in Kubernetes 1.22 to 1.37; did you mean EventedPLEG?)")
        #expect(
            refusal(27, "Bananas", true)
                == "unrecognized feature gate: Bananas"
                + " (no such gate in Kubernetes 1.22 to 1.37)")
    }

    @Test func `a gate needs its dependencies`() throws {
        #expect(
            refusal(36, "MatchLabelKeysInPodTopologySpread", false)
                == "MatchLabelKeysInPodTopologySpreadSelectorMerge is enabled,"
                + " but depends on features that are disabled:"
                + " [MatchLabelKeysInPodTopologySpread]")
        let off = try KubernetesProfile(
            version: .default,
            featureGates: "MatchLabelKeysInPodTopologySpread=false,"
                + "MatchLabelKeysInPodTopologySpreadSelectorMerge=false")
        #expect(!off.isEnabled(.matchLabelKeysInPodTopologySpread))
        #expect(!off.isEnabled(.matchLabelKeysInPodTopologySpreadSelectorMerge))
        #expect(
            off.changedGates == [
                .matchLabelKeysInPodTopologySpread,
                .matchLabelKeysInPodTopologySpreadSelectorMerge,
            ])
    }

    @Test func `a chain of dependencies can be turned on at once in any order`() throws {
        let profile = try KubernetesProfile(
            version: KubernetesVersion(minor: 36),
            featureGates: "WorkloadAwarePreemption=true,GangScheduling=true,GenericWorkload=true")
        #expect(profile.isEnabled(.workloadAwarePreemption))
        #expect(throws: ProfileError.self) {
            try KubernetesProfile(version: KubernetesVersion(minor: 36), featureGates: "WorkloadAwarePreemption=true")
        }
    }

    @Test func `AllAlpha and AllBeta set what is not named`() throws {
        let version = KubernetesVersion(minor: 27)
        let alpha = try KubernetesProfile(
            version: version, featureGates: "MemoryQoS=false,AllAlpha=true")
        for gate in FeatureGate.allCases {
            switch gate.stage(in: version) {
            case .alphaOff: #expect(alpha.isEnabled(gate) == (gate != .memoryQoS), "\(gate)")
            default: #expect(alpha.isEnabled(gate) == gate.isOnByDefault(in: version), "\(gate)")
            }
        }
        let beta = try KubernetesProfile(
            version: version, featureGates: "AllBeta=false,PodDeletionCost=true")
        for gate in FeatureGate.allCases where gate.stage(in: version).isBeta {
            #expect(beta.isEnabled(gate) == (gate == .podDeletionCost), "\(gate)")
        }
    }

    @Test func `the last of several values counts`() throws {
        let profile = try KubernetesProfile(
            version: .default, featureGates: "MemoryQoS=false,MemoryQoS=true")
        #expect(profile == .default)
    }

    @Test func `lists are read as the flag reads them`() throws {
        let list = try KubernetesProfile.parseOverrides(" A = true ,B=0,, C=F ,AllAlpha=T")
        #expect(list.map(\.0) == ["A", "B", "C", "AllAlpha"])
        #expect(list.map(\.1) == [true, false, false, true])
        #expect(try KubernetesProfile.parseOverrides("").isEmpty)
    }

    @Test func `broken lists say what is broken`() {
        #expect(listRefusal("A") == "missing bool value for A: write A=true or A=false")
        #expect(listRefusal("A=true,B=on") == "invalid value of B=on: use true or false")
        #expect(listRefusal("A=") == "invalid value of A=: use true or false")
        #expect(listRefusal("A=true=false") == "invalid value of A=true=false: use true or false")
        #expect(listRefusal("=true") == "missing feature gate name in =true")
    }
}

private func profile(
    _ minor: Int, _ gate: String, _ value: Bool
) throws(ProfileError) -> KubernetesProfile {
    try KubernetesProfile(version: KubernetesVersion(minor: minor), overrides: [(gate, value)])
}

private func refusal(_ minor: Int, _ gate: String, _ value: Bool) -> String? {
    do throws(ProfileError) {
        _ = try profile(minor, gate, value)
        return nil
    } catch {
        return error.description
    }
}

private func listRefusal(_ list: String) -> String? {
    do throws(ProfileError) {
        _ = try KubernetesProfile.parseOverrides(list)
        return nil
    } catch {
        return error.description
    }
}
