import ControlPlane
import KubernetesAPI
import Manifests
import SimulationKit

/// The object that `yaml` describes.
func object<O: KubernetesObject>(_ type: O.Type, _ yaml: String) -> O {
    let set = ManifestReader.read(text: yaml)
    let (objects, problems) = set.decodeAll()
    precondition(set.problems.isEmpty && problems.isEmpty, "\(set.problems) \(problems)")
    return objects[0] as! O
}

/// A cluster with the objects that `yaml` describes, `seconds` after its start.
func cluster(_ yaml: String, at seconds: Int = 100, profile: KubernetesProfile = KubernetesProfile(minor: 36)) -> Cluster {
    var cluster = Cluster(profile: profile)
    func add<O: StoredObject>(_ object: O) { _ = try! cluster.adopt(object) }
    let set = ManifestReader.read(text: yaml)
    let (objects, problems) = set.decodeAll()
    precondition(set.problems.isEmpty && problems.isEmpty, "\(set.problems) \(problems)")
    for object in objects {
        let stored = object as! any StoredObject
        add(stored)
    }
    cluster.now = .start + .seconds(seconds)
    return cluster
}
