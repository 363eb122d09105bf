import ArgumentParser
import Dashboard
import Foundation
import KubernetesAPI
import Manifests
import Printers

/// `evenkeel explain pod.spec…`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say what a field of an object means.",
        discussion: """
            Kinds by any name that kubectl takes (po, deploy, hpa), then fields with dots
            between them; lists need no index. For all kinds that the simulation acts on, for
            Scenario, NodePool, KubeletConfiguration and KubeSchedulerConfiguration, and for
            the annotations evenkeel.dev/..., in words of our own; for custom resources in
            those of their CustomResourceDefinition, if a file has it.

              evenkeel explain deploy
              evenkeel explain pod.spec.topologySpreadConstraints.maxSkew
              evenkeel explain sts.spec --recursive
              evenkeel explain scenario.spec.steps.scale
              evenkeel explain evenkeel.dev/run-time
              evenkeel explain widget.spec crds.yaml

            In the dashboard: :explain pod.spec
            """)

    @Argument(
        help: ArgumentHelp("A kind, or a kind and a path of fields.", valueName: "kind.field"),
        completion: .custom { _, _, typed in Explain.completions(of: typed, in: .complete(definitions: [])) }) var path: String
    @Argument(
        help: ArgumentHelp("Files with CustomResourceDefinitions, or - for standard input.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []
    @Flag(help: "List the fields of fields too.") var recursive = false

    func run() throws {
        let manifests = ManifestReader.read(paths: files, whole: true) { StandardInput.read() }
        let (objects, _) = manifests.decodeAll()
        if !manifests.problems.isEmpty { throw Failure.input(manifests.problems, others: 0) }
        do {
            Out.line(try Explain.text(path: path, recursive: recursive, in: .complete(definitions: objects.compactMap { $0 as? CustomObject })))
        } catch {
            throw Failure.usage("\(error)")
        }
    }
}
