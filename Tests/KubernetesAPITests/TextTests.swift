import KubernetesAPI
import Testing

/// Small things that are done to texts everywhere: quoting, trimming, the names and groups of kinds.
@Suite struct TextTests {
    @Test(arguments: [
        ("web", "\"web\""), ("", "\"\""), ("日本語 👩‍💻", "\"日本語 👩‍💻\""), ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""), ("\n\r\t", "\"\\n\\r\\t\""),
        ("\u{1}\u{1f}", "\"\\u0001\\u001f\""), ("\u{7f}\u{85}", "\"\u{7f}\u{85}\""),
    ])
    func `a text is quoted as JSON has it`(text: String, wanted: String) {
        var quoted = "x"
        JSONValue.quote(text, to: &quoted)
        #expect(quoted == "x" + wanted)
    }

    @Test(arguments: [
        ("", "", ""), ("  ", "", ""), ("web", "web", "web"), (" a b \t\n", "a b", " a b"), ("\u{a0}x\r\n", "x", "\u{a0}x"),
        ("x é\u{301} ", "x é\u{301}", "x é\u{301}"),
    ])
    func `white space is cut off at both ends, or at the end alone`(text: String, both: String, end: String) {
        #expect(text.trimmed == both && text[...].trimmed == both)
        #expect(text.trimmedAtEnd == end)
    }

    @Test func `a kind is found by each of its names, and no other`() throws {
        for kind in KindInfo.all + KindInfo.keptKinds {
            for name in [kind.plural, kind.kind, kind.kind.uppercased(), kind.qualifiedPlural, "\(kind.apiVersion)/\(kind.plural)"] + kind.shortNames {
                let found = try #require(KindInfo.find(name), "\(name)")
                // Of two with one name the first is meant.
                #expect(found == kind || (KindInfo.all + KindInfo.keptKinds).firstIndex(of: found)! < (KindInfo.all + KindInfo.keptKinds).firstIndex(of: kind)!)
            }
        }
        #expect(KindInfo.find("") == nil && KindInfo.find("podss") == nil && KindInfo.find("things") == nil)
        let thing = KindInfo.custom(apiVersion: "example.com/v1", kind: "Thing")
        #expect(KindInfo.find("things", among: [thing]) == thing && KindInfo.find("Things.example.com", among: [thing]) == thing)
        #expect(KindInfo.find("pods", among: [thing])?.type == .pod)
    }

    @Test(arguments: [("v1", ""), ("apps/v1", "apps"), ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"), ("", ""), ("/v1", "")])
    func `the group stands before the slash of an apiVersion`(apiVersion: String, group: String) {
        #expect(KindInfo.group(of: apiVersion) == group)
        var owner = OwnerReference()
        owner.apiVersion = apiVersion
        #expect(owner.group == group)
    }
}
