// What is refused in the rules of a definition's schema: what they could cost, and how they are written.

import KubernetesAPI
import Manifests
import Testing

@testable import ControlPlane

@Suite struct RuleCheckTests {
    private func errors(_ schema: JSONValue, isWeighed: Bool = true, minor: Int = 37) -> [String] {
        RuleCheck.errors(in: StructuralSchema(json: schema), at: "s", isWeighed: isWeighed, minor: minor).map(\.message)
    }
    private func errors(_ yaml: String) throws -> [String] {
        let indented = yaml.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        let set = ManifestReader.read(text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\nschema:\n\(indented)")
        #expect(set.problems.isEmpty, "\(set.problems)")
        return errors(try #require(set.documents.first?.json["schema"]))
    }

    private static func ruled(_ schema: JSONValue, _ rules: JSONValue...) -> JSONValue {
        var schema = schema
        schema["x-kubernetes-validations"] = .array(rules)
        return schema
    }
    private static func object(_ properties: JSONValue) -> JSONValue { ["type": "object", "properties": properties] }

    private static func tooDear(_ factor: String, _ what: String = "estimated rule cost") -> String {
        "Forbidden: \(what) exceeds budget by factor of \(factor)x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength "
            + "where arrays, maps, and strings are declared)"
    }
    private static let total = "x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema"
    private static let part = "Forbidden: contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema"

    private static let nested: JSONValue = ["rule": "self.all(x, self.all(y, x != y))"]

    /// A rule, the first minor version whose API server takes it, and what the one before says.
    private static let libraries: [(rule: String, first: Int, why: String)] = [
        ("isQuantity(self)", 29, "undeclared reference to 'isQuantity' (in container '')"),
        ("[1].exists(x, x < 1.5)", 29, "found no matching overload for '_<_' applied to '(int, double)'"),
        ("optional.of(self).hasValue()", 29, "undeclared reference to 'optional.of' (in container '')"),
        ("sets.contains([self], ['a'])", 30, "undeclared reference to 'sets.contains' (in container '')"),
        ("'%s'.format([self]) == 'a'", 30, "undeclared reference to 'format' (in container '')"),
        ("isIP(self)", 31, "undeclared reference to 'isIP' (in container '')"),
        ("cidr('10.0.0.0/8').containsIP(self)", 31, "undeclared reference to 'cidr' (in container '')"),
        ("!format.dns1123Label().validate(self).hasValue()", 32, "undeclared reference to 'format.dns1123Label' (in container '')"),
        ("[self].all(i, v, i < 1)", 33, "undeclared reference to 'all' (in container '')"),
        ("isSemver(self)", 34, "undeclared reference to 'isSemver' (in container '')"),
        ("[self].distinct().size() == 1", 35, "undeclared reference to 'distinct' (in container '')"),
    ]
    @Test(arguments: libraries.indices) func `a new rule may use what the version before the server's knows, too`(_ index: Int) {
        let (rule, first, why) = Self.libraries[index]
        let schema = Self.ruled(["type": "string", "maxLength": 20], ["rule": .string(rule)])
        #expect(errors(schema, minor: first) == [])
        let before = errors(schema, minor: first - 1)
        #expect(before.count == 1 && before[0].contains("compilation failed") && before[0].contains(why), "\(before)")
        // One that is there already was taken by a server that knew it.
        #expect(errors(schema, isWeighed: false, minor: first - 1) == [])
        let kept = RuleCheck.errors(in: StructuralSchema(json: schema), at: "s", isWeighed: true, minor: first - 1, kept: [rule])
        #expect(kept.isEmpty, "\(kept)")
    }

    @Test func `a loop in a loop over a list without an end is refused, and with one it is not`() {
        var list: JSONValue = ["type": "array", "items": ["type": "integer"]]
        let place = "s.properties[list].x-kubernetes-validations[0].rule"
        #expect(
            errors(Self.object(["list": Self.ruled(list, Self.nested)]))
                == ["\(place): \(Self.tooDear("more than 100"))", "\(place): \(Self.part)", "s: \(Self.tooDear("more than 100", Self.total))"])
        list["maxItems"] = 100
        #expect(errors(Self.object(["list": Self.ruled(list, Self.nested)])).isEmpty)
    }

    @Test(arguments: [(130, "1.038091"), (200, "1.6"), (120, nil)] as [(Int, String?)])
    func `a pattern costs by its length and that of what it is matched with`(_ length: Int, _ factor: String?) {
        let rule: JSONValue = ["rule": .string("self.matches('\(String(repeating: "a", count: length))')")]
        let expected = factor.map { ["s.properties[text].x-kubernetes-validations[0].rule: \(Self.tooDear($0))"] } ?? []
        #expect(errors(Self.object(["text": Self.ruled(["type": "string"], rule)])) == expected)
        #expect(errors(Self.object(["text": Self.ruled(["type": "string", "maxLength": 1000], rule)])).isEmpty)
    }

    @Test func `a rule counts as often as its value can be in an object`() {
        func schema(_ items: Int64?, _ values: Int64?, _ letters: Int64) -> JSONValue {
            var text = Self.ruled(["type": "string"], ["rule": "self.contains('ab')"])
            text["maxLength"] = .int(letters)
            var map: JSONValue = ["type": "object", "additionalProperties": text]
            if let values { map["maxProperties"] = .int(values) }
            var list: JSONValue = ["type": "array", "items": map]
            if let items { list["maxItems"] = .int(items) }
            return Self.object(["list": list])
        }
        let place = "s.properties[list].items.additionalProperties.x-kubernetes-validations[0].rule"
        // 100,001 for each of 200.
        #expect(errors(schema(10, 20, 250_000)) == ["\(place): \(Self.tooDear("2.0"))"])
        #expect(errors(schema(10, 9, 250_000)).isEmpty)
        // As many texts without a letter as fit in a request, whichever of both is without an end: 13 for each of 1,048,576.
        #expect(errors(schema(nil, 20, 30)) == ["\(place): \(Self.tooDear("1.363149"))"])
        #expect(errors(schema(10, nil, 30)) == ["\(place): \(Self.tooDear("1.363149"))"])
        #expect(errors(schema(nil, nil, 10)).isEmpty)
    }

    @Test func `all rules together have a limit, and the dearest of them are told`() {
        let contains: JSONValue = ["rule": "self.contains('keyword')"]
        let text = Self.ruled(["type": "string"], contains)
        let short = Self.ruled(["type": "string", "maxLength": 2048], contains)
        let schema = Self.object([
            "array": ["type": "array", "items": text], "map": ["type": "object", "maxProperties": 10_000, "additionalProperties": short],
            "field": Self.ruled(["type": "integer"], ["rule": "self > 50 && self < 100"]),
        ])
        let (array, map) = (
            "s.properties[array].items.x-kubernetes-validations[0].rule", "s.properties[map].additionalProperties.x-kubernetes-validations[0].rule"
        )
        #expect(
            errors(schema)
                == [
                    "\(array): \(Self.tooDear("more than 100"))", "\(array): \(Self.part)", "\(map): \(Self.part)",
                    "s: \(Self.tooDear("more than 100", Self.total))",
                ])
        // Each of 8,210,000: none is too dear, and twelve are below the limit of 100,000,000, but not thirteen.
        func maps(_ count: Int) -> JSONValue {
            var properties: JSONValue = [:]
            for index in 0..<count { properties["m\(index)"] = ["type": "object", "maxProperties": 10_000, "additionalProperties": short] }
            return Self.object(properties)
        }
        #expect(errors(maps(12)).isEmpty)
        let many = errors(maps(13))
        #expect(many.count == 5 && many.dropLast().allSatisfy { $0.hasSuffix(Self.part) })
        #expect(many.last == "s: \(Self.tooDear("1.067300", Self.total))")
        // In what stays as it is only the total counts.
        #expect(errors(schema, isWeighed: false).count == 3)
    }

