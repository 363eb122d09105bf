import ControlPlane
import Kubelets
import KubernetesAPI
import Manifests
import Scheduling
import SimulationKit

/// What the command line adds to, or says against, the files.
public struct InputOverrides: Sendable {
    public var nodes: Int?
    public var zones: Int?
    /// What the nodes have that are put under the files.
    public var node = NodeShape()
    /// Files of node pools.
    public var pools: ManifestSet?
    public var seed: UInt64?
    public var version: KubernetesVersion?
    public var featureGates: [(String, Bool)] = []
    /// When virtual time is to begin; a state of the files begins at its own.
    public var origin: Instant?
    public init() {}
}

/// Files read and understood: objects, a scenario, component configurations; ready to be simulated.
public struct Input: Sendable {
    @Shared public var options = SimulationOptions()
    /// The objects in the order of the files.
    public private(set) var objects: [any StoredObject] = []
    public private(set) var scenario: Scenario?
    /// What the files tell of a cluster as it is; empty if they only say what is wanted.
    public private(set) var state = OpenedState()
    /// Where each object of the state is written; none for those that were guessed, which come last.
    private var statePlaces: [ManifestProblem] = []
    /// The document of each object, for messages with file and line.
    private var sources: [ManifestDocument] = []
    private var steps: [Script.Step] = []
    /// The scenario's expectations in words, with file and line.
    private var expectationTitles: [String] = []
    /// The nodes that are put under the files; nil if they bring their own.
    public private(set) var shape: ClusterShape?
    /// The StorageClasses that are put under the files; empty if they bring their own.
    public private(set) var storageClasses: [StorageClass] = []
    /// Whether something in the files asks for a volume.
    public private(set) var hasClaims = false
    /// Kinds that are kept but not acted on, with their number, in the order of first appearance.
    public private(set) var keptKinds: [(kind: KindInfo, count: Int)] = []
    /// Everything that is wrong; if there is anything, the input must not be used.
    public private(set) var problems: [ManifestProblem] = []

    /// The "file" of problems with gates of the command line.
    public static let featureGatesFlag = "--feature-gates"

    /// Understands `manifests`.
    public init(_ manifests: ManifestSet, overrides: InputOverrides = InputOverrides()) {
        for document in manifests.documents where document.isState { readState(document) }
        read(manifests, overrides)
    }

    /// Reads and understands the files at `paths`. What tells of a state is understood while it is read, one object after another:
    /// the text of a large cluster is many times larger than what is kept of it.
    ///
    /// - Parameter progress: told often how far it is.
    public init(
        paths: [String], overrides: InputOverrides = InputOverrides(), progress: @escaping (ReadingProgress) -> Void = { _ in }, standardInput: () -> [UInt8]
    ) {
        var input = Input()
        let manifests = ManifestReader.read(paths: paths, standardInput: standardInput, progress: progress) { document in
            if document.isState { input.readState(document) }
            return document.isState
        }
        input.read(manifests, overrides)
        self = input
    }

    /// What is known of a followed cluster now.
    public init(of mirror: Simulation, overrides: InputOverrides = InputOverrides()) {
        state = mirror.mirroredState
        options.kubelets = mirror.mirroredKubelets
        var overrides = overrides
        overrides.version = overrides.version ?? mirror.options.profile.version
        read(ManifestSet(), overrides)
    }

    private init() {}

