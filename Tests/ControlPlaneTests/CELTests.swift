// Expressions in the rules of custom resources.

import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

@Suite struct CELTests {
    private static let object: JSONValue = [
        "n": 3, "text": "hello", "list": ["b", "a"], "map": ["x": 1, "y": 2], "on": true, "real": .double(1.5), "a-b": 1, "typedNull": .null, "nothing": .null,
        "items": [["name": "one", "size": 1], ["name": "two", "size": 2]], "when": "2026-01-02T03:04:05Z", "wait": "90s",
    ]
    private static let schema: JSONValue = [
        "properties": [
            "when": ["type": "string", "format": "date-time"], "wait": ["type": "string", "format": "duration"], "real": ["type": "number"],
            "typedNull": ["type": "string", "nullable": true],
        ]
    ]

    private func value(_ text: String) throws -> CELValue {
        var evaluation = CELEvaluation(variables: ["self": CELValue(Self.object, Self.schema)])
        return try evaluation.value(try CELExpression(text))
    }

    @Test(arguments: [
        "self.n == 3", "self.n >= 1 && self.n < 4", "self.n != 4 || self.absent == 1", "self.absent == 1 || self.n == 3", "!(self.n in [1, 2])",
        "has(self.text) && !has(self.absent)", "size(self.text) == 5", "self.list.size() == 2", "self.text.matches('^h.*o$')",
        "self.text.startsWith('he') && self.text.endsWith(\"lo\") && self.text.contains('ell')", "self.list.all(x, x in ['a', 'b'])",
        "self.items.exists(i, i.name == 'two' && i.size == 2)", "self.items.exists_one(i, i.size > 1)", "self.items.map(i, i.size).sum() == 3",
        "self.items.filter(i, i.size > 1)[0].name == 'two'", "self.map.all(k, self.map[k] > 0)", "'x' in self.map", "self.map['y'] == 2",
        "self.on ? self.n > 2 : false", "self.n * 2 + 1 == 7 && self.n % 2 == 1 && 7 / 2 == 3 && -self.n == 0 - 3", "self.real > 1 && self.real < 2.0",
        "!self.list.isSorted() && ['a', 'b'].isSorted()", "self.a__dash__b == 1", "self.when > timestamp('2025-01-01T00:00:00Z')",
        "self.wait == duration('1m30s')", "self.nothing == null", "string(self.n) + 'x' == '3x' && int('4') == 4", "self.text.upperAscii() == 'HELLO'",
        "'a,b'.split(',') == ['a', 'b'] && ['a', 'b'].join('-') == 'a-b'", "'abc'.substring(1) == 'bc' && 'abc'.indexOf('c') == 2",
        "{'a': 1}['a'] == 1 // the end", "r'\\d' == '\\\\d'", "self.items.map(i, i.size > 1, i.name) == ['two']",
    ])
    func `an expression is true`(_ text: String) throws {
        guard case .bool(let result) = try value(text) else {
            Issue.record("\(text) is no bool")
            return
        }
        #expect(result, "\(text)")
    }

