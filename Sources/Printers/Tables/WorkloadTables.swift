// Tables of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs and revisions.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension PodTemplateSpec {
    /// The cells of the columns CONTAINERS and IMAGES.
    var containerCells: [String] {
        [
            spec.containers.map(\.name).joined(separator: ","),
            spec.containers.map(\.image).joined(separator: ","),
        ]
    }
}

extension KindPrinter {
    static let deployment = KindPrinter(
        Deployment.self,
        [
            .name, TableColumn("READY"), TableColumn("UP-TO-DATE", .number),
            TableColumn("AVAILABLE", .number), .age,
        ]
            + TableColumn.containers + [.selector]
    ) { object, cluster in
        let status = object.status
        return [
            object.name, "\(status.readyReplicas)/\(object.spec.replicas ?? 1)",
            String(status.updatedReplicas),
            String(status.availableReplicas), object.age(cluster),
        ] + object.spec.template.containerCells + [object.spec.selector.text]
    }

    static let replicaSet = KindPrinter(
        ReplicaSet.self,
        [
            .name, TableColumn("DESIRED", .number), TableColumn("CURRENT", .number),
            TableColumn("READY", .number), .age,
        ]
            + TableColumn.containers + [.selector]
    ) { object, cluster in
        [
            object.name, String(object.spec.replicas ?? 1), String(object.status.replicas),
            String(object.status.readyReplicas), object.age(cluster),
        ] + object.spec.template.containerCells + [object.spec.selector.text]
    }

    static let replicationController = KindPrinter(
        ReplicationController.self,
        [
            .name, TableColumn("DESIRED", .number), TableColumn("CURRENT", .number),
            TableColumn("READY", .number), .age,
        ]
            + TableColumn.containers + [.selector]
    ) { object, cluster in
        func count(_ field: String) -> String { String(object.status?[field]?.int ?? 0) }
        return [
            object.name, String(object.spec.replicas ?? 1), count("replicas"), count("readyReplicas"),
            object.age(cluster),
        ] + (object.spec.template ?? PodTemplateSpec()).containerCells + [object.spec.selector.labelText]
    }

    static let statefulSet = KindPrinter(
        StatefulSet.self, [.name, TableColumn("READY"), .age] + TableColumn.containers
    ) { object, cluster in
        [object.name, "\(object.status.readyReplicas)/\(object.spec.replicas ?? 1)", object.age(cluster)]
            + object.spec.template.containerCells
    }

    static let daemonSet = KindPrinter(
        DaemonSet.self,
        [
            .name, TableColumn("DESIRED", .number), TableColumn("CURRENT", .number),
            TableColumn("READY", .number),
            TableColumn("UP-TO-DATE", .number), TableColumn("AVAILABLE", .number),
            TableColumn("NODE SELECTOR"), .age,
        ] + TableColumn.containers + [.selector]
    ) { object, cluster in
        let status = object.status
        return [
            object.name, String(status.desiredNumberScheduled), String(status.currentNumberScheduled),
            String(status.numberReady), String(status.updatedNumberScheduled), String(status.numberAvailable),
            object.spec.template.spec.nodeSelector.labelText, object.age(cluster),
        ] + object.spec.template.containerCells + [object.spec.selector.text]
    }

    static let job = KindPrinter(
        Job.self,
        [
            .name, TableColumn("STATUS"), TableColumn("COMPLETIONS"), TableColumn("DURATION", .age), .age,
        ] + TableColumn.containers + [.selector]
    ) { object, cluster in
        let status = object.status
        let completions: String
        if let wanted = object.spec.completions {
            completions = "\(status.succeeded)/\(wanted)"
        } else {
            let parallelism = object.spec.parallelism ?? 0
            completions =
                parallelism > 1 ? "\(status.succeeded)/1 of \(parallelism)" : "\(status.succeeded)/1"
        }
        let duration = status.startTime.map {
            Printers.ageText(from: $0, to: status.completionTime?.flooredToSecond ?? cluster.now)
        }
        return [object.name, JobDisplay.status(of: object), completions, duration ?? "", object.age(cluster)]
            + object.spec.template.containerCells + [object.spec.selector.text]
    }

    static let cronJob = KindPrinter(
        CronJob.self,
        [
            .name, TableColumn("SCHEDULE"), TableColumn("TIMEZONE"), TableColumn("SUSPEND"),
            TableColumn("ACTIVE", .number), TableColumn("LAST SCHEDULE", .age), .age,
        ] + TableColumn.containers + [.selector]
    ) { object, cluster in
        let spec = object.spec
        return [
            object.name, spec.schedule, spec.timeZone ?? "<none>",
            spec.suspend.map { $0 ? "True" : "False" } ?? "<unset>",
            String(object.status.active?.array?.count ?? 0),
            object.status.lastScheduleTime.map { Printers.ageText(from: $0, to: cluster.now) } ?? "<none>",
            object.age(cluster),
        ] + spec.jobTemplate.spec.template.containerCells + [spec.jobTemplate.spec.selector.text]
    }

    static let controllerRevision = KindPrinter(
        ControllerRevision.self, [.name, TableColumn("CONTROLLER"), TableColumn("REVISION", .number), .age]
    ) { object, cluster in
        var controller = "<none>"
        if let owner = object.metadata.controller {
            let group = owner.group.isEmpty ? "" : "." + owner.group
            controller = "\(owner.kind.lowercased())\(group)/\(owner.name)"
        }
        return [object.name, controller, String(object.revision), object.age(cluster)]
    }
}

/// What kubectl says about a job in one word.
public enum JobDisplay {
    /// Complete, Failed, Terminating, Suspended, FailureTarget, SuccessCriteriaMet or Running.
    public static func status(of job: Job) -> String {
        let conditions = job.status.conditions
        if conditions.isTrue(ConditionType.complete) { return ConditionType.complete }
        if conditions.isTrue(ConditionType.failed) { return ConditionType.failed }
        if job.metadata.isTerminating { return "Terminating" }
        return [ConditionType.suspended, ConditionType.failureTarget, ConditionType.successCriteriaMet].first(where: conditions.isTrue)
            ?? "Running"
    }
}
