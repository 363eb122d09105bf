import ControlPlane
import KubernetesAPI
import Manifests
import Simulation
import Testing

/// What a user of `validate` relies on, beyond the texts, which the recorded answers test.
struct ManifestReviewTests {
    private func review(_ yaml: String, profile: KubernetesProfile = .default, onlyFiles: Bool = false) -> ManifestReview {
        let set = ManifestReader.read(text: yaml, file: "a.yaml", whole: true)
        #expect(set.problems.isEmpty)
        return ManifestReview(set.documents, profile: profile, onlyFiles: onlyFiles)
    }
    private func lines(_ review: ManifestReview) -> [String] {
        review.answers.map { "\($0.document.line) \($0.title) \($0.error.map { "\($0.code) \($0.message)" } ?? "accepted")" }
    }

    @Test func `each document is answered on top of those before it`() {
        let review = review(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cm, namespace: shop}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cm, namespace: shop}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: cm, namespace: shop}
            """)
        #expect(
            lines(review) == [
                #"1 configmap/cm 404 namespaces "shop" not found"#, "5 namespace/shop accepted", "9 configmap/cm accepted",
                #"13 configmap/cm 409 configmaps "cm" already exists"#,
            ])
        #expect(review.assumed.isEmpty)
    }

    @Test func `what files leave to the cluster is taken as there, unless the files are all there is`() {
        let yaml = """
            apiVersion: v1
            kind: Pod
            metadata: {generateName: p-, namespace: shop}
            spec: {priorityClassName: high, serviceAccountName: robot, containers: [{name: c, image: nginx}]}
            """
        let lenient = review(yaml)
        #expect(lines(lenient) == ["1 pod/p-… accepted"])
        #expect(lenient.assumed == ["namespace shop", "priorityclass high", "serviceaccount shop/robot"])
        let strict = review(yaml, onlyFiles: true)
        #expect(lines(strict) == [#"1 pod/p-… 404 namespaces "shop" not found"#])
        #expect(strict.assumed.isEmpty)
    }

    @Test func `a field that is wrong is told with its line`() throws {
        let review = review(
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replica: 3
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: c, image: nginx}]}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec:
              accessModes:
              - ReadWriteOnce
              - ReadWriteOncePod
              resources: {requests: {storage: 1Gi}}
            """)
        #expect(
            review.answers.flatMap { $0.faults.map(\.description) } == [
                "a.yaml:5: spec.replica: unknown field (nearest: replicas)",
                "a.yaml:15: spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
            ])
        #expect(
            review.answers.map { $0.status["reason"]?.string } == ["BadRequest", "Invalid"])
        #expect(
            review.answers[0].status["message"]?.string
                == #"Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica""#)
    }

    @Test func `a kind that Kubernetes has not is not found, one that is only kept is not looked into`() {
        let review = review(
            """
            apiVersion: apps/v1
            kind: Deploymnt
            metadata: {name: web}
            ---
            apiVersion: example.com/v1
            kind: Widget
            metadata: {name: w}
            spec: {anything: goes}
            """)
        #expect(
            lines(review) == ["1 deploymnt.apps/web 404 the server could not find the requested resource", "5 widget.example.com/w accepted"])
        #expect(review.answers.map(\.isKindKnown) == [false, false])
        #expect(review.answers[0].faults.map(\.description) == ["a.yaml:2: kind: no kind Deploymnt in apps/v1 (nearest: Deployment)"])
    }

    @Test func `the version decides`() throws {
        let yaml = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
            """
        #expect(
            lines(review(yaml, profile: try KubernetesProfile(version: KubernetesVersion("1.27"), overrides: []))) == ["1 persistentvolumeclaim/data accepted"])
        #expect(
            lines(review(yaml, profile: try KubernetesProfile(version: KubernetesVersion("1.22"), overrides: []))) == [
                #"1 persistentvolumeclaim/data 422 PersistentVolumeClaim "data" is invalid: spec.accessModes: Unsupported value: "#
                    + #""ReadWriteOncePod": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce""#
            ])
    }
}