    @Test(arguments: [
        // Optional values.
        "self.?absent.orValue(1) == 1", "self.?n.orValue(1) == 3", "self.?absent.?deep.hasValue() == false", "self[?'n'].value() == 3",
        "self.list[?5].orValue('x') == 'x'", "[?optional.of(1), ?optional.none()] == [1]", "{?'a': optional.none()} == {}",
        "optional.ofNonZeroValue('').hasValue() == false", "self.?n.optMap(v, v + 1) == optional.of(4)",
        "self.?n.optFlatMap(v, optional.none()) == optional.none()",
        "optional.none().or(optional.of(2)).value() == 2", "has(self.?map.x) && !has(self.?map.z)", "[optional.of(1), optional.none()].unwrapOpt() == [1]",
        // Two names.
        "self.list.all(i, v, i < 2 && v != '')", "self.map.exists(k, v, k == 'y' && v == 2)", "self.map.existsOne(k, v, v > 1)",
        "self.list.transformList(i, v, v + string(i)) == ['b0', 'a1']", "self.list.transformList(i, v, i > 0, v) == ['a']",
        "self.map.transformMap(k, v, v * 2)['y'] == 4", "self.map.transformMap(k, v, k == 'x', v) == {'x': 1}",
        "self.map.transformMapEntry(k, v, {string(v): k}) == {'1': 'x', '2': 'y'}",
        // Texts.
        "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''", "'a-b-c'.replace('-', '+', 1) == 'a+b-c' && 'ab'.replace('', '_') == '_a_b_'",
        "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b']", "'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('l', 3) == 3",
        "' x\\t'.trim() == 'x' && 'ÄB'.lowerAscii() == 'Äb'", "'hello'.substring(1, 3) == 'el'", "strings.quote('a\\n') == '\"a\\\\n\"'",
        "'%s is %d of %.2f, %x %X %b %o %e'.format(['x', 3, 2.345, 255, 'Hi', 5, 8, 1200.0]) == 'x is 3 of 2.35, ff 4869 101 10 1.200000e+03'",
        "'%s %s %%'.format([[1, 2], {'k': true}]) == '[1, 2] {k: true} %'", "'abc 123 de 45'.find('[0-9]+') == '123'",
        "'abc 123 de 45'.findAll('[0-9]+') == ['123', '45'] && 'aab'.findAll('a|ab', 1) == ['a'] && 'x'.find('y') == ''", "'aaab'.findAll('a*') == ['aaa', '']",
        // Lists and sets.
        "[1, 2, 1].distinct() == [1, 2] && [[1], [2, 3]].flatten() == [1, 2, 3] && [3, 1, 2].sort() == [1, 2, 3]", "[1, 2, 3].reverse() == [3, 2, 1]",
        "[1, 2, 3].slice(1, 3) == [2, 3] && lists.range(3) == [0, 1, 2]", "self.items.sortBy(i, -i.size)[0].name == 'two'", "[1].first().value() == 1",
        "[1, 2, 2].lastIndexOf(2) == 2 && [1, 2].indexOf(3) == -1 && [3, 1].min() == 1 && [3.5, 1.0].max() == 3.5",
        "sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && !sets.intersects([1], [2])",
        // Numbers of all types, bytes and types.
        "1u + 2u == 3u && 1 < 2u && 2.5 > 2 && 0x1F == 31 && 1e3 == 1000.0", "b'ab' == bytes('ab') && size(b'\\x00a') == 2 && string(b'ab') == 'ab'",
        "type(1) == int && type('') != int && type([]) == list && type(type(1)) == type", "!has(self.typedNull) && self.?typedNull == optional.none()",
        "type(1) == type(2) && int(2.9) == 2 && int(timestamp('1970-01-01T00:01:00Z')) == 60", "bool('true') && double('1.5') == 1.5 && uint(3) == 3u",
        // Amounts.
        "quantity('1.5Gi').isGreaterThan(quantity('1Gi')) && quantity('1k').asInteger() == 1000 && !quantity('50m').isInteger()",
        "quantity('1Gi').add(quantity('1Gi')).compareTo(quantity('2Gi')) == 0 && quantity('5').sub(6).sign() == -1 && isQuantity('1Mi') && !isQuantity('1Q')",
        "quantity('50m').asApproximateFloat() == 0.05",
        // Addresses.
        "ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && ip('8.8.8.8').isGlobalUnicast() && ip('fe80::1').isLinkLocalUnicast()",
        "isIP('1.2.3.4') && !isIP('01.2.3.4') && !isIP('::ffff:1.2.3.4') && ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1')) && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('::/0').prefixLength() == 0 && cidr('10.1.2.3/8').ip() == ip('10.1.2.3')",
        "string(ip('2001:0:0:1:0:0:0:1')) == '2001:0:0:1::1' && string(cidr('10.0.0.0/8')) == '10.0.0.0/8' && !isCIDR('10.0.0.0/33')",
        // URLs.
        "url('https://u:p@example.com:80/a%20b/?k=v&k=w#x').getHost() == 'example.com:80' && url('https://example.com:80/').getPort() == '80'",
        "url('https://[::1]:80/').getHostname() == '::1' && url('/a/b').getEscapedPath() == '/a/b' && url('https://x/?a=b+c&a=d').getQuery() == {'a': ['b c', 'd']}",
        "isURL('https://x') && !isURL('x y') && url('HTTP://x').getScheme() == 'http'",
        // Versions and formats.
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1 && semver('v1.2', true).minor() == 2",
        "isSemver('1.2.3+b.1') && !isSemver('1.2') && !isSemver('01.2.3')", "!format.dns1123Label().validate('a-b').hasValue()",
        "format.named('uuid').value().validate('x').value()[0] == 'does not match the UUID format'",
        // Time.
        "self.when.getFullYear() == 2026 && self.when.getMonth() == 0 && self.when.getDate() == 2 && self.when.getDayOfMonth() == 1",
        "self.when.getDayOfWeek() == 5 && self.when.getDayOfYear() == 1 && self.when.getHours('+02:00') == 5 && self.when.getHours('Asia/Tokyo') == 12",
        "self.when.getMinutes() == 4 && self.when.getSeconds() == 5 && timestamp('2026-01-01T00:00:00.25Z').getMilliseconds() == 250",
        "self.wait.getMinutes() == 1 && self.wait.getSeconds() == 90 && self.when - duration('1h') < self.when && duration('90s').getHours() == 0",
    ])
    func `the library is there`(_ text: String) throws {
        guard case .bool(true) = try value(text) else {
            Issue.record("\(text) is not true")
            return
        }
    }

