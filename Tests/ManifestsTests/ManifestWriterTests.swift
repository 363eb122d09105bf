// Objects written as kubectl writes them.

import Foundation
import KubernetesAPI
import Manifests
import Testing

struct ManifestWriterTests {
    @Test func `objects are written as kubectl writes them`() {
        let value: JSONValue = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": "web", "labels": ["app": "web", "version": "1.0"], "annotations": [:]],
            "spec": [
                "containers": [
                    ["name": "c", "args": ["-a", "--", "true", ""], "ports": [["containerPort": 80]]],
                    ["name": "d", "command": [], "script": "set -e\necho ok\n"],
                ],
                "nested": [["a", "b"], ["c"]],
            ],
            "number": .double(1.5), "flag": true, "nothing": .null,
        ]
        #expect(
            ManifestWriter.yaml(value) == """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: web
                  labels:
                    app: web
                    version: "1.0"
                  annotations: {}
                spec:
                  containers:
                  - name: c
                    args:
                    - -a
                    - --
                    - "true"
                    - ""
                    ports:
                    - containerPort: 80
                  - name: d
                    command: []
                    script: |
                      set -e
                      echo ok
                  nested:
                  - - a
                    - b
                  - - c
                number: 1.5
                flag: true
                nothing: null

                """)
    }

    @Test func `documents are joined by dashes`() {
        #expect(ManifestWriter.yaml(["a", ["b": 1]]) == "a\n---\nb: 1\n")
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("a: b", "'a: b'"), ("a #b", "'a #b'"), ("a:b", "a:b"), ("#a", "'#a'"),
        ("*", "'*'"), ("{}", "'{}'"), ("- a", "'- a'"), ("-a", "-a"), ("it's", "it's"), ("'a'", "'''a'''"),
        (" a", "' a'"), ("a ", "'a '"), ("yes", "\"yes\""), ("y", "\"y\""), ("0777", "\"0777\""),
        ("1e3", "\"1e3\""),
        ("null", "\"null\""), ("~", "\"~\""), ("2026-01-01", "\"2026-01-01\""), ("12:30", "\"12:30\""),
        ("2026-01-01T00:00:00Z", "\"2026-01-01T00:00:00Z\""), ("1.2.3", "1.2.3"), ("100m", "100m"),
        ("a\tb", "\"a\\tb\""), ("bell\u{7}", "\"bell\\x07\""), ("é", "é"), ("😀", "😀"), ("a:", "'a:'"),
        ("a\nb", "|-\n  a\n  b"), ("a\n\n", "|+\n  a\n"), ("a \nb", "\"a \\nb\""),
        (" a\nb\n", "|2\n   a\n  b"),
        ("---", "'---'"), ("?", "'?'"), (":", "':'"), ("=", "="),
    ])
    func `texts are quoted only where they must be`(_ text: String, _ expected: String) {
        #expect(ManifestWriter.yaml(["k": .string(text)]) == "k: \(expected)\n")
    }

    @Test func `long texts are folded after column 80`() {
        let words = Array(repeating: "seven77", count: 14).joined(separator: " ")
        #expect(
            ManifestWriter.yaml(["key": .string(words)]) == """
                key: seven77 seven77 seven77 seven77 seven77 seven77 seven77 seven77 seven77 seven77
                  seven77 seven77 seven77 seven77

                """)
    }

    @Test func `what is written reads back the same`() throws {
        // Texts made of everything that YAML gives a meaning to, from a fixed sequence.
        let alphabet = Array("ab01 :-#'\"\\\n\t{}[],&*!|>%@`?~.yn=<é😀")
        var state: UInt64 = 42
        func next(_ n: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % n
        }
        for _ in 0..<3000 {
            let text = String(
                (0..<next(next(20) == 0 ? 200 : 12)).map { _ in alphabet[next(alphabet.count)] })
            let key = "k" + String((0..<next(5)).map { _ in alphabet[next(alphabet.count)] })
            let value: JSONValue = [
                "apiVersion": "x.io/v1", "kind": "X",
                "v": ["list": [.string(text), ["deep": .string(text)]], "k": .string(text)],
            ]
            var withKey = value
            withKey[key] = .string(text)
            let yaml = ManifestWriter.yaml(withKey)
            let set = ManifestReader.read(text: yaml)
            #expect(set.problems == [], "\(yaml)")
            #expect(set.documents.first?.json == withKey, "\(yaml)")
        }
    }
}
