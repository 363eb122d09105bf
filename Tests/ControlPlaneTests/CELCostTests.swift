// What rules of custom resources can cost at worst. The numbers are those that Kubernetes has for the same schemas and rules.

import KubernetesAPI
import Testing

@testable import ControlPlane

/// - Source: Kubernetes `staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation_test.go` (`TestCostEstimation`)
@Suite struct CELCostTests {
    private static func worst(_ schema: JSONValue, _ text: String, isRoot: Bool = false) throws -> UInt64 {
        let schema = StructuralSchema(json: schema)
        let type = try #require(CELType(schema, "selfType", isRoot: isRoot))
        let shape = try #require(CELShape(schema, isRoot: isRoot))
        return CELCost.worst(try CELChecker.checked(text, ["self": type, "oldSelf": type]), shape)
    }

    /// A value without a bound, or with one.
    private static func value(_ kind: String, _ most: Int64? = nil) -> JSONValue {
        var value: JSONValue
        switch kind {
        case "int-or-string": value = ["x-kubernetes-int-or-string": true]
        case "duration", "date", "date-time", "byte": value = ["type": "string", "format": .string(kind)]
        case "numbers": value = ["type": "array", "items": ["type": "number"]]
        case "map": value = ["type": "object", "additionalProperties": ["type": "number"]]
        case "object":
            value = ["type": "object", "required": ["required"], "properties": ["required": ["type": "string"], "optional": ["type": "string"]]]
        default: value = ["type": .string(kind)]
        }
        if let most { value["maxLength"] = .int(most) }
        return value
    }
    private static func list(_ kind: String, _ most: Int64?, longest: Int64? = nil) -> JSONValue {
        var list: JSONValue = ["type": "array", "items": value(kind, longest)]
        if let most { list["maxItems"] = .int(most) }
        return list
    }
    private static func map(_ kind: String, _ most: Int64?, longest: Int64? = nil) -> JSONValue {
        var map: JSONValue = ["type": "object", "additionalProperties": value(kind, longest)]
        if let most { map["maxProperties"] = .int(most) }
        return map
    }

    private static let each = "self.all(x, true)"

    @Test func `what a macro goes over is weighed before its variable takes the name`() throws {
        #expect(try Self.worst(Self.list("number", nil), "self.all(self, true)") == Self.worst(Self.list("number", nil), Self.each))
    }

    @Test(
        arguments: [
            ("number", each, 4_718_591, 10, 32), ("string", each, 3_145_727, 20, 62), ("boolean", each, 1_887_437, 5, 17),
            ("numbers", each, 3_145_727, 100, 302), ("object", each, 555_128, 50, 152), ("int-or-string", each, 4_718_591, 10, 32),
            ("duration", each, 2_359_295, 5, 17), ("date", each, 725_936, 15, 47), ("date-time", each, 428_963, 25, 77),
            ("number", "self[1] == 0.0", 2, 5000, 2), ("string", "self[1] == self[1]", 314_577, 8, 314_577), ("number", "self[3] == 0.0", 2, 0, 2),
            ("int-or-string", "self[0] == 5", 3, 10, 3), ("boolean", "self[0] == false", 2, 25, 2), ("object", "self[0] == null", 2, 422, 2),
            ("numbers", "self[0][0] == -1.0", 3, 51, 3), ("map", "self.all(x, x.y == 25.2)", 6_291_452, 12, 74), ("map", "self[0].x > 2.0", 4, 3000, 4),
            ("duration", "self[0].getHours() == 2", 4, 525, 4), ("date", "self[2].getDayOfMonth() == 13", 4, 42, 4),
            ("number", "self.all(x, x == 0.0)", 6_291_454, 6_291_456, 25_165_826),
        ] as [(String, String, UInt64, Int64, UInt64)])
    func `a rule of a list costs what its elements do`(_ kind: String, _ rule: String, _ open: UInt64, _ most: Int64, _ bound: UInt64) throws {
        #expect(try Self.worst(Self.list(kind, nil), rule) == open)
        #expect(try Self.worst(Self.list(kind, most), rule) == bound)
    }

