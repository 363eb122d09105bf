// HTTP as clients and others send it.

#if Network
    import Foundation
    import Network
    import Testing

    @Suite struct HTTPServerTests {
        private func get(_ path: String, _ more: String = "") -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\(more)\r\n" }

        @Test func `a request is answered, and the connection stays open for the next`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let client = try server.connect()
            for _ in 0..<3 {
                let answer = client.answer(get("/nowhere"))
                #expect(answer.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n404 page not found\n"))
            }
            #expect(!client.isOver)
        }

        @Test func `each request is a line of the audit log, a stream two`() throws {
            let path = FileManager.default.temporaryDirectory.appending(path: "evenkeel-audit-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            let log = try AuditLog(path: path)
            let server = try TestServer(audit: log)
            let client = try server.connect()
            _ = client.answer(get("/api/v1/namespaces/default/pods/none?x=y", "User-Agent: test/1\r\nImpersonate-User: jane\r\n"))
            _ = client.answer(get("/api/v1/namespaces/default/pods/none"))
            _ = client.answer(get("/api/v1/nodes?watch=true&timeoutSeconds=1", "Connection: close\r\n"))
            let ended = client.waitForEnd()
            #expect(ended)
            server.stop()
            log.flush()
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let lines = try text.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            #expect(lines.map { $0["stage"] as? String } == ["ResponseComplete", "ResponseComplete", "ResponseStarted", "ResponseComplete"])
            #expect(lines.allSatisfy { $0["apiVersion"] as? String == "audit.k8s.io/v1" && $0["sourceIPs"] as? [String] == ["127.0.0.1"] })
            #expect(lines.map { ($0["responseStatus"] as? [String: Any])?["code"] as? Int } == [403, 404, 200, 200])
            let first = lines[0]
            #expect(first["requestURI"] as? String == "/api/v1/namespaces/default/pods/none?x=y" && first["userAgent"] as? String == "test/1")
            #expect((first["user"] as? [String: Any])?["username"] as? String == "admin")
            #expect((first["impersonatedUser"] as? [String: Any])?["username"] as? String == "jane")
            #expect((first["objectRef"] as? [String: String]) == ["resource": "pods", "namespace": "default", "name": "none", "apiVersion": "v1"])
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }

        @Test func `big answers are packed for whoever accepts that`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let plain = try server.connect()
            _ = plain.answer(get("/openapi/v2"))
            let client = try server.connect()
            _ = client.answer(get("/openapi/v2", "Accept-Encoding: deflate, gzip;q=1.0\r\n"))
            #expect(client.head?.contains("content-encoding: gzip\r\nvary: Accept-Encoding\r\n") == true)
            #expect(client.body.starts(with: [0x1f, 0x8b]) && client.body.count < plain.body.count / 3)
            // The end of the form tells how long it was.
            let length = client.body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(length == plain.body.count && plain.head?.contains("encoding") == false)
            #expect(!client.answer(get("/version", "Accept-Encoding: gzip\r\n")).contains("encoding"))
        }

        @Test func `requests sent together are answered in their order`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let client = try server.connect()
            client.send(get("/apis/evenkeel.dev/v1/time") + get("/nowhere") + get("/apis/evenkeel.dev/v1/time", "Connection: close\r\n"))
            let ended = client.waitForEnd()
            #expect(ended)
            let codes = client.text.matches(of: /HTTP\/1.1 ([0-9]+)/).map { String($0.1) }
            #expect(codes == ["200", "404", "200"])
        }

        @Test func `time can be read, stopped and moved on by an administrator alone`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let client = try server.connect()
            func post(_ body: String) -> String {
                client.answer("POST /apis/evenkeel.dev/v1/time HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            }
            let stopped = post(#"{"paused": true}"#)
            #expect(stopped.contains(#""paused":true,"speed":1"#))
            let before = post(#"{"speed": 0}"#).split(separator: "\"now\":\"")[1].prefix(20)
            let after = post(#"{"advance": "10m"}"#).split(separator: "\"now\":\"")[1].prefix(20)
            let form = ISO8601DateFormatter()
            let (first, second) = (form.date(from: String(before)), form.date(from: String(after)))
            #expect(first.flatMap { second?.timeIntervalSince($0) } == 600)
            #expect(post(#"{"speed": "max"}"#).contains(#""paused":false,"speed":"max""#))
            #expect(post(#"{"speed": 12345}"#).hasPrefix("HTTP/1.1 422"))
            #expect(post("what").hasPrefix("HTTP/1.1 400"))
            for stranger in [try server.connect(as: nil), try server.connect(as: "jane", groups: ["dev"])] {
                #expect(stranger.answer(get("/apis/evenkeel.dev/v1/time")).hasPrefix("HTTP/1.1 403"))
            }
        }

        @Test func `garbage is answered with 400 and the end`() throws {
            let server = try TestServer()
            defer { server.stop() }
            for garbage in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "HELLO\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n"] {
                let client = try server.connect()
                client.send(garbage)
                let ended = client.waitForEnd()
                #expect(ended)
                #expect(client.text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(garbage)")
            }
        }

        @Test func `what is too large is refused with upstream's codes`() throws {
            var limits = ServerLimits()
            limits.headers = 100 << 10
            let server = try TestServer(limits: limits)
            defer { server.stop() }
            let body = try server.connect()
            body.send("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 3145729\r\n\r\n")
            let refused = body.wait { $0.contains("limit is 3145728") }
            #expect(refused)
            #expect(body.text.hasPrefix("HTTP/1.1 413 "))
            let chunked = try server.connect()
            chunked.send("POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let mebibyte = String(repeating: "x", count: 1 << 20)
            for _ in 0..<4 { chunked.send("100000\r\n\(mebibyte)\r\n") }
            let cut = chunked.wait { $0.hasPrefix("HTTP/1.1 413 ") }
            #expect(cut)
            let url = try server.connect()
            #expect(url.answer(get("/" + String(repeating: "a", count: 70_000))).hasPrefix("HTTP/1.1 414 "))
            let headers = try server.connect()
            headers.send("GET / HTTP/1.1\r\n" + (0..<30).map { "X-\($0): " + String(repeating: "b", count: 5000) + "\r\n" }.joined() + "\r\n")
            let overflow = headers.wait { $0.hasPrefix("HTTP/1.1 431 ") }
            #expect(overflow)
        }

        @Test func `a client that says nothing or half a request is let go`() throws {
            var limits = ServerLimits()
            limits.requestSeconds = 1
            let server = try TestServer(limits: limits)
            defer { server.stop() }
            let silent = try server.connect()
            let half = try server.connect()
            half.send("POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            let (first, second) = (silent.waitForEnd(5), half.waitForEnd(5))
            #expect(first && second)
        }

        @Test func `more requests than are allowed at once are told to try again later`() throws {
            var limits = ServerLimits()
            limits.requests = 0
            let server = try TestServer(limits: limits)
            defer { server.stop() }
            let answer = try server.connect().answer(get("/api"))
            #expect(answer.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
            #expect(answer.lowercased().contains("retry-after: 1\r\n"))
        }

        @Test func `more streams than are allowed at once are told to try again later, and those that are open go on`() throws {
            var limits = ServerLimits()
            limits.streams = 1
            let server = try TestServer(limits: limits)
            defer { server.stop() }
            let path = "/api/v1/namespaces/default/configmaps"
            let first = try server.connect()
            first.send(get(path + "?watch=true"))
            let hasBegun = first.wait { $0.contains("200 OK") }
            #expect(hasBegun)
            let second = try server.connect()
            second.send(get(path + "?watch=true"))
            let isRefused = second.wait { $0.hasPrefix("HTTP/1.1 429") && $0.lowercased().contains("retry-after: 1\r\n") }
            #expect(isRefused)
            let body = #"{"metadata":{"name":"told"}}"#
            #expect(second.answer("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)").contains("201 Created"))
            let isTold = first.wait { $0.contains(#""name":"told""#) }
            #expect(isTold)
            // Whoever leaves makes room.
            first.close()
            let third = try server.connect()
            let isLetIn = (0..<50).contains { _ in
                usleep(20_000)
                return third.answer(get(path + "?watch=true&timeoutSeconds=1")).hasPrefix("HTTP/1.1 200")
            }
            #expect(isLetIn)
        }

        @Test func `a watcher that does not read is dropped, and holds up nobody`() throws {
            var limits = ServerLimits()
            (limits.waitingChanges, limits.writeSeconds) = (10, 60)
            let server = try TestServer(limits: limits)
            defer { server.stop() }
            let path = "/api/v1/namespaces/default/configmaps"
            let deaf = try server.connect(receiveBuffer: 1 << 16)
            deaf.send(get(path + "?watch=true"))
            let isWatching = deaf.wait { $0.contains("200 OK") }
            #expect(isWatching)
            try deaf.reads(false)
            let watcher = try server.connect()
            watcher.send(get(path + "?watch=true"))
            let hasBegun = watcher.wait { $0.contains("200 OK") }
            #expect(hasBegun)
            // More than the sockets between them hold.
            let writer = try server.connect()
            let filling = String(repeating: "x", count: 200_000)
            for number in 0..<120 {
                let body = #"{"metadata":{"name":"big\#(number)"},"data":{"a":"\#(filling)"}}"#
                let answer = writer.answer("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
                guard answer.hasPrefix("HTTP/1.1 201") else { return #expect(Bool(false), "\(answer.prefix(200))") }
            }
            let sawLast = watcher.wait { $0.hasSuffix("}\n\r\n") && $0.contains(#""name":"big119""#) }
            #expect(sawLast)
            // It can read now, and hears the end of the connection rather than that of the list.
            try deaf.reads(true)
            let isDropped = deaf.waitForEnd()
            #expect(isDropped)
            #expect(!deaf.text.contains(#""name":"big119""#))
        }

        @Test func `a certificate of another authority is not let in`() throws {
            let server = try TestServer()
            defer { server.stop() }
            let other = try CertificateAuthority()
            let stranger = try TestClient(
                port: server.listener.port, authority: server.authority, identity: try other.client(user: "admin", groups: ["system:masters"]),
                receiveBuffer: 1 << 20)
            stranger.send(get("/apis/evenkeel.dev/v1/time"))
            let ended = stranger.waitForEnd()
            #expect(ended)
            #expect(stranger.text.isEmpty)
        }
    }
#endif
