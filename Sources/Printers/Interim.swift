import ControlPlane
import KubernetesAPI
public enum Explain { public static func text(path: String, recursive: Bool) throws -> String { path } }
extension Printers { public static func describe(_ o: any StoredObject, in c: Cluster) -> String { o.metadata.name } }