    @Test(
        arguments: [
            ("number", each, 1_348_169, 10, 32), ("string", each, 1_179_647, 3, 11), ("boolean", each, 943_718, 100, 302),
            ("int-or-string", each, 1_348_169, 15, 47), ("object", each, 428_963, 20, 62), ("map", each, 1_179_647, 10, 32),
            ("numbers", each, 1_179_647, 25, 77), ("duration", each, 1_048_577, 5, 17), ("date", each, 524_288, 10, 32),
            ("date-time", each, 349_526, 25, 77), ("number", "self['x'] == 0.0", 2, 0, 2), ("integer", "oldSelf.size() == self.size()", 5, 10, 5),
            ("date-time", "self['a'] == self['b']", 8, 7, 8), ("duration", "self['c'] == self['d']", 8, 42, 8),
        ] as [(String, String, UInt64, Int64, UInt64)])
    func `a rule of a map costs what its values do`(_ kind: String, _ rule: String, _ open: UInt64, _ most: Int64, _ bound: UInt64) throws {
        #expect(try Self.worst(Self.map(kind, nil), rule) == open)
        #expect(try Self.worst(Self.map(kind, most), rule) == bound)
        // Whether there is a field costs one look at the map, which upstream's table leaves open.
        #expect(try Self.worst(Self.map(kind, nil), "has(self.x)") == 1)
    }

    @Test(
        arguments: [
            ("self.contains('test')", 314_574, 10, 5), ("self.startsWith('test')", 2, 15, 2), ("self.endsWith('test')", 2, 30, 2),
            ("size(self + \"hello\") > size(\"hello\")", 314_578, 4, 7), ("self.matches(\"x\")", 314_574, 50, 22),
            ("\"\".matches(\"(((((((((())))))))))[0-9]\")", 7, 10, 7), ("self.matches(\"\")", 1, 100, 1), ("self == \"x\"", 2, 0, 1),
            ("self.find('[0-9]+') == ''", 629_147, 10, 11), ("self.lowerAscii() == 'lower!'", 314_575, 10, 6),
        ] as [(String, UInt64, Int64, UInt64)])
    func `a rule of a text costs what its letters do`(_ rule: String, _ open: UInt64, _ most: Int64, _ bound: UInt64) throws {
        #expect(try Self.worst(Self.value("string"), rule) == open)
        #expect(try Self.worst(Self.value("string", most), rule) == bound)
    }

    @Test func `sizes come from where a value has its place`() throws {
        #expect(try Self.worst(Self.value("byte"), "self == b'x'") == 2)
        #expect(try Self.worst(Self.value("byte", 0), "self == b'x'") == 1)
        #expect(try Self.worst(Self.map("string", nil), "self.all(x, x.contains(self[x]))") == 2_752_507)
        #expect(try Self.worst(Self.map("string", 10, longest: 10), "self.all(x, x.contains(self[x]))") == 72)
        // Letters of a list of a value ten times the bound.
        #expect(try Self.worst(Self.list("string", nil), "self.join(' ') == 'aa bb'") == 329_853_068_905)
        #expect(try Self.worst(Self.list("string", 10, longest: 10), "self.join(' ') == 'aa bb'") == 43)
        #expect(try Self.worst(Self.list("string", nil), "self.isSorted() == true") == 329_854_432_052)
        #expect(try Self.worst(Self.list("string", 10, longest: 10), "self.isSorted() == true") == 52)
        var word: JSONValue = ["type": "string", "enum": ["A", "B", "C", "LongValue"]]
        #expect(try Self.worst(word, "self.contains('A')") == 2)
        word["maxLength"] = 1000
        #expect(try Self.worst(word, "self.contains('A')") == 401)
        let inner: JSONValue = ["type": "array", "items": ["type": "object", "additionalProperties": Self.value("object")]]
        let rule = #"self.all(x, x["y"].required == "z")"#
        #expect(try Self.worst(inner, rule) == 7_340_027)
        var short = inner
        short["maxItems"] = 10
        #expect(try Self.worst(short, rule) == 72)
    }

