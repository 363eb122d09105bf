// The clients of a crowd.

#if Network
    import NIOCore
    import SimulationKit

    /// Makes the namespace.
    final class Founder: Role {
        private let scene: Scene
        init(scene: Scene) { self.scene = scene }
        func connected(_ line: Line) { line.request("POST", "/api/v1/namespaces", #"{"metadata":{"name":"crowd"}}"#) }
        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if status != 201 { scene.ledger.complain("the namespace was refused: \(String(buffer: body))") }
            scene.ledger.enter(.founded)
            line.close()
        }
        func closed(_ line: Line) {}
    }

    /// Creates, replaces, patches and deletes objects of its own, one request after another, and remembers what it was told.
    final class Writer: Role {
        private let number: Int
        private let pause: Double
        private let scene: Scene
        private var random: SeededRandom
        private var made = 0
        private var count = 0
        private var names: [String] = []
        /// What was asked last, if it is not answered yet.
        private var asked: (name: String, number: Int?, status: Int)?

        init(number: Int, pause: Double, scene: Scene) {
            (self.number, self.pause, self.scene) = (number, pause, scene)
            random = SeededRandom(seed: scene.seed, stream: "writer \(number)")
        }

        func connected(_ line: Line) { ask(line) }

        private func ask(_ line: Line) {
            if scene.hasEnded { return line.close() }
            count += 1
            scene.ledger.enter(.writing)
            let choice = names.count < 3 ? 0 : names.count > 20 ? 3 : Int.random(in: 0..<4, using: &random)
            if choice == 0 {
                made += 1
                let name = "w\(number)-\(made)"
                asked = (name, count, 201)
                return line.request("POST", Crowd.path, document(name))
            }
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            switch choice {
            case 1:
                asked = (name, count, 200)
                line.request("PUT", "\(Crowd.path)/\(name)", document(name))
            case 2:
                asked = (name, count, 200)
                line.request("PATCH", "\(Crowd.path)/\(name)", type: "application/merge-patch+json", #"{"data":{"n":"\#(count)"}}"#)
            default:
                asked = (name, nil, 200)
                line.request("DELETE", "\(Crowd.path)/\(name)", "")
            }
        }

        private func document(_ name: String) -> String {
            #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"n":"\#(count)","writer":"\#(number)"}}"#
        }

        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            guard let (name, number, wanted) = asked else { return scene.ledger.complain("an answer to nobody: \(status)") }
            asked = nil
            if status == wanted {
                if status == 201 { names.append(name) }
                if number == nil { names.removeAll { $0 == name } }
                scene.ledger.acknowledge(name, number)
            } else if status == 429 {
                scene.ledger.notePutOff()
            } else {
                scene.ledger.complain("\(name): \(status) in place of \(wanted): \(String(buffer: body).prefix(300))")
            }
            scene.ledger.leave(.writing)
            let wait = Double.random(in: 0...2 * pause, using: &random)
            line.loop?.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(wait * 1e9))) { self.ask(line) }
        }

        func closed(_ line: Line) {
            if asked != nil {
                scene.ledger.leave(.writing)
                scene.ledger.complain("writer \(number) was left without an answer")
            }
        }
    }

    /// Watches from an empty list to the end, and looks whether each change comes once and in order.
    final class Watcher: Role {
        private let number: Int
        private let scene: Scene
        private var isWatching = false
        private var last = 0
        private var present: Set<String> = []
        private var hash: UInt64 = 0

        init(number: Int, scene: Scene) { (self.number, self.scene) = (number, scene) }

        func connected(_ line: Line) { line.get(Crowd.path) }

        func answered(_ status: Int, _ body: ByteBuffer, _ line: Line) {
            if isWatching { return scene.ledger.complain("watch \(number) ended with \(status): \(String(buffer: body).prefix(300))") }
            guard let revision = body.readableBytesView.text(after: Array(#""resourceVersion":""#.utf8)).flatMap({ Int($0) }) else {
                return scene.ledger.complain("a list without a revision: \(String(buffer: body).prefix(300))")
            }
            (isWatching, last) = (true, revision)
            scene.ledger.beginWatching(number)
            line.get("\(Crowd.path)?watch=true&resourceVersion=\(revision)")
        }

        private static let typeMark = Array(#""type":""#.utf8)
        private static let nameMark = Array(#""name":""#.utf8)
        private static let revisionMark = Array(#""resourceVersion":""#.utf8)

        func heard(_ text: ByteBufferView, _ line: Line) {
            guard let type = text.text(after: Self.typeMark), let name = text.text(after: Self.nameMark),
                let revision = text.text(after: Self.revisionMark).flatMap({ Int($0) })
            else { return scene.ledger.complain("watch \(number): \(String(decoding: text, as: UTF8.self).prefix(300))") }
            if revision <= last { scene.ledger.complain("watch \(number): \(type) \(name) at \(revision) after \(last)") }
            last = revision
            // What others than the writers have in the namespace.
            guard name.hasPrefix("w") else { return }
            let isRight =
                switch type {
                case "ADDED": present.insert(name).inserted
                case "MODIFIED": present.contains(name)
                case "DELETED": present.remove(name) != nil
                default: false
                }
            if !isRight { scene.ledger.complain("watch \(number): \(type) \(name) at \(revision) out of turn") }
            hash = (hash &* 1_099_511_628_211) ^ StableHash.fnv1a64("\(type) \(name) \(revision)")
            scene.ledger.see(number, hash)
        }

        func closed(_ line: Line) {
            if !scene.hasEnded { scene.ledger.complain("watcher \(number) was dropped") }
        }
    }

    /// Watches, and reads no more than the first line.
    final class DeafWatcher: Role {
        private let scene: Scene
        init(scene: Scene) { self.scene = scene }
        func connected(_ line: Line) { line.get("\(Crowd.path)?watch=true") }
        func heard(_ text: ByteBufferView, _ line: Line) { line.stopReading() }
        func closed(_ line: Line) { if !scene.hasEnded { scene.ledger.noteDropped() } }
    }

    /// Does what does not belong on the line, leaves, and comes again.
    final class Troublemaker: Role {
        private let number: Int
        private let scene: Scene
        private let isNobody: Bool
        private let round: Int
        private var random: SeededRandom

        init(number: Int, round: Int = 0, scene: Scene, isNobody: Bool = false) {
            (self.number, self.round, self.scene, self.isNobody) = (number, round, scene, isNobody)
            random = SeededRandom(seed: scene.seed, stream: "trouble \(number) \(round)")
        }

        func connected(_ line: Line) {
            scene.ledger.noteMisdeed()
            let post = "POST \(Crowd.path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            switch Int.random(in: 0..<10, using: &random) {
            case 0: line.send((0..<200).map { _ in UInt8.random(in: 0...255, using: &random) })
            case 1: line.send(post + "Content-Length: 500\r\n\r\n{\"kind\":")
            case 2: line.send(post + "Content-Length: 9\r\n\r\nno object")
            case 3: line.send(post + "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n{}")
            case 4: line.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\n\r\nGET")
            case 5: line.send("GET /\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\n\r\n")
            case 6: line.get("\(Crowd.path)?limit=\(Int.random(in: -2...5, using: &random))&continue=rubbish")
            case 7: line.get("/api/v1/configmaps", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
            case 8: line.request("PATCH", "\(Crowd.path)/kube-root-ca.crt", type: "application/json-patch+json", "[{\"op\":\"test\",\"path\":\"/~\"}]")
            default: line.get("\(Crowd.path)?watch=true")
            }
            let wait = Int64.random(in: 0...120_000_000, using: &random)
            line.loop?.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { line.close() }
            again(line)
        }

        func closed(_ line: Line) {}

        /// The same again on a new connection, after this one.
        private func again(_ line: Line) {
            guard let loop = line.loop else { return }
            let wait = Int64.random(in: 60_000_000...300_000_000, using: &random)
            let (number, round, scene, isNobody) = (number, round + 1, scene, Bool.random(using: &random))
            loop.scheduleTask(in: .nanoseconds(wait)) {
                if scene.hasEnded { return }
                _ = Line.open(isNobody ? scene.nobody : scene.place, isNobody ? scene.nobodysSecurity : scene.security, on: loop) {
                    Troublemaker(number: number, round: round, scene: scene, isNobody: isNobody)
                }
            }
        }
    }
#endif