    @Test func `a messageExpression has a cost of its own, however often it may be needed`() {
        let rule: JSONValue = ["rule": "true", "messageExpression": "self.all(x, self.all(y, x != y)) ? 'a' : 'b'"]
        let place = "s.properties[list].x-kubernetes-validations[0].messageExpression"
        var list: JSONValue = ["type": "array", "items": ["type": "integer"]]
        let refused = errors(Self.object(["list": Self.ruled(list, rule)]))
        #expect(refused.first == "\(place): \(Self.tooDear("more than 100", "estimated messageExpression cost"))" && refused.count == 3)
        list["maxItems"] = 100
        // 100 × 100 × 6 and a little more: too much if it counted for each of 1000.
        let lists: JSONValue = ["type": "array", "maxItems": 1000, "items": Self.ruled(list, rule)]
        #expect(errors(Self.object(["list": lists])).isEmpty)
    }

    @Test func `the rules of definitions that many clusters have are not too dear`() throws {
        // Karpenter's maps of the kubelet, without bounds: one rule is near the limit.
        let signals = "['memory.available','nodefs.available','nodefs.inodesFree','imagefs.available','imagefs.inodesFree','pid.available']"
        func kept(_ name: String) -> String {
            """
                \(name):
                  {type: object, additionalProperties: {x-kubernetes-int-or-string: true}, x-kubernetes-validations: [
                    {rule: "self.all(x, x=='cpu' || x=='memory' || x=='ephemeral-storage' || x=='pid')"}, {rule: "self.all(x, !self[x].startsWith('-'))"}]}
            """
        }
        func signal(_ name: String) -> String {
            """
                \(name): {type: object, additionalProperties: {type: string}, x-kubernetes-validations: [{rule: "self.all(x, x in \(signals))"}]}
            """
        }
        let kubelet = """
            type: object
            x-kubernetes-validations:
            - rule: "has(self.evictionSoft) ? self.evictionSoft.all(e, (e in self.evictionSoftGracePeriod)):true"
            - rule: "has(self.evictionSoftGracePeriod) ? self.evictionSoftGracePeriod.all(e, (e in self.evictionSoft)):true"
            properties:
            \(["evictionHard", "evictionSoft", "evictionSoftGracePeriod"].map(signal).joined(separator: "\n"))
            \(["kubeReserved", "systemReserved"].map(kept).joined(separator: "\n"))
                requirements:
                  type: array
                  maxItems: 30
                  x-kubernetes-validations:
                  - rule: "self.all(x, x.operator == 'In' ? x.values.size() != 0 : true)"
                  - rule: "self.all(x, (x.operator == 'Gt' || x.operator == 'Lt') ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)"
                  items:
                    type: object
                    required: [key, operator]
                    properties:
                      operator: {type: string, enum: [In, NotIn, Exists, DoesNotExist, Gt, Lt]}
                      values: {type: array, items: {type: string}}
                      key:
                        type: string
                        maxLength: 316
                        x-kubernetes-validations:
                        - rule: 'self.find("^([^/]+)").endsWith("kops.k8s.io") || !self.find("^([^/]+)").endsWith("k8s.io")'
            """
        #expect(try errors(kubelet) == [])
        // The Gateway API's lists, which are compared with themselves.
        let gateway = """
            type: object
            properties:
              listeners:
                type: array
                maxItems: 64
                x-kubernetes-validations:
                - rule: "self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)"
                - rule: "self.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)"
                - rule: "self.all(l1, self.exists_one(l2, l1.name == l2.name))"
                - rule: "self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? \
            l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))"
                items:
                  type: object
                  required: [name, port, protocol]
                  properties:
                    name: {type: string, maxLength: 253}
                    hostname: {type: string, maxLength: 253}
                    protocol: {type: string, maxLength: 255}
                    port: {type: integer}
                    tls: {type: object, properties: {mode: {type: string, enum: [Terminate, Passthrough]}}}
              parentRefs:
                type: array
                maxItems: 32
                x-kubernetes-validations:
                - rule: "self.all(p1, self.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && \
            (((!has(p1.__namespace__) || p1.__namespace__ == '') && (!has(p2.__namespace__) || p2.__namespace__ == '')) || (has(p1.__namespace__) && \
            has(p2.__namespace__) && p1.__namespace__ == p2.__namespace__))))"
                items:
                  type: object
                  required: [name]
                  properties:
                    group: {type: string, default: gateway.networking.k8s.io, maxLength: 253}
                    kind: {type: string, default: Gateway, maxLength: 63}
                    name: {type: string, maxLength: 253}
                    namespace: {type: string, maxLength: 63}
            """
        #expect(try errors(gateway) == [])
    }

