/// What the API server fills in.
public enum Defaulting {
    /// Fills in what the API server would when `object` is written.
    public static func apply<O: KubernetesObject>(_ object: inout O, profile: KubernetesProfile) {
    }
}