    /// Understands what is no state, once the state was read.
    private mutating func read(_ manifests: ManifestSet, _ overrides: InputOverrides) {
        problems = manifests.problems + problems
        state.finish()
        options.origin = state.isEmpty ? overrides.origin ?? options.origin : state.newest
        readConfigurations(manifests, overrides)
        for document in manifests.documents where !document.isState {
            let (object, found) = document.decode()
            problems += found
            guard let object else { continue }
            guard let stored = object as? any StoredObject else { continue }
            objects.append(stored)
            sources.append(document)
            problems += AnnotationReview.problems(of: object).map { document.problem($0.path, $0.message) }
            if let custom = object as? CustomObject {
                if let index = keptKinds.firstIndex(where: { $0.kind == custom.kindInfo }) {
                    keptKinds[index].count += 1
                } else {
                    keptKinds.append((custom.kindInfo, 1))
                }
            }
        }
        let pools = readPools(manifests, overrides)
        if !pools.isEmpty {
            shape = ClusterShape()
            shape?.pools = pools
        } else if state.isEmpty, !objects.contains(where: { $0 is Node }) {
            let look = overrides.node.like
            var shape = ClusterShape(zones: look?.defaultZones ?? 3, nodes: look?.defaultNodes ?? 12)
            shape.node = overrides.node
            if let cluster = scenario?.spec.cluster {
                shape.zones = min(max(1, cluster.zones ?? 3), 26)
                shape.nodes = shape.zones * min(max(1, cluster.nodesPerZone ?? 4), 10_000)
            }
            if let zones = overrides.zones {
                shape.zones = zones
                if overrides.nodes == nil { shape.nodes = max(shape.nodes, zones) }
            }
            if let nodes = overrides.nodes { shape.nodes = nodes }
            self.shape = shape
        }
        hasClaims = objects.contains { object in
            switch object {
            case is PersistentVolumeClaim: true
            case let set as StatefulSet: !set.spec.volumeClaimTemplates.isEmpty
            default: false
            }
        }
        if state.isEmpty, !objects.contains(where: { $0 is StorageClass }) {
            storageClasses = shape?.objects(version: options.profile.version).compactMap { $0 as? StorageClass } ?? []
            if storageClasses.isEmpty { storageClasses = [.standard] }
        }
    }

    private mutating func readState(_ document: ManifestDocument) {
        let before = state.objects.count
        problems += state.read(document)
        if state.objects.count > before { statePlaces.append(document.problem("", "")) }
    }

    /// The node pools of the files and of the command line.
    private mutating func readPools(_ manifests: ManifestSet, _ overrides: InputOverrides) -> [NodePool] {
        var pools: [NodePool] = []
        if let set = overrides.pools {
            problems += set.problems
            problems += (set.documents + set.configurations.filter { $0.kind != "NodePool" }).map {
                $0.problem("kind", "must be NodePool in a file of node pools, not \($0.kind)")
            }
        }
        for document in manifests.configurations(ofKind: "NodePool") + (overrides.pools?.configurations(ofKind: "NodePool") ?? []) {
            let (value, found) = document.decode(as: NodePool.self)
            problems += found
            guard let value else { continue }
            if let wrong = value.problem { problems.append(document.problem(wrong.field, wrong.message)) }
            if pools.contains(where: { $0.metadata.name == value.metadata.name }) {
                problems.append(document.problem("metadata.name", "a second NodePool \(value.metadata.name)"))
            }
            pools.append(value)
            if pools.reduce(0, { $0 + min(max(0, $1.spec.count), 1_000_000) }) > 100_000 {
                problems.append(document.problem("spec.count", "makes more than 100000 nodes in sum"))
            }
        }
        return pools
    }

    /// What is put under the files besides nodes.
    private var underneath: [any StoredObject] {
        (shape?.objects(version: options.profile.version).filter { !($0 is StorageClass) } ?? []) + storageClasses
    }

    private mutating func readConfigurations(_ manifests: ManifestSet, _ overrides: InputOverrides) {
        let scenarios = manifests.configurations(ofKind: "Scenario")
        if let document = scenarios.first {
            let (value, found) = document.decode(as: Scenario.self)
            problems += found
            if let value { read(value, document) }
        }
        if let parameters = scenario?.spec.parameters { readParameters(parameters, scenarios[0]) }
        for extra in scenarios.dropFirst() { problems.append(extra.problem("", "a second Scenario; there can be one")) }
        let seed = seed(scenarios.first)
        options.seed = overrides.seed ?? seed
        readProfile(scenarios.first, overrides)
        for document in manifests.configurations(ofKind: "KubeletConfiguration") {
            let (value, found) = document.decode(as: KubeletConfiguration.self)
            problems += found
            if let value {
                problems += value.validate(profile: options.profile).map { document.problem("", $0) }
                options.kubelets.append(value)
            }
        }
        for document in manifests.configurations(ofKind: "KubeSchedulerConfiguration") {
            let (value, found) = document.decode(as: SchedulerConfiguration.self)
            problems += found
            if let value {
                problems += value.validate(for: options.profile).map { document.problem($0.field, $0.body) }
                options.scheduler = value
            }
        }
    }

