// The programs of the simulated image that are about the network.

import ControlPlane
import KubernetesAPI
import SimulationKit

extension Shell {
    /// Runs one of these programs; nil if it is none of them.
    mutating func performNetwork(_ name: String, _ arguments: [String], _ turn: inout Turn) -> Result? {
        switch name {
        case "nslookup": return lookUp(arguments, turn)
        case "getent": return entries(arguments, turn)
        case "curl": return curl(arguments, &turn)
        case "wget": return wget(arguments, &turn)
        default: return nil
        }
    }

    // MARK: Names

    private func lookUp(_ arguments: [String], _ turn: Turn) -> Result {
        guard let name = arguments.first(where: { !$0.hasPrefix("-") }) else { return .fail("nslookup: usage: nslookup NAME") }
        let network = PodNetwork(turn.simulation)
        guard network.hasNameServer else {
            return Result(out: Array(";; connection timed out; no servers could be reached\n\n".utf8), code: 1, delay: .seconds(15))
        }
        var text = "Server:\t\t\(network.nameServer)\nAddress:\t\(network.nameServer):53\n\n"
        guard let (full, addresses) = network.resolve(name, in: turn.pod.namespace) else {
            return .text(text + "** server can't find \(name): NXDOMAIN\n\n", 1)
        }
        for address in addresses { text += "Name:\t\(full)\nAddress: \(address)\n" }
        return .text(text + "\n")
    }

    private func entries(_ arguments: [String], _ turn: Turn) -> Result {
        guard arguments.count >= 2, ["hosts", "ahosts", "ahostsv4"].contains(arguments[0]) else {
            return .fail("getent: only hosts is known to this simulated image", arguments.count < 2 ? 1 : 2)
        }
        let network = PodNetwork(turn.simulation)
        guard network.hasNameServer, let (full, addresses) = network.resolve(arguments[1], in: turn.pod.namespace) else { return Result(code: 2) }
        return .text(addresses.map { "\($0)\(String(repeating: " ", count: max(1, 16 - $0.count)))\(full)\n" }.joined())
    }

    // MARK: Requests

    private struct Address {
        var scheme = "http"
        var host = ""
        var port = 80
        var path = "/"

        init?(_ text: String) {
            var rest = text[...]
            if let range = rest.firstRange(of: "://") {
                scheme = rest[..<range.lowerBound].lowercased()
                rest = rest[range.upperBound...]
            }
            guard scheme == "http" || scheme == "https" else { return nil }
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            let tail = rest[authority.endIndex...]
            path = tail.isEmpty ? "/" : tail.hasPrefix("/") ? String(tail) : "/\(tail)"
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(parts[0])
            port = scheme == "https" ? 443 : 80
            if parts.count == 2 {
                guard let number = Int(parts[1]), (1...65535).contains(number) else { return nil }
                port = number
            }
            if host.isEmpty { return nil }
        }
    }
    fileprivate enum Answer {
        case response(HTTPText)
        case unknownHost, refused, timeout, unknownCertificate, notTLS, notHTTP
    }
    private struct Request {
        var method = "GET"
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        var checksCertificate = true
        var trustsCluster = false

        /// Adds `Name: value`.
        mutating func add(header: String) {
            let parts = header.split(separator: ":", maxSplits: 1).map(String.init)
            if parts.count == 2 { headers.append((parts[0], String(parts[1].drop { $0 == " " }))) }
        }
    }