    @Test(arguments: [
        (".a", true), (".a.b", true), ("['a'].b", true), (".a['b']", true), (".map['any thing']", true), (".map.any", true), (".map.any.more", false),
        (".list", true), (".c", false), ("a", false), (".", false), (".a.", false), (".list[0]", false), (".list.x", false), ("['a'", false),
        (".a['b']x", false), (#"['it\'s']"#, true), (#"['\q']"#, false), (".a.b.c", false),
    ])
    func `the fieldPath of a rule leads to a field`(_ path: String, _ isRight: Bool) {
        let schema = Self.object([
            "a": Self.object(["b": ["type": "string"]]), "map": ["type": "object", "additionalProperties": ["type": "string"]],
            "list": ["type": "array", "items": ["type": "string"]], "it's": ["type": "string"],
        ])
        let found = errors(Self.ruled(schema, ["rule": "true", "fieldPath": .string(path)]))
        let refusal = "s.x-kubernetes-validations[0].fieldPath: Invalid value: \(JSONValue.string(path).text()): fieldPath must be a valid path"
        #expect(found == (isRight ? [] : [refusal]))
    }

    @Test func `what is wrong with the form of a rule is told before what it says is looked at`() {
        let place = "s.x-kubernetes-validations[0]"
        let schema = Self.object(["a": ["type": "string"]])
        func found(_ rule: JSONValue) -> [String] { errors(Self.ruled(schema, rule)) }
        #expect(
            found(["rule": "self.b == 1", "fieldPath": " \n"])
                == [
                    #"\#(place).fieldPath: Invalid value: " \n": fieldPath must be non-empty if specified"#,
                    #"\#(place).fieldPath: Invalid value: " \n": fieldPath must not contain line breaks"#,
                    #"\#(place).fieldPath: Invalid value: " \n": fieldPath must be a valid path"#,
                ])
        #expect(found(["rule": "true ||\nfalse"]) == ["\(place).message: Required value: message must be specified if rule contains line breaks"])
        #expect(
            found(["rule": "true", "messageExpression": " "])
                == ["\(place).messageExpression: Required value: messageExpression must be non-empty if specified"])
        #expect(
            found(["rule": "true", "optionalOldSelf": true])
                == ["\(place).optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"])
        // A rule that does not compile leaves its messageExpression without a hearing.
        #expect(found(["rule": "1", "messageExpression": "1"]).count == 1)
    }
}