    /// Reads a scenario's settings and steps, and notes what is wrong with them.
    private mutating func read(_ value: Scenario, _ document: ManifestDocument) {
        scenario = value
        for (index, expectation) in value.spec.expect.enumerated() { check(expectation, index, document) }
        if let flags = value.spec.controllerManager {
            options.controllerManager = flags.settings
            problems += flags.faults.map { document.problem("spec.controllerManager.\($0.flag)", $0.message) }
        }
        if let flags = value.spec.metricsServer {
            options.metricsServer = flags.settings
            problems += flags.faults.map { document.problem("spec.metricsServer.\($0.flag)", $0.message) }
        }
        if let flags = value.spec.autoscaler {
            options.nodeAutoscaler = flags.settings
            if let problem = flags.problem(in: flags.settings) { problems.append(document.problem("spec.autoscaler.\(problem.field)", problem.message)) }
        }
        for (index, step) in value.spec.steps.enumerated() { read(step, index, document) }
        if let duration = value.spec.duration, duration < .zero {
            problems.append(document.problem("spec.duration", "must not be negative"))
        }
        if let zones = value.spec.cluster?.zones, !(1...26).contains(zones) {
            problems.append(document.problem("spec.cluster.zones", "must be 1 to 26, not \(zones)"))
        }
        if let nodes = value.spec.cluster?.nodesPerZone, !(1...10_000).contains(nodes) {
            problems.append(document.problem("spec.cluster.nodesPerZone", "must be 1 to 10000, not \(nodes)"))
        }
    }

    /// The seed that a scenario states; 0 without one.
    private mutating func seed(_ document: ManifestDocument?) -> UInt64 {
        guard let json = scenario?.spec.seed, let document else { return 0 }
        if let value = json.int, value >= 0 { return UInt64(value) }
        if let value = json.string.flatMap({ UInt64($0) }) { return value }
        problems.append(document.problem("spec.seed", "must be a whole number, 0 or more"))
        return 0
    }

    /// Sets release and feature gates from the scenario and the command line, which goes first.
    private mutating func readProfile(_ document: ManifestDocument?, _ overrides: InputOverrides) {
        do throws(ProfileError) {
            var version = overrides.version ?? state.version ?? .default
            if overrides.version == nil, let text = scenario?.spec.kubernetesVersion { version = try KubernetesVersion(text) }
            let gates = (scenario?.spec.featureGates.entries.map { ($0.key, $0.value) } ?? []) + overrides.featureGates
            options.profile = try KubernetesProfile(version: version, overrides: gates)
        } catch {
            let path = if case .unknownVersion = error { "spec.kubernetesVersion" } else { "spec.featureGates" }
            // The flag is to blame if the scenario's own gates are right.
            let version = overrides.version ?? scenario?.spec.kubernetesVersion.flatMap { try? KubernetesVersion($0) } ?? state.version ?? .default
            let own = scenario?.spec.featureGates.entries.map { ($0.key, $0.value) } ?? []
            let isOwn = overrides.featureGates.isEmpty || path == "spec.kubernetesVersion" || (try? KubernetesProfile(version: version, overrides: own)) == nil
            problems.append(
                (isOwn ? document?.problem(path, error.description) : nil)
                    ?? ManifestProblem(file: Self.featureGatesFlag, message: error.description))
        }
    }

    /// Sets parameters of the latency model, or notes what is wrong with them.
    private mutating func readParameters(_ json: JSONValue, _ document: ManifestDocument) {
        guard let object = json.object else {
            problems.append(document.problem("spec.parameters", "must be an object"))
            return
        }
        let names = KubeletLatencies.parameters.map(\.name) + ClusterSettings.parameters.map(\.name)
        for (name, value) in object.members {
            let problem: String? =
                if let parameter = KubeletLatencies.parameters.first(where: { $0.name == name }) {
                    parameter.set(value, in: &options.latencies)
                } else if let parameter = ClusterSettings.parameters.first(where: { $0.name == name }) {
                    parameter.set(value, in: &options.settings)
                } else {
                    "is not a parameter; there are \(names.joined(separator: ", "))"
                }
            if let problem { problems.append(document.problem("spec.parameters.\(name)", problem)) }
        }
    }