    @Test(arguments: [nil, 4] as [Int64?])
    func `what becomes of a text bounds what comes of it`(_ most: Int64?) throws {
        func texts(_ names: [String: Int64?]) -> JSONValue {
            var schema: JSONValue = ["type": "object", "properties": [:]]
            for (name, most) in names { schema["properties"]?[name] = Self.value("string", most) }
            return schema
        }
        let replaced = try Self.worst(
            texts(["str": most, "before": 2, "after": 4]), "self.str.replace(self.before, self.after) == 'does not matter'")
        #expect(replaced == (most == nil ? 629_154 : 12))
        let ten = most.map { _ in Int64(10) }
        let split = try Self.worst(texts(["str": ten, "separator": ten]), "self.str.split(self.separator) == []")
        #expect(split == (most == nil ? 629_160 : 22))
    }

    @Test func `loops in loops multiply, and what is beyond all numbers stays there`() throws {
        let two = "self.all(x, self.all(y, true))"
        let three = "self.all(x, self.all(y, self.all(z, true)))"
        #expect(try Self.worst(Self.list("number", 10), two) == 352)
        #expect(try Self.worst(Self.list("number", 10), three) == 3552)
        #expect(try Self.worst(Self.list("number", nil), two) > 10_000_000)
        let four = "self.all(w, \(three))"
        #expect(try Self.worst(Self.list("number", nil), four) == .max)
    }

    /// By hand, from the costs of what macros stand for: 1 for a name or a call, 10 for a new list, 30 for a new map.
    @Test(
        arguments: [
            ("self.exists(x, true)", 42), ("self.exists_one(x, true)", 23), ("size(self.map(x, x)) == 0", 1 + 10 + 1 + 10 * 13 + 2),
            ("size(self.filter(x, true)) == 0", 1 + 10 + 1 + 10 * 13 + 2), ("size(self.map(x, true, x)) == 0", 1 + 10 + 1 + 10 * 13 + 2),
            ("self.all(i, x, i < 3)", 1 + 1 + 10 * 5), ("size(self.transformMap(i, x, x)) == 0", 1 + 30 + 1 + 10 * 4 + 2),
            ("size(self.transformList(i, x, x)) == 0", 1 + 10 + 1 + 10 * 13 + 2), ("self.map(x, x * 2.0).all(y, y > 1.0)", 12 + 10 * 14 + 1 + 10 * 5),
            ("self.sortBy(x, x)[0] == 1.0", 1 + 10 + 1 + (1 + 10 + 1 + 10 * 13) + 11 + 200 + 2), ("size(self.sort()) == 0", 1 + 11 + 200 + 2),
            ("sets.contains(self, [1.0, 2.0])", 1 + 10 + 20 + 1), ("1.0 in self", 1 + 10), ("self.sum() == 1.0", 1 + 10 + 1),
            ("size(self + self) == 0", 2 + 1 + 2), ("true ? size(self) == 0 : false", 3), ("{'a': 1}['a'] == 1", 30 + 1 + 1),
            ("optional.of(1).optMap(v, v + 1).orValue(0) == 1", (1 + 1) + (10 + 1 + 1 + 2 + 1) + 1 + 1), ("self[?0].orValue(1.0) == 1.0", 4),
            ("quantity('1').isLessThan(quantity('2'))", 3), ("ip('::1') == ip('::1')", 3), ("cidr('::1/128').containsIP('::1')", 1 + 4 + 1),
            ("format.dns1123Label().validate('abcdefghijk').hasValue()", 1 + 64 + 1), ("isURL('http://x') && url('http://x').getHost() == 'x'", 1 + 1 + 1 + 1),
            ("'%d'.format([1]) == 'x'", 1 + 10 + 1),
        ] as [(String, UInt64)])
    func `each macro and function has its cost`(_ rule: String, _ cost: UInt64) throws {
        #expect(try Self.worst(Self.list("number", 10), rule) == cost)
    }

