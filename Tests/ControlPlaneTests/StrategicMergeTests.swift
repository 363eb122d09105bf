import KubernetesAPI
import Testing

@testable import ControlPlane

/// Strategic merge patches as `kubectl apply` and `kubectl edit` send them.
@Suite struct StrategicMergeTests {
    private static let rules = MergeRules(Kind.deployment.info)

    private static func deployment(_ containers: [JSONValue]) -> JSONValue { ["spec": ["template": ["spec": ["containers": .array(containers)]]]] }

    private func names(_ document: JSONValue) -> [String] {
        document.value(at: "spec.template.spec.containers")?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test func `elements come in the order that the patch says, others before what they stand before`() {
        let live = Self.deployment([["name": "a"], ["name": "injected"], ["name": "b"], ["name": "c"]])
        let patch: JSONValue = [
            "spec": [
                "template": [
                    "spec": [
                        "$setElementOrder/containers": [["name": "c"], ["name": "d"], ["name": "a"]],
                        "containers": [["name": "d", "image": "d:1"], ["$patch": "delete", "name": "b"]],
                    ]
                ]
            ]
        ]
        #expect(names(live.patched(patch, Self.rules)) == ["injected", "c", "d", "a"])
    }

    @Test func `what a patch brings stands before what only the server has`() {
        let live = Self.deployment([["name": "mode"], ["name": "level"]])
        #expect(names(live.patched(Self.deployment([["name": "added"]]), Self.rules)) == ["added", "mode", "level"])
        #expect(names(live.patched(Self.deployment([["name": "level", "image": "x"]]), Self.rules)) == ["mode", "level"])
    }

    @Test func `a list that was not there takes no directives over`() {
        let patch: JSONValue = [
            "spec": [
                "template": [
                    "spec": [
                        "containers": [
                            ["name": "a", "$setElementOrder/ports": [["containerPort": 80]], "ports": [["containerPort": 80, "name": .null]]],
                            ["$patch": "delete", "name": "b"],
                        ]
                    ]
                ]
            ]
        ]
        #expect(JSONValue.object(JSONObject()).patched(patch, Self.rules) == Self.deployment([["name": "a", "ports": [["containerPort": 80]]]]))
    }

    @Test func `keys that are not retained go`() {
        let live: JSONValue = ["spec": ["strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]]]]
        let patch: JSONValue = ["spec": ["strategy": ["$retainKeys": ["type"], "type": "Recreate"]]]
        #expect(live.patched(patch, Self.rules) == ["spec": ["strategy": ["type": "Recreate"]]])
    }
}
