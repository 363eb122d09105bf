/// What one of the product's own annotations says: for `explain` and `evenkeel help annotations`.
public struct AnnotationNote: Sendable {
    /// Without the prefix `evenkeel.dev/`; several that say the same of different things.
    public var keys: [String]
    /// Of what it is read.
    public var object: String
    public var value: String
    /// What it may be; empty where the value says it.
    public var range: String
    public var fallback: String

    /// What all of them begin with.
    public static let prefix = "evenkeel.dev/"

    private init(_ keys: [String], of object: String = "Pod", _ value: String, range: String = "", _ fallback: String) {
        (self.keys, self.object, self.value, self.range, self.fallback) = (keys, object, value, range, fallback)
    }

    /// Those that tell what the program in a container does, then those of other objects.
    public static let all: [AnnotationNote] = [
        AnnotationNote(["startup-work"], "CPU seconds before it answers probes, throttled by the CPU limit", range: "0 to 1000000", "`0`"),
        AnnotationNote(["threads"], "busy threads during that work", range: "1 to 1024", "`1`"),
        AnnotationNote(
            ["run-time"], "time until it exits, or `forever`; a list such as `0s,0s,11m` is for the 1st, 2nd, 3rd … start, the last entry stays",
            range: "0s to 87600h",
            "of a command such as `sleep 5` or `sh -c '…'` what that says; else `forever`; init container `1s`; pod that does not restart always `10s`"),
        AnnotationNote(["exit-code"], "how it exits then, a list as above", range: "0 to 255", "of such a command what that says; else `0`"),
        AnnotationNote(["stop-time"], "time from SIGTERM to its exit, or `never`", range: "0s to 87600h", "of such a command `never`; else `1s`"),
        AnnotationNote(["stop-exit-code"], "how it exits on SIGTERM", range: "0 to 255", "`143`"),
        AnnotationNote(["pre-stop-time"], "how long the preStop hook runs", range: "0s to 87600h", "its sleep, else `1s`"),
        AnnotationNote(["pre-stop", "post-start"], "`fail`: the hook fails", ""),
        AnnotationNote(["post-start-time"], "how long the postStart hook runs", range: "0s to 87600h", "its sleep, else `1s`"),
        AnnotationNote(
            ["readiness-fails", "liveness-fails", "startup-fails"],
            "when the probe fails, after the container's start: `100s` (from then on) or `30s-90s`", range: "0s to 87600h", "never"),
        AnnotationNote(
            ["cpu", "memory"], "use: `300m`; `100m..500m/10m` swings in 10 minutes; `64Mi->1Gi/5m` rises in 5 minutes",
            range: "0 to 9007199254740 cores, 0 to 8Pi; 100ms to 87600h",
            "swings within 30 to 80 % of the request"),
        AnnotationNote(["image-size"], "size of the image", range: "0 to 8Pi", "20 to 400 MB, from its name"),
        AnnotationNote(["image-pull-time"], "how long the pull takes, whatever the size", range: "0s to 87600h", "from the size"),
        AnnotationNote(["page-cache"], "page cache that it fills, as `memory`", range: "as `memory`", "none"),
        AnnotationNote(
            ["image-pull"], "`not-found`, `denied`, `timeout`, `unavailable` (registry down) or `bad-signature`: the pull fails",
            "fails as not found if the image's name contains `does-not-exist`"),
        AnnotationNote(
            ["log"],
            "lines that it logs, one after another and over and over; `{pod}`, `{namespace}`, `{container}`, `{node}`, `{zone}`, `{ip}`, `{n}`, `{restart}`, `{time}`, `{cpu}` and `{memory}` are filled in",
            "what it lived through"),
        AnnotationNote(["log-from"], "`CONFIGMAP/KEY`: such lines stand there", "none"),
        AnnotationNote(["log-every"], "time from one of its lines to the next", range: "1ms to 87600h", "`1s`"),
        AnnotationNote(["termination-message"], "what it writes to `terminationMessagePath` when it ends without being killed", "nothing"),
        AnnotationNote(
            ["demand"], of: "Deployment, StatefulSet, DaemonSet, ReplicaSet or Service",
            "CPU that it is asked for in sum, shared by its ready pods: `2`, `200m..6/30m` swings in 30 minutes, `500m@0s 6@5m` from those times on", "none"),
        AnnotationNote(
            ["metric-NAME"], of: "HorizontalPodAutoscaler", "value of the Object or External metric NAME, which an adapter would serve: `25`",
            "the metric cannot be had"),
        AnnotationNote(["node-selector"], of: "KubeletConfiguration", "labels of the nodes that the document is for: `pool=big`", "all nodes"),
        AnnotationNote(["volumes-per-node"], of: "CSIDriver", "how many volumes of the driver a node can have", "as many as are wanted"),
        AnnotationNote(
            ["csi-provisioner", "csi-attacher", "csi-resizer"], of: "CSIDriver",
            "version of the driver's sidecar, such as `v3.2.1`; old ones do not know ReadWriteOncePod", "new enough"),
    ]
}