    private func send(_ request: Request, to address: Address, _ turn: Turn) -> (Answer, ip: String) {
        let simulation = turn.simulation
        let network = PodNetwork(simulation)
        guard network.hasNameServer || PodNetwork.isAddress(address.host), let (_, addresses) = network.resolve(address.host, in: turn.pod.namespace) else {
            return (.unknownHost, "")
        }
        let draw = StableHash.fnv1a64("\(uid) \(simulation.now.nanoseconds) \(address.host)")
        let ip = addresses[Int(draw % UInt64(addresses.count))]
        switch network.connect(from: turn.pod, to: ip, port: address.port, draw: draw) {
        case .refused: return (.refused, ip)
        case .timeout: return (.timeout, ip)
        case .server:
            if address.scheme != "https" {
                return (.response(HTTPText(status: 400, type: "text/plain; charset=utf-8", body: "Client sent an HTTP request to an HTTPS server.\n")), ip)
            }
            if request.checksCertificate, !request.trustsCluster { return (.unknownCertificate, ip) }
            let token = request.headers.first { $0.name.lowercased() == "authorization" }?.value
            return (askServer(request.method, address.path, token: token, turn), ip)
        case .pod(let target, let port):
            let speaksTLS = target.spec.containers.flatMap(\.ports).contains {
                $0.containerPort == port && ($0.name.contains("https") || [443, 6443, 8443].contains(port))
            }
            if address.scheme == "https", !speaksTLS { return (.notTLS, ip) }
            if address.scheme == "http", speaksTLS {
                return (.response(HTTPText(status: 400, type: "text/plain; charset=utf-8", body: "Client sent an HTTP request to an HTTPS server.\n")), ip)
            }
            if address.scheme == "https", request.checksCertificate { return (.unknownCertificate, ip) }
            var head = "\(request.method) \(address.path) HTTP/1.1\r\nHost: \(address.host)\r\n"
            for header in request.headers { head += "\(header.name): \(header.value)\r\n" }
            head += "Content-Length: \(request.body.count)\r\n\r\n"
            guard case .response(let bytes, _) = simulation.answer(of: target.key, port: port, request: Array(head.utf8) + request.body),
                let text = HTTPText(response: bytes)
            else { return (.refused, ip) }
            return (.response(text), ip)
        }
    }

    /// The API server's answer to a container, over the links as they are: authenticated by the token that was sent, authorized by roles.
    private func askServer(_ method: String, _ path: String, token: String?, _ turn: Turn) -> Answer {
        let simulation = turn.simulation
        let cluster = simulation.cluster
        let trace = simulation.trace(.fromPod(pod))
        if trace.failedHop != nil {
            if trace.answer.contains("refused") { return .refused }
            if trace.answer.contains("timeout") { return .timeout }
        }
        func refused(_ error: APIError) -> Answer {
            .response(HTTPText(status: error.code, type: "application/json", body: error.status.text() + "\n"))
        }
        var user = UserInfo.anonymous
        if let token {
            guard token.hasPrefix("Bearer "), case .success(let known) = cluster.authenticate(token: String(token.dropFirst(7))) else {
                return refused(APIError(code: 401, reason: "Unauthorized", message: "Unauthorized"))
            }
            user = known.user
        }
        let plain = String(path.prefix { $0 != "?" })
        let request = AccessRequest(method: method, path: plain)
        let decision = Authorizer(cluster).decide(user, request)
        guard decision.isAllowed else { return refused(request.refusal(of: user, reason: decision.reason)) }
        switch plain {
        case "/healthz", "/livez", "/readyz": return .response(HTTPText(status: 200, type: "text/plain", body: "ok"))
        case "/version":
            let version = simulation.options.profile.version
            let body: JSONValue = ["major": "1", "minor": .string("\(version.minor)"), "gitVersion": .string("v\(version).0"), "platform": "linux/amd64"]
            return .response(HTTPText(status: 200, type: "application/json", body: body.text() + "\n"))
        case "/api": return .response(HTTPText(status: 200, type: "application/json", body: "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}\n"))
        default: break
        }
        guard ["get", "list"].contains(request.verb), request.subresource.isEmpty, let info = KindInfo.find(request.resource), info.group == request.group
        else {
            return refused(APIError(code: 404, reason: "NotFound", message: "the server could not find the requested resource"))
        }
        if request.verb == "get" {
            let key = ObjectKey(namespace: info.isNamespaced ? request.namespace : "", name: request.name)
            guard let object = cluster.store.object(info.type, key) else { return refused(.notFound(info, request.name)) }
            return .response(HTTPText(status: 200, type: "application/json", body: cluster.document(of: object).text() + "\n"))
        }
        let items = cluster.store.objects(of: info).filter { request.namespace.isEmpty || $0.metadata.namespace == request.namespace }
        let list: JSONValue = [
            "kind": .string("\(info.kind)List"), "apiVersion": .string(info.apiVersion), "metadata": ["resourceVersion": .string("\(cluster.store.revision)")],
            "items": .array(items.map { cluster.document(of: $0) }),
        ]
        return .response(HTTPText(status: 200, type: "application/json", body: list.text() + "\n"))
    }

