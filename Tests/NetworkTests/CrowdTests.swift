// Many clients at once, well and badly behaved: nothing that was acknowledged is lost, and watchers see each change once and in order.

#if Network
    import Dispatch
    import Foundation
    import Synchronization
    import Testing

    @Suite struct CrowdTests {
        private static let configMaps = "/api/v1/namespaces/default/configmaps"

        private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n" }

        /// Creates ConfigMaps one after another; returns those that were acknowledged.
        private func write(_ server: TestServer, _ writer: Int, count: Int) throws -> [String] {
            let client = try server.connect()
            return (0..<count).compactMap { index in
                let name = "w\(writer)-\(index)"
                let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"writer":"\#(writer)"}}"#
                let answer = client.answer(
                    "POST \(Self.configMaps) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                return answer.hasPrefix("HTTP/1.1 201 ") ? name : nil
            }
        }

        /// What a watcher has seen: the names that were added, and the revisions.
        private func seen(_ client: TestClient) -> (added: [String], revisions: [Int]) {
            struct Event: Decodable {
                struct Object: Decodable {
                    struct Metadata: Decodable {
                        var name: String
                        var resourceVersion: String
                    }
                    var metadata: Metadata
                }
                var type: String
                var object: Object
            }
            let events = client.unchunked.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONDecoder().decode(Event.self, from: Data($0)) }
            let added = events.filter { $0.type == "ADDED" && $0.object.metadata.name.hasPrefix("w") }
            return (added.map(\.object.metadata.name), added.compactMap { Int($0.object.metadata.resourceVersion) })
        }

        /// What does not belong on the line, or ends in the middle.
        private func misbehave(_ server: TestServer, _ number: Int) throws {
            for round in 0..<5 {
                let client = try server.connect(as: number % 2 == 0 ? "admin" : nil)
                switch (number + round) % 5 {
                case 0: client.send("\u{0}\u{1}garbage\r\n\r\n")
                case 1: client.send("POST \(Self.configMaps) HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{\"kind\":")
                case 2:
                    client.send(get(Self.configMaps + "?watch=true"))
                    _ = client.wait(2) { $0.contains("200 OK") }
                case 3: client.send("POST \(Self.configMaps) HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nno object" + get("/version"))
                default: client.send(get("/version") + get("/nowhere") + "GET")
                }
                usleep(useconds_t(1000 * ((number + round) % 4)))
                client.close()
            }
        }

        @Test func `fifty clients write, watch, leave and send garbage, and nothing acknowledged is lost`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let watchers = try (0..<10).map { _ in
                let watcher = try server.connect()
                watcher.send(get(Self.configMaps + "?watch=true"))
                return watcher
            }
            // One that never reads must not be in the way of the others.
            let deaf = try server.connect(readsAtOnce: false)
            deaf.send(get(Self.configMaps + "?watch=true"))
            for watcher in watchers { #expect(watcher.wait { $0.contains("200 OK") } as Bool) }
            let acknowledged = Mutex<[String]>([])
            let problems = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 39) { number in
                do {
                    if number % 2 == 0 {
                        let names = try write(server, number, count: 10)
                        acknowledged.withLock { $0 += names }
                    } else {
                        try misbehave(server, number)
                    }
                } catch {
                    problems.withLock { $0.append("\(error)") }
                }
            }
            #expect(problems.withLock { $0 } == [])
            let names = acknowledged.withLock { $0.sorted() }
            #expect(names.count == 200)
            for watcher in watchers {
                let complete = watcher.wait { _ in seen(watcher).added.count >= names.count }
                #expect(complete)
                let (added, revisions) = seen(watcher)
                #expect(added.sorted() == names)
                #expect(zip(revisions, revisions.dropFirst()).allSatisfy { $0 < $1 })
            }
            let list = try server.connect().answer(get(Self.configMaps))
            let missing = names.filter { !list.contains("\"name\":\"\($0)\"") }
            #expect(missing == [])
        }
    }
#endif
