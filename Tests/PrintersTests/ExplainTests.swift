// `explain`.

import KubernetesAPI
import Printers
import Testing

struct ExplainTests {
    @Test func `a plain field`() throws {
        #expect(
            try Explain.text(path: "po.spec.topologySpreadConstraints.maxSkew") == """
                KIND:       Pod
                VERSION:    v1

                FIELD: maxSkew <integer>

                DESCRIPTION:
                    By how many pods a domain may exceed the one with the fewest; 1 or more.

                """)
    }

    @Test func `a field with fields, of a kind with a group`() throws {
        #expect(
            try Explain.text(path: "deployments.apps.spec.strategy") == """
                GROUP:      apps
                KIND:       Deployment
                VERSION:    v1

                FIELD: strategy <DeploymentStrategy>

                DESCRIPTION:
                    How old pods are replaced by new ones.

                FIELDS:
                  type\t<string>
                    RollingUpdate (default) or Recreate.

                  rollingUpdate\t<RollingUpdateDeployment>
                    Bounds of a rolling update.


                """)
    }

    @Test func `all fields below`() throws {
        #expect(
            try Explain.text(path: "deploy.spec.strategy", recursive: true) == """
                GROUP:      apps
                KIND:       Deployment
                VERSION:    v1

                FIELD: strategy <DeploymentStrategy>

                DESCRIPTION:
                    How old pods are replaced by new ones.

                FIELDS:
                  type\t<string>
                  rollingUpdate\t<RollingUpdateDeployment>
                    maxUnavailable\t<IntOrString>
                    maxSurge\t<IntOrString>

                """)
    }

    @Test(arguments: [
        ("deploymnt", "no kind is called \"deploymnt\"; nearest: deployment"),
        ("", "name a kind, such as pod or deployment.spec"),
        ("pod.spec.contaners", "pod.spec has no field \"contaners\"; nearest: containers"),
        ("pod.spec.containers.image.tag", "pod.spec.containers.image has no fields that are known here"),
        ("crd.spec", "CustomResourceDefinition is kept as it came: its fields are not known"),
    ])
    func `a path that names nothing is told with the nearest name`(_ path: String, _ message: String) {
        let error = #expect(throws: Explain.Failure.self) { try Explain.page(path: path) }
        #expect(error?.description == message)
    }

    @Test func `a pod's node is a field of its spec`() throws {
        #expect(try Explain.page(path: "pod.spec.nodeName").type == "string")
    }

    @Test(arguments: KindInfo.all)
    func `each field of each kind has a page that says something`(_ kind: KindInfo) throws {
        var paths = [kind.plural]
        var depth: [String: Int] = [:]
        while let path = paths.popLast() {
            let page = try Explain.page(path: path)
            #expect(!page.summary.isEmpty, "\(path)")
            for field in page.fields {
                #expect(!field.summary.isEmpty, "\(path).\(field.name)")
                // Each structure once is enough.
                if field.hasFields, depth[field.type, default: 0] == 0 {
                    depth[field.type] = 1
                    paths.append("\(path).\(field.name)")
                }
            }
        }
    }
}
