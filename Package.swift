// swift-tools-version: 6.1
import PackageDescription

// The arrows between modules point one way only; RepositoryTests checks the imports against this file.
// What other modules use is `public`, not `package`, though no library is offered: the optimizer looks into public functions of other
// modules only. Measured with `package` in all places: 20,000 pods took 5.8 s instead of 3.1 s to become ready.
let package = Package(
    name: "evenkeel",
    products: [
        .executable(name: "evenkeel", targets: ["evenkeel"]),
        .executable(name: "evenkeel-lab", targets: ["evenkeel-lab"]),
    ],
    traits: [
        .trait(name: "Network", description: "Sockets: evenkeel serve, port-forward and live clusters. Without it a build is shorter."),
        .default(enabledTraits: ["Network"]),
    ],
    dependencies: [
        // Command line: flags, subcommands, --help and shell completions, as users of Swift tools know them.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        // Deque for the change log: a growing window dropped at the front without moving the rest. Heap for queues by time.
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        // YAML in and out, with the line of each node for our messages.
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        // Sockets, HTTP/1.1 and WebSocket for `serve`, forwarded ports and live clusters.
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        // Starts tmux in the end-to-end test. Foundation's Process leaves children with blocked signals.
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        .target(
            name: "SimulationKit", dependencies: [.product(name: "HeapModule", package: "swift-collections")]),
        .target(name: "KubernetesAPI", dependencies: ["SimulationKit"]),
        // zlib of the system, for files that end in .gz.
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "Manifests", dependencies: ["KubernetesAPI", "CZlib", .product(name: "Yams", package: "Yams")]),
        .target(
            name: "ControlPlane",
            dependencies: [
                "SimulationKit", "KubernetesAPI", .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(
            name: "Scheduling", dependencies: ["ControlPlane", .product(name: "HeapModule", package: "swift-collections")]),
        .target(
            name: "Controllers", dependencies: ["ControlPlane", .product(name: "DequeModule", package: "swift-collections")]),
        .target(name: "Kubelets", dependencies: ["ControlPlane"]),
        .target(name: "Printers", dependencies: ["ControlPlane", "Manifests"]),
        .target(name: "Simulation", dependencies: ["Scheduling", "Controllers", "Kubelets", "Manifests"]),
        .target(name: "Canvas", dependencies: [.product(name: "Yams", package: "Yams")]),
        .target(name: "CTerminal", linkerSettings: [.linkedLibrary("ncursesw")]),
        .target(name: "Terminal", dependencies: ["Canvas", "CTerminal"]),
        .target(
            name: "Dashboard",
            dependencies: ["Simulation", "Printers", "Canvas", .product(name: "Yams", package: "Yams")]),
        .target(name: "APIServer", dependencies: ["Simulation", "Printers"]),
        // OpenSSL of the system, for TLS and certificates: clients send credentials over HTTPS only. It gets its fixes with the system;
        // swift-nio-ssl brings BoringSSL, whose 370 files took a seventh of the first build.
        .target(name: "COpenSSL", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(
            name: "Network",
            dependencies: [
                // Headers of SPDY streams are packed with zlib.
                "APIServer", "CZlib",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Network"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Network"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Network"])),
                .product(name: "NIOWebSocket", package: "swift-nio", condition: .when(traits: ["Network"])),
                .target(name: "COpenSSL", condition: .when(traits: ["Network"])),
            ]),
        .executableTarget(
            name: "evenkeel",
            dependencies: [
                "Dashboard", "Terminal", "Network", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .target(name: "CAllocations"),
        // Crowds of clients, for tests and measurements of the server.
        .target(
            name: "Crowd",
            dependencies: [
                "Network",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Network"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Network"])),
            ]),
        .target(name: "Fuzzing", dependencies: ["Dashboard", "APIServer"]),
        .executableTarget(
            name: "evenkeel-lab",
            dependencies: [
                "Dashboard", "Fuzzing", "Crowd", "CAllocations", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .testTarget(name: "SimulationKitTests", dependencies: ["SimulationKit"]),
        .testTarget(name: "KubernetesAPITests", dependencies: ["KubernetesAPI"]),
        .testTarget(name: "ManifestsTests", dependencies: ["Manifests"]),
        .testTarget(name: "ControlPlaneTests", dependencies: ["ControlPlane", "Manifests"], exclude: ["Golden"]),
        .testTarget(name: "SchedulingTests", dependencies: ["Scheduling", "Manifests"], exclude: ["Golden"]),
        .testTarget(name: "ControllersTests", dependencies: ["Controllers"]),
        .testTarget(name: "KubeletsTests", dependencies: ["Kubelets"]),
        .testTarget(name: "PrintersTests", dependencies: ["Printers"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation"], exclude: ["Recorded"]),
        .testTarget(name: "APIServerTests", dependencies: ["APIServer"], exclude: ["Recorded"]),
        .testTarget(
            name: "NetworkTests", dependencies: ["Network", "Crowd", .target(name: "COpenSSL", condition: .when(traits: ["Network"]))],
            exclude: ["Recorded"]),
        .testTarget(name: "CanvasTests", dependencies: ["Canvas"]),
        .testTarget(name: "TerminalTests", dependencies: ["Terminal"]),
        .testTarget(name: "DashboardTests", dependencies: ["Dashboard"], exclude: ["Pictures"]),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"]),
        .testTarget(name: "evenkeelTests", dependencies: ["evenkeel"]),
        .testTarget(
            name: "EndToEndTests", dependencies: [.product(name: "Subprocess", package: "swift-subprocess")], exclude: ["Stories"]),
        .testTarget(name: "RepositoryTests"),
    ],
    swiftLanguageModes: [.v6]
)

// Of the debug information a release build has what backtraces need, files and lines: the rest takes a tenth of its time and half of its size.
// The command line is not optimized: it spends its time in the other modules, and comes last, when nothing else is left to compile.
for target in package.targets where target.type == .regular || target.type == .executable {
    let flags = ["-Xfrontend", "-gline-tables-only"] + (target.name == "evenkeel" ? ["-Onone"] : [])
    target.swiftSettings = [.unsafeFlags(flags, .when(configuration: .release))]
}