    /// What was asked of curl.
    private struct CurlOptions {
        var request = Request()
        var urls: [String] = []
        var output: String?
        var (silent, showsHead, onlyHead, fails) = (false, false, false, false)
        var format = ""
        var certificates: String?
        var patience = Duration.seconds(130)

        /// Reads the arguments; returns the option that is not known, if there is one.
        mutating func read(_ arguments: [String]) -> String? {
            var rest = arguments[...]
            while let word = rest.popFirst() {
                switch word {
                case "-X", "--request": request.method = rest.popFirst() ?? "GET"
                case "-H", "--header": request.add(header: rest.popFirst() ?? "")
                case "-d", "--data", "--data-raw":
                    request.body += (rest.popFirst() ?? "").utf8
                    if request.method == "GET" { request.method = "POST" }
                case "-o", "--output": output = rest.popFirst()
                case "-m", "--max-time", "--connect-timeout": patience = Shell.patience(rest.popFirst()) ?? patience
                case "-w", "--write-out": format = rest.popFirst() ?? ""
                case "--cacert": certificates = rest.popFirst()
                case "--insecure", "--silent", "--include", "--head", "--fail":
                    let short: [String: Character] = ["--insecure": "k", "--silent": "s", "--include": "i", "--head": "I", "--fail": "f"]
                    if let flag = short[word] { _ = set(flag) }
                case "-A", "-u", "--user", "--retry": _ = rest.popFirst()
                case let flags where flags.hasPrefix("-") && !flags.hasPrefix("--") && flags.count > 1:
                    for flag in flags.dropFirst() where !set(flag) { return "-\(flag)" }
                case let word where word.hasPrefix("--"): return word
                default: urls.append(word)
                }
            }
            return nil
        }
        private mutating func set(_ flag: Character) -> Bool {
            switch flag {
            case "s": silent = true
            case "k": request.checksCertificate = false
            case "i": showsHead = true
            case "I": (onlyHead, request.method) = (true, "HEAD")
            case "f": fails = true
            case "S", "L", "v", "g", "4", "N": break
            default: return false
            }
            return true
        }
    }
    /// A time-out in seconds.
    private static func patience(_ text: String?) -> Duration? {
        text.flatMap { Double($0) }.flatMap { (0...1e6).contains($0) ? .seconds($0) : nil }
    }

    private mutating func curl(_ arguments: [String], _ turn: inout Turn) -> Result {
        var options = CurlOptions()
        if let unknown = options.read(arguments) {
            return .fail("curl: option \(unknown): is unknown\ncurl: try 'curl --help' for more information", 2)
        }
        if let file = options.certificates {
            let path = ContainerFiles.absolute(file, from: directory)
            guard turn.files.node(path)?.bytes != nil else { return .fail("curl: (77) error setting certificate file: \(path)", 77) }
            options.request.trustsCluster = true
        }
        let patience = options.patience
        guard let url = options.urls.first else { return .fail("curl: (2) no URL specified", 2) }
        guard let address = Address(url) else { return .fail("curl: (3) URL rejected: Malformed input to a URL function", 3) }
        func fail(_ code: Int, _ text: String, after delay: Duration = .zero) -> Result {
            var result = options.silent ? Result(code: code) : Result.fail("curl: (\(code)) \(text)", code)
            result.delay = delay
            return result
        }
        switch send(options.request, to: address, turn).0 {
        case .unknownHost: return fail(6, "Could not resolve host: \(address.host)")
        case .refused: return fail(7, "Failed to connect to \(address.host) port \(address.port) after 1 ms: Could not connect to server")
        case .timeout:
            return fail(
                28, "Failed to connect to \(address.host) port \(address.port) after \(patience.wholeSeconds * 1000) ms: Could not connect to server",
                after: patience)
        case .unknownCertificate: return fail(60, "SSL certificate problem: unable to get local issuer certificate")
        case .notTLS: return fail(35, "TLS connect error: error:0A0000C6:SSL routines::packet length too long")
        case .notHTTP: return fail(52, "Empty reply from server")
        case .response(let response):
            if options.fails, response.status >= 400 { return fail(22, "The requested URL returned error: \(response.status)") }
            var bytes = options.showsHead || options.onlyHead ? Array(response.head.utf8) : []
            if !options.onlyHead { bytes += response.body.utf8 }
            if let output = options.output, output != "-", let problem = write(bytes, ContainerFiles.absolute(output, from: directory), mode: 0o644, &turn) {
                return fail(23, "Failure writing output to destination: \(problem)")
            }
            let report = options.format.replacing("%{http_code}", with: "\(response.status)").replacing("\\n", with: "\n")
            return Result(out: (options.output == nil || options.output == "-" ? bytes : []) + Array(report.utf8))
        }
    }

