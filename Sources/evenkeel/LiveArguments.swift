// The flags that name a real cluster in place of files, and how it is reached.

import ArgumentParser
import Foundation
import KubernetesAPI
import Network
import Simulation
import SimulationKit

/// A cluster of the user's kubeconfig, in place of files.
struct LiveArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Look at a real cluster, read-only: a context of the kubeconfig, or its present one without a name.", valueName: "name"))
    var context: String?
    @Option(help: ArgumentHelp("The kubeconfig, as for kubectl.", valueName: "file"), completion: .file()) var kubeconfig: String?
    @Option(help: ArgumentHelp("The kubectl by which clusters are reached (default: that of the PATH).", valueName: "file"), completion: .file())
    var kubectl: String?

    /// Whether a real cluster is meant.
    var isAsked: Bool { context != nil || kubeconfig != nil }

    /// `--context` may stand without a name: then an empty one is put behind it.
    static func completed(_ words: [String]) -> [String] {
        var result: [String] = []
        for (index, word) in words.enumerated() {
            if word == "--" { return result + words[index...] }
            if word == "--context=" {
                result += ["--context", ""]
                continue
            }
            result.append(word)
            if word == "--context", index + 1 == words.count || words[index + 1].hasPrefix("-") { result.append("") }
        }
        return result
    }
}

#if Network
    /// A real cluster that is open.
    struct LiveConnection {
        /// The context's name.
        let name: String
        /// Names the cluster on command lines.
        let command: String
        let cluster: LiveCluster
        private let proxy: KubectlProxy
        /// A mirror of which nothing is known yet.
        @Shared private(set) var session: Session

        /// Asks kubectl for the cluster's version, in the foreground, so that plugins may ask for what they need; then starts its proxy.
        ///
        /// - Parameters:
        ///   - namespace: what is looked at where the whole cluster may not be; nil: the context's.
        ///   - overrides: version, gates and seed of the command line.
        init(_ arguments: LiveArguments, namespace: String?, _ overrides: InputOverrides) throws {
            let context = arguments.context.flatMap { $0.isEmpty ? nil : $0 }
            let kubectl = Kubectl(program: arguments.kubectl ?? "kubectl", context: context, kubeconfig: arguments.kubeconfig)
            let version = try Self.ask(kubectl, ["get", "--raw", "/version"])
            let config = try Self.ask(kubectl, ["config", "view", "--minify", "-o", "json"])
            let present = config["contexts"]?.array?.first
            name = context ?? config["current-context"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? present?["name"]?.string ?? "in-cluster"
            command = ([kubectl.program] + kubectl.flags).map(KubectlText.quoted).joined(separator: " ")
            let clock = LiveClock()
            var options = SimulationOptions()
            options.seed = overrides.seed ?? 0
            options.origin = clock.now
            let told = version["gitVersion"]?.string ?? ""
            do throws(ProfileError) {
                options.profile = try KubernetesProfile(
                    version: overrides.version ?? KubernetesVersion.nearest(to: told) ?? .default, overrides: overrides.featureGates)
            } catch {
                throw Failure.usage(error.description)
            }
            session = Session(.mirroring(options))
            let feed = LiveFeed(
                namespace: namespace ?? present?["context"]?["namespace"]?.string ?? "default", seed: UInt64.random(in: 0...UInt64.max))
            let folder = try RuntimeFolder().path
            let started: KubectlProxy
            do throws(Kubectl.Problem) {
                started = try KubectlProxy(kubectl, in: folder)
            } catch {
                throw Self.failure("Error: \(error)")
            }
            proxy = started
            cluster = LiveCluster(socket: started.socket, feed: feed, clock: clock) { started.revive() }
        }

        private static func failure(_ line: String) -> Failure { Failure(status: 3, message: line + "\n") }

        private static func ask(_ kubectl: Kubectl, _ words: [String]) throws -> JSONValue {
            let words = words + (words.first == "get" ? ["--request-timeout=30s"] : [])
            let (status, output): (Int32, [UInt8])
            do throws(Kubectl.Problem) {
                (status, output) = try kubectl.ask(words)
            } catch {
                throw failure(
                    "Error: \(error). Clusters are reached by way of your own kubectl, so that every kind of kubeconfig works; --kubectl names one that is not on the PATH."
                )
            }
            if status != 0 {
                throw failure("Error: \(kubectl.program) \(words.joined(separator: " ")) ended with status \(status): the cluster cannot be opened")
            }
            guard let json = try? JSONParser.read(output).value else {
                throw failure("Error: \(kubectl.program) \(words.joined(separator: " ")): the answer is no JSON")
            }
            return json
        }

        /// What has come since the last call, and the moment.
        func turn() -> (LiveUpdate, Instant) { (cluster.take(), cluster.clock.now) }

        /// Waits until all kinds were listed once; what is missing goes to standard error.
        func whole() throws -> Session {
            var session = session
            let start = cluster.clock.now
            while true {
                let (update, now) = turn()
                session.follow(update.changes, at: now)
                if let lost = update.status.lost, now - start > .seconds(10) { throw Self.failure("Error: \(name): \(lost.why)") }
                if update.status.heard != nil, update.status.waiting == 0, update.changes.isEmpty {
                    // Kinds that still fail are not waited for.
                    for line in update.status.missing { Out.error("Missing: \(line)\n") }
                    if let failing = update.status.failing { Out.error("Missing: \(failing.name): \(failing.why)\n") }
                    return session
                }
                if now - start > .minutes(5) { throw Self.failure("Error: \(name): not all was listed within five minutes") }
                usleep(5000)
            }
        }

        func close() {
            cluster.close()
            proxy.end()
        }
    }
#endif

extension ClusterArguments {
    /// The flags that say nothing about a real cluster must not be there.
    func check(for live: LiveArguments) throws {
        guard files.isEmpty, scenario == nil else { throw Failure.usage("--context opens a real cluster; give it or files") }
        if nodes != nil || zones != nil || like != nil || nodeCpu != nil || nodeMemory != nil || nodePods != nil || !nodeResource.isEmpty || !nodePool.isEmpty
            || pods != nil
        {
            throw Failure.usage("a real cluster has its own nodes; leave out --nodes, --zones, --like and --node-...")
        }
    }

    /// What is known of a real cluster once all was listed.
    func state(of live: LiveArguments, namespace: String? = nil) throws -> Input {
        try check(for: live)
        #if Network
            let overrides = try overrides()
            let connection = try LiveConnection(live, namespace: namespace, overrides)
            defer { connection.close() }
            let input = Input(of: try connection.whole().simulation, overrides: overrides)
            if !input.problems.isEmpty { throw Failure.input(input.problems, others: 0) }
            for line in input.state.summary { Out.error(line + "\n") }
            return input
        #else
            throw Failure.usage("this program was built without sockets (the package trait Network); it opens files alone")
        #endif
    }
}
