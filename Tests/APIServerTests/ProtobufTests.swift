import Foundation
import KubernetesAPI
import Testing

@testable import APIServer

/// Requests that kubectl and helm sent as protobuf, each with the real API server's answer in JSON.
@Suite struct ProtobufTests {
    struct Sample: CustomTestStringConvertible {
        var line: Int
        var title: String
        var body: [UInt8]
        var answer: JSONValue
        var testDescription: String { "\(line) \(title)" }
    }

    static let samples: [Sample] = ["protobuf-requests.jsonl", "helm-protobuf-requests.jsonl"].flatMap { file in
        Recorded.lines(file).enumerated().compactMap { index, json -> Sample? in
            guard let data = Data(base64Encoded: json["body_b64"]?.string ?? "") else { return nil }
            return Sample(
                line: index + 1, title: "\(json["method"]?.string ?? "") \(json["uri"]?.string ?? "")", body: Array(data),
                answer: json.value(at: "answer.body") ?? .null)
        }
    }

    @Test func `all samples are there`() { #expect(Self.samples.count == 54) }

    @Test(arguments: samples) func `what was sent is in the answer of the real server`(_ sample: Sample) throws {
        let json = try ProtobufBody.json(sample.body)
        if sample.title.hasPrefix("DELETE") {
            #expect(json == ["apiVersion": "v1", "kind": "DeleteOptions"])
            return
        }
        var answer = sample.answer
        // The answer to this review has its status only.
        if json["kind"] == "SelfSubjectRulesReview" { answer["spec"] = json["spec"] }
        #expect(missing(json, in: answer, "") == [])
    }

    /// The paths of what `json` says and `answer` does not.
    private func missing(_ json: JSONValue, in answer: JSONValue?, _ path: String) -> [String] {
        switch (json, answer) {
        case (.object(let object), .object(let other)): object.members.flatMap { missing($0.value, in: other[$0.key], "\(path).\($0.key)") }
        case (.array(let elements), .array(let others)) where elements.count <= others.count:
            zip(elements, others).enumerated().flatMap { missing($1.0, in: $1.1, "\(path)[\($0)]") }
        default: json == answer ? [] : ["\(path): \(json.text()) is not \(answer?.text() ?? "there")"]
        }
    }

    @Test func `a deployment is what kubectl meant`() throws {
        let sample = try #require(Self.samples.first { $0.title.contains("/deployments") })
        let meant: JSONValue = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "d", "namespace": "pbv32", "labels": ["app": "d"]],
            "spec": [
                "replicas": 0, "selector": ["matchLabels": ["app": "d"]],
                "template": [
                    "metadata": ["labels": ["app": "d"]],
                    "spec": ["containers": [["name": "busybox", "image": "busybox", "ports": [["containerPort": 80]]]]],
                ],
            ],
        ]
        #expect(try ProtobufBody.json(sample.body).text() == meant.text())
    }

    @Test func `a quantity, a number or text, and bytes are read`() throws {
        let quota = try #require(Self.samples.first { $0.title.contains("/resourcequotas") })
        #expect(try ProtobufBody.json(quota.body).value(at: "spec.hard.pods") == "10")
        let service = try #require(Self.samples.first { $0.title.contains("/services?") })
        #expect(try ProtobufBody.json(service.body).value(at: "spec.ports[0].targetPort") == 8080)
        let secret = try #require(Self.samples.first { $0.title.contains("/secrets?") })
        #expect(try ProtobufBody.json(secret.body).value(at: "data.a") == "MQ==")
    }

    @Test func `bytes that are cut off anywhere are refused or read, never more`() throws {
        for sample in Self.samples {
            let whole = try ProtobufBody.json(sample.body)
            for length in 0..<sample.body.count {
                if let json = try? ProtobufBody.json(Array(sample.body.prefix(length))) { #expect(json == whole || length < sample.body.count) }
            }
        }
    }

    @Test func `bytes that are changed anywhere do not trap`() throws {
        for sample in Self.samples where sample.body.count < 600 {
            for at in sample.body.indices {
                for value: UInt8 in [0, 0x7f, 0x80, 0xff, sample.body[at] ^ 1, sample.body[at] ^ 2] {
                    var body = sample.body
                    body[at] = value
                    _ = try? ProtobufBody.json(body)
                }
            }
        }
    }

    @Test func `hostile bytes are refused`() {
        func refusal(_ bytes: [UInt8]) -> String? {
            do throws(ProtobufError) {
                _ = try ProtobufBody.json(bytes)
                return nil
            } catch { return error.message }
        }
        let magic = ProtobufBody.magic
        #expect(refusal(Array("{}".utf8))?.contains("does not appear to be a protobuf message") == true)
        #expect(refusal(magic + [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) == "unexpected EOF")
        #expect(refusal(magic + Array(repeating: 0xff, count: 12)) == "proto: integer overflow")
        #expect(refusal(magic + [0x0b]) == "proto: illegal wireType 3")
        #expect(refusal(magic + [0x00, 0x00]) == "proto: illegal tag 0")
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.text(1, "v1")
            $0.text(2, "Namespace")
        }
        // A million empty finalizers.
        writer.message(2) { $0.message(2) { for _ in 0..<1_000_000 { $0.text(1, "") } } }
        #expect(refusal(magic + writer.bytes) == "the message has too many values")
    }

    @Test func `a time, a duration and a field that is not known`() throws {
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.text(1, "coordination.k8s.io/v1")
            $0.text(2, "Lease")
        }
        writer.message(2) {
            $0.message(1) {
                $0.text(1, "l")
                $0.message(8) { $0.number(1, 1_767_225_601) }
                $0.text(4000, "unknown")
            }
            $0.message(2) {
                $0.message(4) {
                    $0.number(1, 1_767_225_600)
                    $0.number(2, 1_500_000)
                }
            }
        }
        #expect(
            try ProtobufBody.json(ProtobufBody.magic + writer.bytes) == [
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": ["name": "l", "creationTimestamp": "2026-01-01T00:00:01Z"], "spec": ["renewTime": "2026-01-01T00:00:00.001500Z"],
            ])
    }

    /// By the numbers in `k8s.io/api/scheduling/v1beta1/types.go` of 1.37.
    @Test func `a group of pods is what a typed client meant`() throws {
        var writer = ProtobufWriter()
        writer.message(1) {
            $0.text(1, "scheduling.k8s.io/v1beta1")
            $0.text(2, "PodGroup")
        }
        writer.message(2) {
            $0.message(1) { $0.text(1, "g") }
            $0.message(2) {
                $0.message(2) {
                    $0.text(1, "train")
                    $0.text(2, "workers")
                }
                $0.message(3) { $0.message(2) { $0.number(1, 4) } }
                $0.message(4) { $0.message(1) { $0.text(1, "rack") } }
                $0.message(6) { $0.message(2) { _ in } }
                $0.text(7, "high")
            }
        }
        #expect(
            try ProtobufBody.json(ProtobufBody.magic + writer.bytes) == [
                "apiVersion": "scheduling.k8s.io/v1beta1", "kind": "PodGroup", "metadata": ["name": "g"],
                "spec": [
                    "workloadRef": ["workloadName": "train", "templateName": "workers"], "schedulingPolicy": ["gang": ["minCount": 4]],
                    "schedulingConstraints": ["topology": [["key": "rack"]]], "disruptionMode": ["all": [:]], "priorityClassName": "high",
                ],
            ])
    }
}