    private static let (v4, v6) = ("'192.168.0.1'", "'2001:db8:3333:4444:5555:6666:7777:8888'")

    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/library/cost_test.go`
    @Test(
        arguments: [
            ("[1, 2, 3, 4, 5].sum()", 15), ("[duration('1s'), duration('2s'), duration('3s'), duration('4s'), duration('5s')].isSorted()", 20),
            ("[1, 2, 3, 4, 5].indexOf(3)", 15), ("'01234567890123456789012345678901234567890123456789'.lastIndexOf('123')", 5),
            ("url('https:://kubernetes.io/').getQuery()", 4), ("ip(\(v4))", 2), ("ip(\(v6)).isLoopback()", 5), ("ip.isCanonical(\(v4))", 3),
            ("ip.isCanonical(\(v6))", 8), ("cidr('192.168.0.0/16').masked()", 3), ("cidr('192.168.0.0/16').ip()", 3),
            ("cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))", 11), ("cidr('192.168.0.0/16').containsCIDR('192.0.0.0/30')", 11),
            ("cidr('192.168.0.0/16').containsIP(ip('192.169.0.1'))", 8), ("cidr('2001:db8::/32').containsIP(\(v6))", 10),
            ("'ABCDEFGHIJ abcdefghij'.lowerAscii() == 'abcdefghij ABCDEFGHIJ'.lowerAscii()", 9),
            ("strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')", 11), ("'abc 123 def 123'.replace('123', '456', 1)", 3),
            ("'abc 123 def 123'.split(' ', 1)", 3), ("'abc 123 def 123'.substring(5, 8)", 2), ("'  abc 123 def 123  '.trim()", 2),
            ("'abc 123 def 123'.findAll('123')", 2), ("isQuantity('20M')", 1), ("quantity('50k').add(20).sub(quantity('100k')).sub(-50000).asInteger() > 0", 7),
            ("sets.contains([1, 2, 3, 4], [2, 3])", 29), ("sets.equivalent([1, 2, 3], [3, 2, 1])", 39), ("!sets.intersects([1], [])", 22),
        ] as [(String, UInt64)])
    func `what Kubernetes adds costs what it does there`(_ text: String, _ cost: UInt64) throws {
        #expect(try Self.worst(Self.value("boolean"), text) == cost)
    }

    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/cel/library/cost_test.go` (`TestSize`)
    @Test func `a text in which something is replaced grows and shrinks by what is known of both`() {
        func size(_ least: UInt64, _ most: UInt64? = nil) -> CELSize { CELSize(least: least, most: most ?? least) }
        #expect(CELCost.replaced(size(3), size(0), size(1)) == size(7))
        #expect(CELCost.replaced(size(3), size(1), size(0)) == size(0, 3))
        #expect(CELCost.replaced(size(4), size(2), size(4)) == size(4, 8))
        #expect(CELCost.replaced(size(4), size(0, 1), size(0, 2)) == size(0, 14))
        #expect(CELCost.replaced(size(4), size(1), size(1, 2)) == size(4, 8))
        #expect(CELCost.replaced(size(4), size(1, 2), size(1)) == size(2, 4))
    }

    @Test func `the fields that every object has count as texts`() throws {
        let schema: JSONValue = ["type": "object", "required": ["metadata"], "properties": ["metadata": ["type": "object"]]]
        #expect(try Self.worst(schema, "self.metadata.name.startsWith('x')", isRoot: true) == 4)
        #expect(try Self.worst(schema, "self.metadata.name.contains('x')", isRoot: true) == 3 + 314_573)
        #expect(try #require(CELShape(StructuralSchema(json: schema), isRoot: true)).shortest == 2 + 8 + 2 + 4)
    }
}
