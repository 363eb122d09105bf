/// What the API server refuses.
public enum Validation {
    /// What is wrong with `object` (after defaulting) when it is created; empty if nothing is.
    public static func create<O: KubernetesObject>(_ object: O, profile: KubernetesProfile) -> [FieldError] {
        []
    }
    /// What is wrong with the change from `old` to `new` (after defaulting).
    public static func update<O: KubernetesObject>(_ new: O, old: O, profile: KubernetesProfile) -> [FieldError] {
        []
    }
}
