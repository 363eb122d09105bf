import Canvas
import Dashboard
import Manifests
import Simulation
import SimulationKit
import Testing

/// What the dialog says before something is deleted that cannot be brought back.
@Suite struct DeleteDialogTests {
    private func screen(_ policy: String, keys: String) throws -> String {
        let yaml = """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: local-path, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
            provisioner: rancher.io/local-path
            reclaimPolicy: \(policy)
            volumeBindingMode: WaitForFirstConsumer
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: pg}
            spec:
              serviceName: pg
              replicas: 2
              persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
              selector: {matchLabels: {app: pg}}
              template:
                metadata: {labels: {app: pg}}
                spec: {containers: [{name: main, image: "example/pg:1", volumeMounts: [{name: data, mountPath: /d}]}]}
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """
        var session = Input(ManifestReader.read(text: yaml, file: "pg.yaml")).makeSession().session
        session.advance(to: .start + .seconds(60))
        var dashboard = Dashboard(session: session)
        let size = Size(width: 160, height: 40)
        _ = dashboard.frame(size: size)
        try dashboard.press(keys)
        return dashboard.frame(size: size).picture()
    }

    @Test(arguments: ["Delete", "Retain"]) func `deleting a claim says what becomes of its volume`(policy: String) throws {
        let picture = try screen(policy, keys: ":pvc<Enter><ctrl-d>")
        #expect(picture.contains("and all data on it: reclaim policy Delete") == (policy == "Delete"))
        #expect(picture.contains("is kept as Released, with its data: reclaim policy Retain") == (policy == "Retain"))
        #expect(picture.contains("until pod pg-0 is gone"))
    }

    @Test(arguments: [":sts<Enter><ctrl-d>", ":ns<Enter>/default<Enter><ctrl-d>", ":pvc<Enter><Space>j<Space><ctrl-d>"])
    func `owners and several claims say how many volumes are lost`(keys: String) throws {
        let text = "2 PersistentVolumes are deleted with the claims, and all data on them: reclaim policy Delete."
        #expect(try screen("Delete", keys: keys).contains(text))
        #expect(try !screen("Retain", keys: keys).contains("are deleted with the claims"))
    }
}
