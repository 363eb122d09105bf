import ArgumentParser
import ControlPlane
import Foundation
import KubernetesAPI
import Manifests
import Simulation
import SimulationKit

/// `evenkeel validate FILE…`: what the API server would answer to each document.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Say whether the API server would accept each document.",
        discussion: """
            Defaulting, validation and admission as in a real cluster of that version, in
            the server's own words; nothing is simulated, no cluster is asked. Documents
            are taken in the order of the files, each on top of those before it: an object
            that is there twice already exists, one that comes before its Namespace finds
            none. Unknown fields are refused, as kubectl does.

            What files may leave to the cluster is taken as there, and named on standard
            error: namespaces, and the PriorityClasses, RuntimeClasses and ServiceAccounts
            of pods. With --only-files it is missed.

            Kinds that Evenkeel does not act on (custom resources, RBAC, Ingress ...) are
            accepted if their metadata is right.

              evenkeel validate k8s/
              helm template . | evenkeel validate --kubernetes-version 1.33 -
              evenkeel validate -o json k8s/ | jq '.items[].status | select(.code >= 400)'

            -o json writes one ValidationReport; each of its items has file, line, the
            object's kind, namespace and name, the server's answer as a v1 Status, and the
            lines of the fields that the answer is about.

            Exit status: 0 all are accepted, 1 at least one is refused, 2 bad usage,
            3 a file cannot be read.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable { case json, text }

    @Argument(
        help: ArgumentHelp("Manifests: files, folders, or - for standard input.", valueName: "file"), completion: .file(extensions: ["yaml", "yml", "json"]))
    var files: [String] = []
    @Option(help: ArgumentHelp("Version whose rules apply, \(KubernetesVersion.rangeText) (default \(KubernetesVersion.default)).", valueName: "version"))
    var kubernetesVersion: String?
    @Option(help: ArgumentHelp("Feature gates that differ from the version's defaults.", valueName: "A=true,B=false")) var featureGates: String?
    @Flag(help: "Assume no object that the files do not bring.") var onlyFiles = false
    @Flag(name: .shortAndLong, help: "Print nothing about what is accepted.") var quiet = false
    @Option(name: .shortAndLong, help: ArgumentHelp("text: a line for each document (default); json: a ValidationReport.", valueName: "json|text")) var output =
        Output.text

    func run() throws {
        if files.isEmpty { throw Failure.usage("validate needs files; - is standard input") }
        let profile: KubernetesProfile
        do throws(ProfileError) {
            profile = try KubernetesProfile(
                version: try kubernetesVersion.map { text throws(ProfileError) in try KubernetesVersion(text) } ?? .default,
                overrides: try KubernetesProfile.parseOverrides(featureGates ?? ""))
        } catch {
            throw Failure.usage(error.description)
        }
        let manifests = ManifestReader.read(paths: files, whole: true) { StandardInput.read() }
        // Configurations are no objects of the cluster: wrong ones are files that make no sense.
        var configuration = manifests
        configuration.documents = []
        let problems = Input(configuration).problems
        let review = ManifestReview(manifests.documents, profile: profile, onlyFiles: onlyFiles)
        switch output {
        case .json: Out.line(report(review).text(indent: 2))
        case .text: for answer in review.answers { write(answer) }
        }
        Out.flush()
        if !review.assumed.isEmpty { note("Assumed to exist: \(review.assumed.joined(separator: ", ")).") }
        let refused = review.refused.count
        if problems.isEmpty { note(Self.summary(review.answers.count, refused)) }
        guard problems.isEmpty else { throw Failure(status: 3, message: problems.map { "\($0)\n" }.joined()) }
        if refused > 0 { throw Failure(status: 1, message: "") }
    }

    private static func summary(_ count: Int, _ refused: Int) -> String {
        let documents = "\(counted(count, "document"))"
        return refused == 0 ? "\(documents), all accepted." : "\(documents), \(refused) refused."
    }

    /// A line for the document, and one for each field that is wrong.
    private func write(_ answer: ManifestReview.Answer) {
        let place =
            "\(answer.document.source):\(answer.document.line): \(answer.title)"
            + (answer.namespace.isEmpty || answer.namespace == "default" ? "" : " in \(answer.namespace)")
        guard let error = answer.error else {
            if !quiet { Out.line("\(place) accepted\(answer.isKindKnown ? "" : " (only its metadata was looked at)")") }
            return
        }
        Out.line("\(place) refused: \(error.code) \(error.reason)")
        // The message of an invalid object is the list of its faults, without their lines.
        if error.code != 422 || answer.faults.count < error.causes.count {
            Out.line("  \(error.message.replacing("\n", with: "\n  "))")
        }
        for fault in answer.faults { Out.line("  \(fault)") }
    }

    private func report(_ review: ManifestReview) -> JSONValue {
        let items = review.answers.filter { !quiet || $0.error != nil }.map { answer -> JSONValue in
            var item: JSONObject = ["file": .string(answer.document.source), "line": .int(Int64(answer.document.line))]
            item["apiVersion"] = .string(answer.document.apiVersion)
            item["kind"] = .string(answer.document.kind)
            if !answer.namespace.isEmpty { item["namespace"] = .string(answer.namespace) }
            item["name"] = .string(answer.name)
            item["status"] = answer.status
            if !answer.faults.isEmpty {
                item["fields"] = .array(
                    answer.faults.map {
                        ["field": .string($0.path), "line": .int(Int64($0.line ?? answer.document.line)), "message": .string($0.message)]
                    })
            }
            return .object(item)
        }
        let refused = review.refused.count
        return [
            "apiVersion": "evenkeel.dev/v1", "kind": "ValidationReport", "accepted": .int(Int64(review.answers.count - refused)),
            "refused": .int(Int64(refused)), "items": .array(items),
        ]
    }

    private func note(_ line: String) { Out.error(line + "\n") }
}
