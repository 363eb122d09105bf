// The part of the suite that opens every screen on the made cluster.

import Canvas
import Dashboard
import Foundation
import Manifests
import Simulation
import SimulationKit

extension Suite {
    private static let size = Size(width: 120, height: 36)

    /// Where a screen is on the made cluster: as its pictures' path, but by what there is here.
    private struct Place {
        var name: String
        var keys: String
    }

    /// Every screen of the catalog, and tables, texts and lists besides.
    private static func places(_ dashboard: Dashboard) -> [Place] {
        let store = dashboard.session.cluster.store
        let claim = store.persistentVolumeClaims.sorted().first { !$0.spec.volumeName.isEmpty }
        let own = [
            "drain-progress": ":no<Enter>ry", "xray": ":xray deploy<Enter>", "why": ":po<Enter>W",
            "migrate": claim.map { ":migrate \($0.key)<Enter>" } ?? "", "what-if": "B",
            "autoscaler": ":autoscaler<Enter>", "groups": ":groups<Enter>", "pod": ":po<Enter><Enter>", "node": ":no<Enter><Enter>",
            "logs": ":po<Enter>l", "forwards": ":forwards<Enter>", "shell": ":po<Enter>s", "recommend": ":recommend<Enter>",
        ]
        let catalog = ScreenCatalog.all.map { Place(name: $0.name, keys: own[$0.name] ?? $0.path) }.filter { $0.name == "deck" || !$0.keys.isEmpty }
        let others = [
            ("pods", ":po<Enter>"), ("nodes", ":no<Enter>"), ("events", ":ev<Enter>"), ("deployments", ":deploy<Enter>"), ("replicasets", ":rs<Enter>"),
            ("describe pod", ":po<Enter>d"), ("describe node", ":no<Enter>d"), ("YAML of a pod", ":po<Enter>y"), ("events of a pod", ":po<Enter>v"),
            ("containers", ":po<Enter>c"), ("pulses", ":pulses<Enter>"), ("x-ray of Services", ":xray svc<Enter>"), ("x-ray of nodes", ":xray no<Enter>"),
            ("help", "?"), ("kinds", ":aliases<Enter>"),
        ]
        return catalog + others.map { Place(name: $0.0, keys: $0.1) }
    }

    /// Opens each, lets it compute, draws it at rest, moves in it, and moves in it while a zone is lost at full speed.
    mutating func screens(_ dashboard: Dashboard) {
        var dashboard = dashboard
        Self.pause(&dashboard, true)
        prepare(&dashboard)
        var outage = dashboard
        try? outage.press(":fault fail eu-a<Enter>")
        outage.run(to: outage.session.now + .seconds(30))
        for place in Self.places(dashboard) { measure(place, dashboard, outage) }
    }

    private static func pause(_ dashboard: inout Dashboard, _ isPaused: Bool) {
        if dashboard.session.isPaused != isPaused { dashboard.handle(.key(.character(",")), isScripted: true) }
    }

    /// An autoscaler for the largest Deployment, so that its screen has something to tell.
    private func prepare(_ dashboard: inout Dashboard) {
        let deployments = dashboard.session.cluster.store.deployments.sorted()
        guard let largest = deployments.max(by: { ($0.spec.replicas ?? 1, $1.key) < ($1.spec.replicas ?? 1, $0.key) }) else { return }
        let replicas = largest.spec.replicas ?? 1
        let manifest = """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: \(largest.name), namespace: \(largest.namespace)}
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(largest.name)}
              minReplicas: \(replicas)
              maxReplicas: \(replicas + 10)
              metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
            """
        let documents = ManifestReader.read(text: manifest, file: "suite").documents.map(\.json)
        dashboard.serve { session in _ = session.perform(.apply(documents)) }
        dashboard.run(to: dashboard.session.now + .seconds(40))
    }

    private mutating func measure(_ place: Place, _ dashboard: Dashboard, _ outage: Dashboard) {
        func cell(_ column: String, _ value: Double) {
            add(Row(name: place.name, unit: "ms", value: value, table: "SCREEN, ms", column: column))
        }
        guard let keys = try? Key.parse(place.keys) else { return }
        var dashboard = dashboard
        _ = dashboard.frame(size: Self.size)
        Self.type(keys.dropLast(), &dashboard)
        cell(
            "FIRST",
            processorSeconds {
                for key in keys.suffix(1) { dashboard.handle(.key(key), isScripted: true) }
                _ = dashboard.frame(size: Self.size)
            } * 1000)
        var slowest = 0.0
        cell("WHOLE", processorSeconds { slowest = Self.settle(&dashboard, Self.size) } * 1000)
        cell("SLICE", slowest)
        cell("REST", Self.times(15, limit: 2) { _ = dashboard.frame(size: Self.size) }.median)
        let key = Self.times(40, limit: 3) { Self.step(&dashboard) }
        cell("KEY", key.median)
        cell("KEY 99TH", key.most)
        var busy = outage
        _ = busy.frame(size: Self.size)
        Self.type(keys[...], &busy)
        Self.settle(&busy, Self.size)
        // By single keys: what the view computes beside is not waited for.
        busy.type(":speed max")
        Self.pause(&busy, false)
        // The first write copies what the other dashboards have as well.
        Self.turn(&busy)
        let running = Self.times(60, limit: 4) { Self.turn(&busy) }
        cell("BUSY", running.median)
        cell("BUSY 99TH", running.most)
    }

    /// Keys one after another, each after the view is whole.
    private static func type(_ keys: some Sequence<Key>, _ dashboard: inout Dashboard) {
        for key in keys {
            dashboard.handle(.key(key), isScripted: true)
            _ = dashboard.frame(size: size)
            settle(&dashboard, size)
        }
    }
    private static func step(_ dashboard: inout Dashboard) {
        dashboard.handle(.key(.character("j")), isScripted: true)
        _ = dashboard.frame(size: size)
    }
    /// A key that comes just as the simulation begins a slice.
    private static func turn(_ dashboard: inout Dashboard) {
        let end = ContinuousClock.now + .milliseconds(8)
        dashboard.advance(by: .milliseconds(8)) { ContinuousClock.now > end }
        step(&dashboard)
    }
}