    /// Notes what is wrong with an expectation.
    private mutating func check(_ expectation: Expectation, _ index: Int, _ document: ManifestDocument) {
        let path = "spec.expect[\(index)]"
        let name = expectation.claims.first.map { " \(type(of: $0).name)" } ?? ""
        expectationTitles.append("\(document.source):\(document.line(of: path)): \(path)\(name)")
        if expectation.claims.count != 1 { problems.append(document.problem(path, "needs exactly one of \(Expectation.names.joined(separator: ", "))")) }
        for claim in expectation.claims { note(claim.faults, "\(path).\(type(of: claim).name)", document) }
        if let at = expectation.at { check(at, "\(path).at", document) }
    }

    /// Notes a time at which nothing is played.
    private mutating func check(_ at: Duration, _ path: String, _ document: ManifestDocument) {
        if at < .zero { problems.append(document.problem(path, "must not be before the start")) }
        // Without a duration the end is known only where it is played.
        if let end = scenario?.spec.duration, at > max(end, .zero) { problems.append(document.problem(path, "is after the end: spec.duration is \(end)")) }
    }

    /// Turns a step into its command, or notes what is wrong with it.
    private mutating func read(_ step: ScenarioStep, _ index: Int, _ document: ManifestDocument) {
        let path = "spec.steps[\(index)]"
        guard step.actions.count == 1, let action = step.actions.first else {
            problems.append(document.problem(path, "needs exactly one action"))
            return
        }
        let name = type(of: action).name
        check(step.at, "\(path).at", document)
        var refusal: String?
        switch step.refused {
        case .bool(true): refusal = ""
        case .string(let part): refusal = part
        case nil, .bool(false), .null: break
        default: problems.append(document.problem("\(path).refused", "must be true or part of the message"))
        }
        do throws(StepProblem) {
            let command = try action.command(options)
            steps.append(
                Script.Step(
                    at: options.origin + step.at, command: command, refusal: refusal, title: "\(document.source):\(document.line(of: path)): \(path) \(name)"))
        } catch {
            note(error.faults, "\(path).\(name)", document)
        }
    }

    /// Notes faults of fields below `place`.
    private mutating func note(_ faults: [(field: String, message: String)], _ place: String, _ document: ManifestDocument) {
        for (field, message) in faults {
            problems.append(document.problem(place + (field.isEmpty || field.hasPrefix("[") ? field : ".\(field)"), message))
        }
    }

    /// Objects that the API server did not take.
    public struct Refusals: Sendable {
        /// What is wrong, with file, line and field where the server names one.
        public fileprivate(set) var problems: [ManifestProblem] = []
        /// How many objects were refused.
        public fileprivate(set) var objects = 0
        /// All of them are invalid in themselves, rather than forbidden here and now.
        public fileprivate(set) var areInvalid = true

        fileprivate mutating func add(_ error: APIError, _ place: ManifestProblem) {
            objects += 1
            areInvalid = areInvalid && error.code == 422
            problems.append(ManifestProblem(file: place.file, line: place.line, message: error.message))
        }
        fileprivate mutating func add(_ error: APIError, _ document: ManifestDocument) {
            objects += 1
            areInvalid = areInvalid && error.code == 422
            let named = error.code == 422 ? error.causes.filter { !$0.field.isEmpty } : []
            problems += named.isEmpty ? [document.problem("", error.message)] : named.map { document.problem($0.field, $0.message) }
        }
    }

