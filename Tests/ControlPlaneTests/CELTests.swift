// Expressions in the rules of custom resources.

import KubernetesAPI
import SimulationKit
import Testing

@testable import ControlPlane

@Suite struct CELTests {
    private static let object: JSONValue = [
        "n": 3, "text": "hello", "list": ["b", "a"], "map": ["x": 1, "y": 2], "on": true, "real": .double(1.5), "a-b": 1, "nothing": .null,
        "items": [["name": "one", "size": 1], ["name": "two", "size": 2]], "when": "2026-01-02T03:04:05Z", "wait": "90s",
    ]
    private static let schema: JSONValue = [
        "properties": ["when": ["type": "string", "format": "date-time"], "wait": ["type": "string", "format": "duration"], "real": ["type": "number"]]
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
        ("self.absent", "no such key: absent"), ("self.list[2]", "index out of bounds: 2"), ("self.n / 0 == 1", "division by zero"),
        ("self.n + 'x'", "no such overload"), ("9223372036854775807 + 1", "integer overflow"), ("self.n == ", "Syntax error: mismatched input"),
        ("self.n 3", "Syntax error: extraneous input"), ("'x", "Syntax error: string without end"),
        (String(repeating: "(", count: 500), "expression recursion limit exceeded"),
        (
            "[1,2,3,4,5,6,7,8,9,10].map(a, [1,2,3,4,5,6,7,8,9,10].map(b, [1,2,3,4,5,6,7,8,9,10].map(c, [1,2,3,4,5,6,7,8,9,10].map(d, [1,2,3,4,5,6,7,8,9,10].map(e, 1)))))",
            "operation cancelled: actual cost limit exceeded"
        ),
    ])
    func `an expression has no value`(_ text: String, _ problem: String) {
        #expect { try value(text) } throws: { ($0 as? CELProblem)?.text == problem }
    }
}