    @Test(arguments: [
        ("self.absent", "no such key: absent"), ("self.list[2]", "index out of bounds: 2"), ("self.n / 0 == 1", "division by zero"),
        ("self.n + 'x'", "no such overload"), ("9223372036854775807 + 1", "integer overflow"), ("1u - 2u", "unsigned integer overflow"),
        (String(repeating: "(", count: 500), "expression recursion limit exceeded: 100"), ("optional.none().value()", "optional.none() dereference"),
        ("ip('x')", "IP Address \"x\" parse error during conversion from string"), ("'abc'.substring(4)", "index out of range: 4"),
        ("duration('x')", "type conversion error from 'string' to 'duration'"), ("[].min()", "min called on empty list"),
        (
            "[1,2,3,4,5,6,7,8,9,10].map(a, [1,2,3,4,5,6,7,8,9,10].map(b, [1,2,3,4,5,6,7,8,9,10].map(c, [1,2,3,4,5,6,7,8,9,10].map(d, [1,2,3,4,5,6,7,8,9,10].map(e, 1)))))",
            "operation cancelled: actual cost limit exceeded"
        ),
    ])
    func `an expression has no value`(_ text: String, _ problem: String) {
        #expect { try value(text) } throws: { ($0 as? CELProblem)?.text == problem }
    }

    @Test func `many conditions are no deep expression, and what is deep is refused`() throws {
        func chain(_ part: String, _ sign: String, _ count: Int) -> String { Array(repeating: part, count: count).joined(separator: sign) }
        for (part, sign, count) in [("true", "&&", 10_000), ("false || true", " || ", 5_000)] {
            let checked = try CELChecker.checked(chain(part, sign, count), [:])
            #expect(checked.type == .bool && checked.expression.depth < 20 && !checked.expression.names("self"))
            var evaluation = CELEvaluation(variables: [:])
            guard case .bool(true) = try evaluation.value(checked.expression) else {
                Issue.record("\(part) is not true")
                return
            }
        }
        for text in [chain("1", "+", 10_000), "self" + String(repeating: ".a", count: 10_000), "self" + String(repeating: "[0]", count: 10_000)] {
            #expect { try CELExpression(text) } throws: { ($0 as? CELProblem)?.text == "expression recursion limit exceeded: 250" }
        }
        #expect(try CELExpression(chain("1", "+", 250)).depth == 250)
    }

