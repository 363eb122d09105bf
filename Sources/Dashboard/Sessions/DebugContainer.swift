import Canvas
import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

/// A container that is added to a running pod to look into it: what `kubectl debug POD -it` does.
enum DebugContainer {
    /// Asks for its image and for whose processes it sees; then a shell in it opens.
    static func form(of pod: Pod, _ world: World) -> Form {
        let key = pod.key
        let name = self.name(in: pod)
        let containers = pod.spec.containers.map(\.name)
        let present = pod.spec.ephemeral.map(\.container.name)
        var form = Form(
            title: "Debug", subject: "pod \(pod.name)",
            fields: [
                FormField("image", "Image", text: "busybox:1.36"),
                FormField(
                    "target", "Sees processes of", choices: ["no container"] + containers,
                    selected: (containers.firstIndex(of: pod.defaultContainer) ?? -1) + 1),
            ], action: "Add",
            preview: { _, world in [StyledText("Container \(name) is added. It stays in the pod's spec until the pod is gone.", world.theme[.dim])] },
            submit: { values, _ in
                if values["image"].isEmpty { return .problem("An image is needed", field: "image") }
                let target = containers.contains(values["target"]) ? values["target"] : ""
                let screen = ShellScreen(attachingTo: key, container: name, intro: intro(name, target))
                return .done([.perform([command(key, name, beside: present, image: values["image"], target: target)], then: screen)])
            })
        form.fieldOf = { $0.field.hasSuffix("image") ? "image" : nil }
        // What stands there is mostly meant: Enter does it.
        form.focus = form.fields.count + 1
        return form
    }

    /// The patch that kubectl sends.
    private static func command(_ key: ObjectKey, _ name: String, beside present: [String], image: String, target: String) -> Command {
        var container: JSONObject = ["name": .string(name), "image": .string(image), "stdin": true, "tty": true]
        if !target.isEmpty { container["targetContainerName"] = .string(target) }
        // Those that are there stay in front.
        let order = (present + [name]).map { JSONValue.object(["name": .string($0)]) }
        let spec: JSONObject = ["$setElementOrder/ephemeralContainers": .array(order), "ephemeralContainers": [.object(container)]]
        return .write(
            APIWrite(
                .patch(.strategic, ["spec": .object(spec)], force: false), Kind.pod.info, namespace: key.namespace,
                name: key.name, subresource: "ephemeralcontainers", fieldManager: "kubectl-debug"))
    }

    /// What kubectl says before it waits.
    /// - Source: `pod-sessions.md` §5.
    private static func intro(_ name: String, _ target: String) -> [String] {
        let lines = ["Defaulting debug container name to \(name)."]
        if target.isEmpty { return lines }
        return [
            "Targeting container \"\(target)\". If you don't see processes from this container it may be because the container runtime doesn't support this feature."
        ] + lines
    }

    /// `debugger-x7k2p`, which no container of the pod has yet.
    private static func name(in pod: Pod) -> String {
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        let taken = pod.allContainers.map(\.name)
        for attempt in 0... {
            var bits = StableHash.fnv1a64("debugger \(pod.metadata.uid) \(taken.count) \(attempt)")
            var name = "debugger-"
            for _ in 0..<5 {
                name.append(letters[Int(bits % UInt64(letters.count))])
                bits /= UInt64(letters.count)
            }
            if !taken.contains(name) { return name }
        }
        return "debugger"
    }
}
