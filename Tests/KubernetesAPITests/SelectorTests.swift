// Selectors of labels, nodes and fields.

import KubernetesAPI
import Testing

struct SelectorTests {
    static let labels: StringMap<String> = ["app": "web", "tier": "front", "rank": "7", "empty": ""]

    @Test(arguments: [
        ("app", "In", ["web", "db"], true), ("app", "In", ["db"], false), ("none", "In", ["web"], false),
        ("app", "NotIn", ["db"], true), ("app", "NotIn", ["web"], false), ("none", "NotIn", ["web"], true),
        ("app", "Exists", [], true), ("empty", "Exists", [], true), ("none", "Exists", [], false),
        ("app", "DoesNotExist", [], false), ("none", "DoesNotExist", [], true),
        ("rank", "Gt", ["6"], true), ("rank", "Gt", ["7"], false), ("rank", "Lt", ["8"], true),
        ("app", "Gt", ["1"], false), ("none", "Lt", ["1"], false), ("app", "Near", ["web"], false),
    ])
    func `a requirement holds or not`(key: String, verb: String, values: [String], holds: Bool) {
        #expect(SelectorRequirement(key, verb, values).matches(Self.labels) == holds)
    }

    @Test func `all requirements of a selector must hold`() {
        let selector = LabelSelector(
            matchLabels: ["app": "web"],
            matchExpressions: [SelectorRequirement("tier", "In", ["front", "back"])])
        #expect(selector.matches(Self.labels))
        #expect(!selector.matches(["app": "web"]))
        #expect(LabelSelector().matches([:]))
    }

    @Test func `the canonical line does not depend on the order of writing`() {
        let a = LabelSelector(
            matchLabels: ["b": "1"],
            matchExpressions: [
                SelectorRequirement("c", "In", ["y", "x"]), SelectorRequirement("a", "DoesNotExist"),
            ])
        let b = LabelSelector(
            matchLabels: [:],
            matchExpressions: [
                SelectorRequirement("a", "DoesNotExist"), SelectorRequirement("b", "In", ["1"]),
                SelectorRequirement("c", "In", ["x", "y"]),
            ])
        #expect(a.canonical == "!a,b=1,c in (x,y)")
        #expect(b.canonical == a.canonical)
    }

    @Test func `a node selector takes any of its terms, and an empty term takes no node`() {
        var zone = NodeSelectorTerm()
        zone.matchExpressions = [SelectorRequirement("zone", "In", ["a"])]
        var name = NodeSelectorTerm()
        name.matchFields = [SelectorRequirement("metadata.name", "In", ["n1"])]
        var selector = NodeSelector()
        selector.nodeSelectorTerms = [zone, name, NodeSelectorTerm()]
        #expect(selector.matches(labels: ["zone": "a"], name: "n2"))
        #expect(selector.matches(labels: [:], name: "n1"))
        #expect(!selector.matches(labels: ["zone": "b"], name: "n2"))
        selector.nodeSelectorTerms = [NodeSelectorTerm()]
        #expect(!selector.matches(labels: ["zone": "a"], name: "n1"))
    }

    @Test func `a map keeps its entries by key whatever the order of writing`() {
        var map: StringMap<String> = [:]
        for key in ["m", "c", "x", "a", "m"] { map[key] = key + "!" }
        #expect(map.keys == ["a", "c", "m", "x"])
        #expect(map.count == 4)
        map["c"] = nil
        map["none"] = nil
        #expect(map.keys == ["a", "m", "x"])
        #expect(map["c"] == nil && map["x"] == "x!")
        #expect(map.merging(["x": "1", "b": "2"]) == ["a": "a!", "b": "2", "m": "m!", "x": "1"])
    }

    @Test(arguments: [
        ("app=web", true), ("app==web", true), ("app = web , tier=front", true), ("app=db", false), ("app!=db", true),
        ("app!=web", false), ("none!=x", true), ("app in (web,db)", true), ("app in(db)", false),
        ("app notin (db, x),tier", true), ("!none", true), ("!app", false), ("empty=", true), ("app=", false),
        ("", true), ("app=web,app=db", false), ("a.example/x", false),
    ])
    func `a selector is read as kubectl takes it`(text: String, matches: Bool) throws {
        #expect(try #require(LabelSelector(text: text)).matches(Self.labels) == matches)
    }

    @Test(arguments: [
        "a in", "a in x", "a in (x", "a in x)", "a on (x)", "in (x)", "=x", "!=x", "!", "a b", "a=b c", "a=b=c", "a,", ",a",
        "a in ((x))", "!a=b", "a>1", "a=(x)",
    ])
    func `what is no selector is not taken for one`(text: String) {
        #expect(LabelSelector(text: text) == nil)
    }

    @Test func `a toleration covers the taints that it names`() {
        let taint = Taint(key: "k", value: "v", effect: "NoSchedule")
        #expect(Toleration(key: "k", value: "v").tolerates(taint))
        #expect(Toleration(key: "k", operator: "Exists", effect: "NoSchedule").tolerates(taint))
        #expect(Toleration(operator: "Exists").tolerates(taint))
        #expect(!Toleration(key: "k", operator: "Equal", value: "w").tolerates(taint))
        #expect(!Toleration(key: "k", operator: "Exists", effect: "NoExecute").tolerates(taint))
        #expect(!Toleration(value: "v").tolerates(taint))
    }
}