    private mutating func wget(_ arguments: [String], _ turn: inout Turn) -> Result {
        var (request, url, output, quiet, patience) = (Request(), "", String?.none, false, Duration.seconds(900))
        request.checksCertificate = true
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-O": output = rest.popFirst()
            case "-T": patience = Self.patience(rest.popFirst()) ?? patience
            case "-q": quiet = true
            case "--no-check-certificate": request.checksCertificate = false
            case "--header": request.add(header: rest.popFirst() ?? "")
            case "--spider", "-S": output = "/dev/null"
            case let flags where flags.hasPrefix("-qO"):
                quiet = true
                output = flags.count > 3 ? String(flags.dropFirst(3)) : rest.popFirst()
            case let flags where flags.hasPrefix("-O") && flags.count > 2: output = String(flags.dropFirst(2))
            case let flags where flags.hasPrefix("-"): return .fail("wget: unrecognized option '\(flags)'")
            default: url = word
            }
        }
        guard let address = Address(url) else { return .fail("wget: bad address '\(url)'") }
        let (answer, ip) = send(request, to: address, turn)
        let heading = quiet ? "" : "Connecting to \(address.host) (\(ip):\(address.port))\n"
        func fail(_ text: String, after delay: Duration = .zero) -> Result {
            Result(err: Array((answer.isUnknown ? "" : heading).utf8) + Array("wget: \(text)\n".utf8), code: 1, delay: delay)
        }
        switch answer {
        case .unknownHost: return fail("bad address '\(address.host)'")
        case .refused: return fail("can't connect to remote host (\(ip)): Connection refused")
        case .timeout:
            return fail(
                patience == .seconds(900) ? "can't connect to remote host (\(ip)): Operation timed out" : "download timed out",
                after: min(patience, .seconds(130)))
        case .unknownCertificate: return fail("TLS error from peer (alert code 48): unknown CA")
        case .notTLS, .notHTTP: return fail("error getting response: Invalid argument")
        case .response(let response):
            if response.status >= 400 { return fail("server returned error: HTTP/1.1 \(response.status) \(response.reason)") }
            if output == "-" { return Result(out: Array(response.body.utf8), err: Array(heading.utf8)) }
            let last = address.path.split(separator: "/").last.map(String.init) ?? "index.html"
            let name = output ?? (address.path.hasSuffix("/") ? "index.html" : last)
            if let problem = write(Array(response.body.utf8), ContainerFiles.absolute(name, from: directory), mode: 0o644, &turn) {
                return fail("can't open '\(name)': \(problem)")
            }
            return Result(err: quiet ? [] : Array("\(heading)saving to '\(name)'\n'\(name)' saved\n".utf8))
        }
    }
}

extension Shell.Answer {
    fileprivate var isUnknown: Bool { if case .unknownHost = self { true } else { false } }
}