    /// The simulation with the nodes and the objects in it, and the scenario's script. Objects that the API server
    /// refuses are not there.
    ///
    /// - Parameter progress: told how many of the state's objects are in place.
    public func makeSession(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) -> (session: Session, refusals: Refusals) {
        var simulation = Simulation(options, isEmpty: !state.isEmpty)
        var refused = Refusals()
        if !state.isEmpty {
            for (index, error) in simulation.open(state, progress: progress) where index < statePlaces.count { refused.add(error, statePlaces[index]) }
        }
        for node in shape?.manifests ?? [] { _ = simulation.perform(.create(node)) }
        let given = underneath
        simulation.cluster.withNames(of: "underneath") { cluster in
            func create<O: StoredObject>(_ object: O) { _ = try? cluster.create(object) }
            for object in given where !objects.contains(where: { $0.kindInfo == object.kindInfo && $0.key == object.key }) { create(object) }
        }
        for index in order {
            ensureNamespace(of: objects[index], in: &simulation)
            if case .failure(let error) = simulation.start(objects[index], from: sources[index].json) { refused.add(error, sources[index]) }
        }
        let script = scenario.map { Script($0, steps: steps, titles: expectationTitles, origin: options.origin) } ?? Script()
        return (Session(simulation, script: script), refused)
    }

    /// The cluster with the objects in it as they are, status included, and nothing running: what `schedule` looks at.
    public func makeGivenState() -> (cluster: Cluster, refusals: Refusals) {
        var cluster = Cluster(profile: options.profile, seed: options.seed, origin: options.origin, isEmpty: !state.isEmpty)
        var refused = Refusals()
        func put<O: StoredObject>(_ object: O, _ refuse: (APIError) -> Void) {
            do throws(APIError) { try cluster.adopt(object, completing: true) } catch { refuse(error) }
        }
        for (index, object) in state.objects.enumerated() {
            put(object) { if index < statePlaces.count { refused.add($0, statePlaces[index]) } }
        }
        cluster.bootstrap()
        for node in shape?.manifests ?? [] { put(node) { _ in } }
        for object in underneath where !objects.contains(where: { $0.kindInfo == object.kindInfo && $0.key == object.key }) { put(object) { _ in } }
        // Nodes before the pods on them, which get labels of theirs.
        func rank(_ object: any StoredObject) -> Int { object is Node ? 2 : Self.rank(object) }
        let before = cluster.store
        for index in objects.indices.sorted(by: { (rank(objects[$0]), $0) < (rank(objects[$1]), $1) }) {
            func relabel<O: StoredObject>(_ object: O) {
                let key = Self.key(of: object)
                cluster.modify(O.self, key) {
                    $0.metadata.labels = $0.metadata.labels.merging(object.metadata.labels)
                    $0.metadata.annotations = $0.metadata.annotations.merging(object.metadata.annotations)
                }
            }
            if Self.isThere(objects[index], before) { relabel(objects[index]) } else { put(objects[index]) { refused.add($0, sources[index]) } }
        }
        return (cluster, refused)
    }

    /// Namespaces and classes first, as a user would apply them; else in the order of the files.
    private var order: [Int] {
        objects.indices.sorted { (Self.rank(objects[$0]), $0) < (Self.rank(objects[$1]), $1) }
    }
    /// Whether `store` has an object of this kind and name.
    private static func isThere<O: StoredObject>(_ object: O, _ store: ObjectStore) -> Bool {
        store.get(O.self, key(of: object)) != nil
    }
    private static func key(of object: some StoredObject) -> ObjectKey {
        let isLocal = object.kindInfo.isNamespaced && object.metadata.namespace.isEmpty
        return isLocal ? ObjectKey(namespace: "default", name: object.metadata.name) : object.key
    }

    private static func rank(_ object: any StoredObject) -> Int {
        switch object {
        case is Namespace: 0
        case is PriorityClass, is StorageClass: 1
        case is ServiceAccount, is LimitRange, is ResourceQuota: 2
        default: 3
        }
    }

    /// Makes the namespace of `object` if it is not there: published manifests often leave that to the user.
    private func ensureNamespace(of object: any StoredObject, in simulation: inout Simulation) {
        guard object.kindInfo.isNamespaced, !object.metadata.namespace.isEmpty,
            simulation.cluster.store.namespaces[ObjectKey(name: object.metadata.namespace)] == nil
        else { return }
        var namespace = Namespace()
        namespace.metadata.name = object.metadata.namespace
        _ = simulation.perform(.create(namespace))
    }
}
