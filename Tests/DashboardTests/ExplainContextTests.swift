import KubernetesAPI
import Printers
import Testing

@testable import Dashboard

/// Explanations of the product's own documents.
@Suite struct ExplainContextTests {
    private static let context = Explain.Context.complete(definitions: [])

    @Test(arguments: ["scenario", "nodepool", "kubeletconfiguration", "kubeschedulerconfiguration"])
    func `each field of the documents that are no objects has a page that says something`(_ kind: String) throws {
        var paths = [kind]
        var seen: Set<String> = []
        while let path = paths.popLast() {
            let page = try Explain.page(path: path, in: Self.context)
            #expect(!page.summary.isEmpty, "\(path)")
            for field in page.fields {
                #expect(!field.summary.isEmpty, "\(path).\(field.name)")
                if field.hasFields, seen.insert(field.type).inserted { paths.append("\(path).\(field.name)") }
            }
        }
        #expect(seen.count > 1 || kind == "nodepool")
    }

    @Test func `steps and expectations of a Scenario are explained`() throws {
        let text = try Explain.text(path: "scenario.spec.steps.scale", in: Self.context)
        #expect(text.hasPrefix("GROUP:      evenkeel.dev\nKIND:       Scenario\nVERSION:    v1\n\nFIELD: scale <"))
        #expect(text.contains("  replicas\t<integer>"))
        #expect(try Explain.text(path: "Scenario.spec.expect.spread", in: Self.context).contains("  skewAtMost\t<integer>"))
        #expect(try Explain.text(path: "kubeletconfiguration.maxParallelImagePulls", in: Self.context).contains("FIELD: maxParallelImagePulls <integer>"))
    }
}
