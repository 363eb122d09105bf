// Releases: how they are written, and what each has.

import KubernetesAPI
import Testing

struct ProfileVersionTests {
    @Test func `versions are read with and without v and patch`() throws {
        let expected = KubernetesVersion(minor: 37)
        for text in ["1.37", "v1.37", "1.37.2", "v1.37.0"] {
            #expect(try KubernetesVersion(text) == expected, "\(text)")
        }
        #expect(try KubernetesVersion("1.22").minor == 22)
        #expect(KubernetesVersion.default == expected)
        #expect("\(expected)" == "1.37")
    }

    @Test(arguments: [
        "", "1", "36", "1.", "1.21", "1.38", "2.30", "1.36.", "1.36.2.1", "1.+36", "1.-36",
        "vv1.36", "1.36-rc.1", " 1.36", "1.99999999999999999999",
    ])
    func `other texts are refused with the range`(text: String) {
        do throws(ProfileError) {
            _ = try KubernetesVersion(text)
            Issue.record("\(text) was accepted")
        } catch {
            #expect(
                error.description
                    == "unknown Kubernetes version \"\(text)\": use 1.22 to 1.37")
        }
    }

    @Test func `older releases come first`() {
        #expect(KubernetesVersion(minor: 27) < KubernetesVersion(minor: 34))
        #expect(KubernetesVersion.all == KubernetesVersion.all.sorted())
        #expect(KubernetesVersion.all.count == 16)
    }
}

/// The worked scenarios of the reference as far as the profile decides them; what API server,
/// scheduler and kubelet do with the answers is tested there.
struct ProfileScenarioTests {
    private let v127 = KubernetesProfile(KubernetesVersion(minor: 27))
    private let v134 = KubernetesProfile(KubernetesVersion(minor: 34))
    private let v136 = KubernetesProfile(minor: 36)

    @Test func `1 and 2: minDomains counts in 1.27 unless turned off`() throws {
        #expect(v127.isEnabled(.minDomainsInPodTopologySpread))
        let off = try with("1.27", "MinDomainsInPodTopologySpread=false")
        #expect(!off.isEnabled(.minDomainsInPodTopologySpread))
    }

    @Test func `3 and 4: 1.36 refuses locked and removed gates`() {
        #expect(throws: ProfileError.lockedGate(.inPlacePodVerticalScaling, version: KubernetesVersion(minor: 36))) {
            try with("1.36", "InPlacePodVerticalScaling=false")
        }
        #expect(
            throws: ProfileError.unrecognizedGate(
                "MinDomainsInPodTopologySpread", version: KubernetesVersion(minor: 36), nearest: nil)
        ) {
            try with("1.36", "MinDomainsInPodTopologySpread=true")
        }
    }

    @Test func `5: in 1.27 resize is an ordinary update with a text as status`() throws {
        let profile = try with("1.27", "InPlacePodVerticalScaling=true")
        #expect(profile.isEnabled(.inPlacePodVerticalScaling))
        #expect(!profile.resizeUsesSubresource)
        #expect(!profile.resizeReportsConditions)
        #expect(v136.resizeUsesSubresource && v136.resizeReportsConditions)
    }

    @Test func `6: matchLabelKeys goes off only together with the merged selector`() throws {
        let alone = "MatchLabelKeysInPodTopologySpread=false"
        #expect(
            throws: ProfileError.disabledDependencies(
                .matchLabelKeysInPodTopologySpreadSelectorMerge,
                disabled: [.matchLabelKeysInPodTopologySpread])
        ) {
            try with("1.36", alone)
        }
        let both = alone + ",MatchLabelKeysInPodTopologySpreadSelectorMerge=false"
        #expect(try !with("1.36", both).isEnabled(.matchLabelKeysInPodTopologySpread))
    }

    @Test func `7 and 8: the API server merges the selector in 1.34, not in 1.27`() {
        #expect(v134.isEnabled(.matchLabelKeysInPodTopologySpreadSelectorMerge))
        #expect(v127.isEnabled(.matchLabelKeysInPodTopologySpread))
        #expect(!v127.isEnabled(.matchLabelKeysInPodTopologySpreadSelectorMerge))
    }

    @Test func `9: a silent node is Unknown after 40 s in 1.27 and 50 s in 1.36`() {
        #expect(v127.nodeMonitorGracePeriodSeconds == 40)
        #expect(v136.nodeMonitorGracePeriodSeconds == 50)
    }

    @Test func `10: 1.27 names the taint that is not tolerated`() {
        #expect(!v127.taintReasonIsGeneric)
        #expect(!v134.taintReasonIsGeneric)
        #expect(v136.taintReasonIsGeneric)
    }

    private func with(_ version: String, _ gates: String) throws(ProfileError) -> KubernetesProfile {
        try KubernetesProfile(version: KubernetesVersion(version), featureGates: gates)
    }
}

