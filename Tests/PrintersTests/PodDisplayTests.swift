import KubernetesAPI
import Printers
import SimulationKit
import Testing

/// A pod with two app containers, an ordinary init container and a sidecar, and the given status.
private func pod(_ status: String, deleted: Bool = false) -> Pod {
    object(
        Pod.self,
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          \(deleted ? "deletionTimestamp: 2026-01-01T00:00:00Z" : "")
        spec:
          initContainers:
          - {name: init, image: i}
          - {name: proxy, image: p, restartPolicy: Always}
          containers: [{name: a, image: a}, {name: b, image: b}]
        status: \(status)
        """)
}
private let initDone = """
    initContainerStatuses: [
      {name: init, ready: true, restartCount: 1, image: i, imageID: i, state: {terminated: {exitCode: 0}}},
      {name: proxy, ready: true, started: true, restartCount: 2, image: p, imageID: p, state: {running: {}},
       lastState: {terminated: {exitCode: 1, finishedAt: "2026-01-01T00:00:10Z"}}}]
    """
private func containers(_ a: String, _ b: String, ready: (Bool, Bool) = (false, false)) -> String {
    """
    containerStatuses: [
      {name: a, ready: \(ready.0), restartCount: 3, image: a, imageID: a, state: {\(a)},
       lastState: {terminated: {exitCode: 1, finishedAt: "2026-01-01T00:00:40Z"}}},
      {name: b, ready: \(ready.1), restartCount: 0, image: b, imageID: b, state: {\(b)}}]
    """
}
private let ready = "conditions: [{type: Ready, status: 'True'}]"

struct PodDisplayTests {
    @Test(arguments: [
        ("{phase: Pending}", "Pending"),
        ("{phase: Failed, reason: Evicted}", "Evicted"),
        (
            "{phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}]}",
            "SchedulingGated"
        ),
        (
            "{phase: Running, \(initDone), \(containers("running: {}", "running: {}", ready: (true, true)))}",
            "Running"
        ),
        (
            "{phase: Pending, \(initDone), \(containers("waiting: {reason: ContainerCreating}", "running: {}"))}",
            "ContainerCreating"
        ),
        (
            "{phase: Running, \(initDone), \(containers("waiting: {reason: CrashLoopBackOff}", "running: {}"))}",
            "CrashLoopBackOff"
        ),
        (
            "{phase: Running, \(initDone), \(containers("running: {}", "waiting: {reason: ErrImagePull}"))}",
            "ErrImagePull"
        ),
        ("{phase: Running, \(initDone), \(containers("waiting: {reason: A}", "waiting: {reason: B}"))}", "A"),
        (
            "{phase: Running, \(initDone), \(containers("terminated: {exitCode: 1, reason: Error}", "running: {}"))}",
            "Error"
        ),
        (
            "{phase: Running, \(initDone), \(containers("terminated: {exitCode: 137, reason: OOMKilled}", "running: {}"))}",
            "OOMKilled"
        ),
        (
            "{phase: Running, \(initDone), \(containers("terminated: {exitCode: 137, signal: 9}", "running: {}"))}",
            "Signal:9"
        ),
        (
            "{phase: Running, \(initDone), \(containers("terminated: {exitCode: 3}", "running: {}"))}",
            "ExitCode:3"
        ),
    ])
    func `STATUS is what the latest rule says`(_ status: String, _ text: String) {
        #expect(PodDisplay.status(of: pod(status)) == text)
    }

    @Test(arguments: [
        ("state: {running: {}}", "Init:0/2"),
        ("state: {waiting: {reason: PodInitializing}}", "Init:0/2"),
        ("state: {waiting: {reason: ErrImagePull}}", "Init:ErrImagePull"),
        ("state: {waiting: {reason: CrashLoopBackOff}}", "Init:CrashLoopBackOff"),
        ("state: {terminated: {exitCode: 1, reason: Error}}", "Init:Error"),
        ("state: {terminated: {exitCode: 137, signal: 9}}", "Init:Signal:9"),
        ("state: {terminated: {exitCode: 2}}", "Init:ExitCode:2"),
    ])
    func `the first init container that is not done decides`(_ state: String, _ text: String) {
        let status =
            "{phase: Pending, initContainerStatuses: [{name: init, ready: false, restartCount: 4, image: i, imageID: i, \(state)}]}"
        let display = PodDisplay(pod(status))
        #expect(display.status == text)
        #expect(display.restarts == 4)
        #expect(display.ready == "0/3")
    }

    @Test func `a sidecar that is not started holds the second place`() {
        let status = """
            {phase: Pending, initContainerStatuses: [
              {name: init, ready: true, restartCount: 0, image: i, imageID: i, state: {terminated: {exitCode: 0}}},
              {name: proxy, ready: false, started: false, restartCount: 0, image: p, imageID: p, state: {running: {}}}]}
            """
        #expect(PodDisplay.status(of: pod(status)) == "Init:1/2")
    }

    @Test func `a sidecar counts as a container where the version knows sidecars`() {
        let status =
            "{phase: Running, \(initDone), \(containers("running: {}", "running: {}", ready: (true, true))), \(ready)}"
        let new = PodDisplay(pod(status))
        #expect(new.ready == "3/3")
        #expect(new.restartsText(now: .start + .seconds(60)) == "5 (20s ago)")
        let old = PodDisplay(pod(status), profile: KubernetesProfile(minor: 27))
        #expect(old.totalContainers == 2)
    }

    @Test(arguments: [
        ("terminated: {exitCode: 0, reason: Completed}", "running: {}", true, true, "Running", "Running"),
        ("terminated: {exitCode: 0, reason: Completed}", "running: {}", true, false, "NotReady", "NotReady"),
        (
            "terminated: {exitCode: 0, reason: Completed}", "running: {}", false, false, "NotReady",
            "Completed"
        ),
        (
            "terminated: {exitCode: 0, reason: Completed}", "terminated: {exitCode: 1, reason: Error}", false,
            false, "Error", "Completed"
        ),
        (
            "terminated: {exitCode: 0, reason: Completed}", "terminated: {exitCode: 0, reason: Completed}",
            false, false, "Completed", "Completed"
        ),
    ])
    func `a completed container beside others is told by version`(
        _ a: String, _ b: String, _ bReady: Bool, _ podReady: Bool, _ in36: String, _ in35: String
    ) {
        let status =
            "{phase: Running, \(initDone), \(containers(a, b, ready: (false, bReady))), \(podReady ? ready : "conditions: []")}"
        #expect(PodDisplay.status(of: pod(status), profile: KubernetesProfile(minor: 36)) == in36)
        #expect(PodDisplay.status(of: pod(status), profile: KubernetesProfile(minor: 35)) == in35)
    }

    @Test func `deletion wins over all, but not over the end of the pod in newer versions`() {
        let running = "{phase: Running, \(initDone), \(containers("running: {}", "running: {}"))}"
        #expect(PodDisplay.status(of: pod(running, deleted: true)) == "Terminating")
        #expect(PodDisplay.status(of: pod("{phase: Running, reason: NodeLost}", deleted: true)) == "Unknown")
        let failed = pod("{phase: Failed, reason: Evicted}", deleted: true)
        #expect(PodDisplay.status(of: failed) == "Evicted")
        #expect(PodDisplay.status(of: failed, profile: KubernetesProfile(minor: 27)) == "Terminating")
    }
}