    /// As cel-go's parser has it, whatever the text is.
    @Test func `an expression has no more than 100,000 code points`() throws {
        func text(_ letters: Int) -> String { "'" + String(repeating: "é", count: letters) + "'" }
        #expect(try CELChecker.checked(text(99_998), [:]).type == .string)
        #expect { try CELChecker.checked(text(99_999), [:]) } throws: {
            ($0 as? CELProblem)?.text == "ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100001, limit 100000"
        }
    }

    private static let typed: JSONValue = [
        "type": "object",
        "properties": [
            "n": ["type": "integer"], "text": ["type": "string"], "list": ["type": "array", "items": ["type": "string"]], "namespace": ["type": "string"],
            "map": ["type": "object", "additionalProperties": ["type": "integer"]], "any": ["x-kubernetes-int-or-string": true],
            "when": ["type": "string", "format": "date-time"], "a-b": ["type": "integer"],
            "inner": ["type": "object", "properties": ["on": ["type": "boolean"]]],
        ],
    ]
    private func type(_ text: String) throws(CELProblem) -> CELType {
        guard let type = CELType(StructuralSchema(json: Self.typed), "selfType", isRoot: true) else { throw CELProblem(text: "no type") }
        return try CELChecker.checked(text, ["self": type, "oldSelf": .optional(type)]).type
    }

    @Test(arguments: [
        ("self.n == 3", "bool"), ("self.text + 'x'", "string"), ("self.list.map(x, size(x))", "list(int)"), ("self.map.filter(k, true)", "list(string)"),
        ("self.any", "dyn"), ("self.any == 'x' || self.any > 3", "bool"), ("self.?inner.?on", "optional_type(bool)"), ("self.a__dash__b", "int"),
        ("self.__namespace__", "string"), ("self.metadata.name", "string"), ("self.when - timestamp('2026-01-01T00:00:00Z')", "duration"),
        ("self.list.transformMap(i, v, v)", "map(int, string)"), ("oldSelf.n.orValue(1)", "int"), ("oldSelf.optMap(o, o.n).orValue(0)", "int"),
        ("{'a': [1.5]}", "map(string, list(double))"), ("quantity(self.text)", "kubernetes.Quantity"), ("[] + [1]", "list(dyn)"),
        ("self.list.all(i, v, i < 3 && v in self.list)", "bool"), ("self == self", "bool"), ("type(self.n) == int", "bool"),
        ("sets.contains(self.list, ['a'])", "bool"),
    ])
    func `an expression has a type`(_ text: String, _ expected: String) throws {
        #expect(try type(text).text == expected)
    }

    @Test(arguments: [
        ("self.absent == 1", 5, "undefined field 'absent'"), ("has(self.absent)", 4, "undefined field 'absent'"),
        ("self.n == 'x'", 8, "found no matching overload for '_==_' applied to '(int, string)'"),
        ("has(self)", 4, "invalid argument to has() macro"), ("other.x", 1, "undeclared reference to 'other' (in container '')"),
        ("self.text.shout()", 16, "undeclared reference to 'shout' (in container '')"),
        ("self.text.startsWith(1)", 21, "found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("self.n.all(x, true)", 5, "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("self.n.x", 7, "type 'int' does not support field selection"), ("[1, 'a']", 5, "expected type 'int' but found 'string'"),
        ("self.text.matches(')')", 19, "invalid matches argument"),
        ("self.list.all(x, x)", 14, "found no matching overload for '_&&_' applied to '(bool, string)'"),
        ("self.namespace", 5, "undefined field 'namespace'"), ("self.metadata.labels", 14, "undefined field 'labels'"),
        ("self.n 3", 8, "Syntax error: extraneous input '3' expecting <EOF>"),
        ("self.n @ 3", 8, "Syntax error: token recognition error at: '@'"),
        ("self.n ? 1 : 'x'", 8, "found no matching overload for '_?_:_' applied to '(int, int, string)'"),
    ])
    func `an expression that does not compile is refused with its place`(_ text: String, _ column: Int, _ problem: String) {
        let shown = "ERROR: <input>:1:\(column): \(problem)\n | \(text)\n | \(String(repeating: ".", count: column - 1))^"
        #expect { try type(text) } throws: {
            let found = ($0 as? CELProblem)?.text
            if found != shown { Issue.record("\(found ?? "")") }
            return found == shown
        }
    }

    @Test func `all that is wrong is told, and where a rule has several lines, the line`() {
        let text = "self.x == 1 &&\n  self.y == 2"
        #expect { try type(text) } throws: {
            ($0 as? CELProblem)?.text == "ERROR: <input>:1:5: undefined field 'x'\n | self.x == 1 &&\n | ....^\n"
                + "ERROR: <input>:2:7: undefined field 'y'\n |   self.y == 2\n | ......^"
        }
        #expect { try type("self.n == ") } throws: {
            ($0 as? CELProblem)?.text.hasPrefix("ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', ") == true
        }
    }
}