struct ProfileDefaultsTests {
    private let v126 = KubernetesProfile(KubernetesVersion(minor: 26))
    private let v127 = KubernetesProfile(KubernetesVersion(minor: 27))
    private let v134 = KubernetesProfile(KubernetesVersion(minor: 34))
    private let v136 = KubernetesProfile(minor: 36)

    @Test func `client limits of the kubelet grew tenfold in 1.27`() {
        for (profile, qps, burst) in [(v126, 5, 10), (v127, 50, 100), (v136, 50, 100)] {
            #expect(profile.kubeAPIQPS == qps && profile.kubeAPIBurst == burst)
            #expect(profile.eventRecordQPS == qps && profile.eventRecordBurst == burst)
            #expect(profile.registryPullQPS == 5 && profile.registryPullBurst == 10)
        }
    }

    @Test func `memory is throttled by another formula since 1.27`() {
        #expect(v126.memoryThrottlingFactor == 0.8 && v127.memoryThrottlingFactor == 0.9)
        #expect(v136.memoryThrottlingFactor == 0.9 && KubernetesProfile(minor: 37).memoryThrottlingFactor == nil)
        #expect(v126.memoryHighFormula == .shareOfLimit)
        #expect(v127.memoryHighFormula == .betweenRequestAndLimit)
        #expect(!v127.hasMemoryReservationPolicy && v136.hasMemoryReservationPolicy)
    }

    @Test func `images are pulled one by one unless two may be pulled at once`() {
        #expect(v136.serializesImagePulls())
        #expect(v136.serializesImagePulls(maxParallelImagePulls: 1))
        #expect(!v136.serializesImagePulls(maxParallelImagePulls: 2))
        #expect(!v127.serializesImagePulls(maxParallelImagePulls: 5))
        #expect(v126.serializesImagePulls(maxParallelImagePulls: 5))
    }

    @Test func `scoring follows the release`() {
        #expect(v134.schedulerTieRule == .random && v136.schedulerTieRule == .heap)
        #expect(v134.balancedAllocationFormula == .afterOnly)
        #expect(v136.balancedAllocationFormula == .improvement)
        #expect(!v127.bestEffortBalancedAllocationSkipped)
        #expect(v134.bestEffortBalancedAllocationSkipped)
        #expect(v127.spreadWithoutSoftConstraintsScores)
        #expect(!v134.spreadWithoutSoftConstraintsScores)
        #expect(!v127.imageLocalityCountsInitContainers && v134.imageLocalityCountsInitContainers)
    }

    @Test func `reasons follow the release`() {
        #expect(!v127.fitTooLargeIsUnresolvable && v134.fitTooLargeIsUnresolvable)
        #expect(
            v127.readWriteOncePodReason
                == "node has pod using PersistentVolumeClaim with the same name and"
                + " ReadWriteOncePod access mode")
        #expect(
            v134.readWriteOncePodReason
                == "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access"
                + " mode already in-use by another pod")
        #expect(v127.volumeNodeAffinityReason == "node(s) had volume node affinity conflict")
        #expect(
            v134.volumeNodeAffinityReason
                == "node(s) didn't match PersistentVolume's node affinity")
        #expect(!v127.preFilterExclusionsAreCounted && v134.preFilterExclusionsAreCounted)
    }

    @Test func `preemption and its texts follow the release`() {
        #expect(!v127.postFilterDynamicResourcesText && v134.postFilterDynamicResourcesText)
        #expect(v127.failureTextEndsInTwoStops && !v134.failureTextEndsInTwoStops)
        #expect(!v127.preFilterRefusalIsUnresolvable && v134.preFilterRefusalIsUnresolvable)
        #expect(!v127.victimsAreSortedByImportance && v134.victimsAreSortedByImportance)
        #expect(!v127.preemptedEventNamesPreemptor && v136.preemptedEventNamesPreemptor)
    }

    @Test func `words of the kubelet follow the release`() {
        #expect(v127.podStatusTexts == .v127 && v136.podStatusTexts == .v136)
        #expect(v127.pulledEventTexts == .v127 && v136.pulledEventTexts == .v136)
        #expect(!v127.presentImageTextTellsAccess && v136.presentImageTextTellsAccess)
        #expect(!v127.pullBackOffNamesCause && v136.pullBackOffNamesCause)
        #expect(v127.volumeTimeOutGivesEvent && !v136.volumeTimeOutGivesEvent)
        #expect(v127.hardEvictionGraceSeconds == 0 && v136.hardEvictionGraceSeconds == 1)
    }
}
