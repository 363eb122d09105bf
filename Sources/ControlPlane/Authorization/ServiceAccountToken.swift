// Tokens of service accounts: made on request, bound to objects, and recognised again.

import KubernetesAPI
import SimulationKit

/// A token of a service account: what it claims, and its text, a JSON Web Token.
///
/// It is signed by ES256; the public half of the key is at `/openid/v1/jwks`. The same key and the same claims give the same text.
/// - Source: Kubernetes `pkg/serviceaccount/{claims,jwt}.go`, `pkg/registry/core/serviceaccount/storage/token.go`.
public struct ServiceAccountToken: Sendable, Equatable {
    /// An object without which the token is worth nothing.
    public struct Reference: Sendable, Equatable {
        public var name: String
        public var uid: String
        public init(name: String, uid: String) { (self.name, self.uid) = (name, uid) }
    }
    public var audiences: [String]
    public var account: ObjectKey
    public var accountUID: String
    public var pod: Reference?
    public var secret: Reference?
    public var node: Reference?
    public var issued: Instant
    public var expires: Instant
    /// From when on its use is counted as stale; only tokens whose life the server extended have it.
    public var warnAfter: Instant?
    /// A UUID that follows from everything else.
    public private(set) var id = ""

    /// Whom the API server is, for tokens.
    public static let serverAudience = "https://kubernetes.default.svc"
    /// The life that kubelets ask for, 60 minutes and 7 seconds, which marks tokens that the server extends.
    public static let podLife = Duration.seconds(3607)
    /// The life that the server gives to such tokens.
    public static let extendedLife = Duration.seconds(31_536_000)

    public init(
        audiences: [String] = [serverAudience], account: ObjectKey, accountUID: String, pod: Reference? = nil, secret: Reference? = nil,
        node: Reference? = nil, issued: Instant, expires: Instant, warnAfter: Instant? = nil
    ) {
        (self.audiences, self.account, self.accountUID, self.pod, self.secret) = (audiences, account, accountUID, pod, secret)
        (self.node, self.issued, self.expires, self.warnAfter) = (node, issued.flooredToSecond, expires.flooredToSecond, warnAfter?.flooredToSecond)
        id = StableHash.uuid(payload.text())
    }

    private var payload: JSONValue {
        func reference(_ object: Reference) -> JSONValue { ["name": .string(object.name), "uid": .string(object.uid)] }
        var bound: JSONObject = ["namespace": .string(account.namespace)]
        if let node { bound["node"] = reference(node) }
        if let pod { bound["pod"] = reference(pod) }
        if let secret { bound["secret"] = reference(secret) }
        bound["serviceaccount"] = reference(Reference(name: account.name, uid: accountUID))
        if let warnAfter { bound["warnafter"] = .int(warnAfter.unixSeconds) }
        return [
            "aud": .array(audiences.map { .string($0) }), "exp": .int(expires.unixSeconds), "iat": .int(issued.unixSeconds),
            "iss": .string(Self.serverAudience), "jti": .string(id), "kubernetes.io": .object(bound), "nbf": .int(issued.unixSeconds),
            "sub": .string("system:serviceaccount:\(account.namespace):\(account.name)"),
        ]
    }

    /// Three parts in base64, with dots between them.
    public func text(key: [UInt8]) -> String {
        let header = #"{"alg":"ES256","kid":"\#(Self.keyID(key))"}"#
        let body = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(payload.text().utf8)))"
        return "\(body).\(Base64URL.encode(SigningKey(secret: key).sign(Array(body.utf8))))"
    }
    private static func keyID(_ key: [UInt8]) -> String { Base64URL.encode(SHA256.hash(key)) }

    /// The public keys by which others check tokens (RFC 7517).
    public static func publicKeys(of key: [UInt8]) -> JSONValue {
        let point = SigningKey(secret: key).publicKey
        return [
            "keys": [
                [
                    "use": "sig", "kty": "EC", "kid": .string(keyID(key)), "crv": "P-256", "alg": "ES256", "x": .string(Base64URL.encode(point.x)),
                    "y": .string(Base64URL.encode(point.y)),
                ]
            ]
        ]
    }
    /// Where others find the public keys of a server at `address`.
    /// - Source: Kubernetes `pkg/serviceaccount/openidmetadata.go`
    public static func metadata(address: String) -> JSONValue {
        [
            "issuer": .string(serverAudience), "jwks_uri": .string("https://\(address)/openid/v1/jwks"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
        ]
    }

    /// Reads what ``text(key:)`` wrote with the same key; nil for anything else.
    public init?(_ text: String, key: [UInt8]) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]),
            SigningKey(secret: key).made(signature, of: Array("\(parts[0]).\(parts[1])".utf8)),
            let bytes = Base64URL.decode(parts[1]), let claims = try? JSONParser.read(bytes).value
        else { return nil }
        let bound = claims["kubernetes.io"]
        func moment(_ json: JSONValue?) -> Instant? { (json?.int).map(Instant.init(unixSeconds:)) }
        func reference(_ name: String) -> Reference? {
            guard let object = bound?[name], let name = object["name"]?.string, let uid = object["uid"]?.string else { return nil }
            return Reference(name: name, uid: uid)
        }
        guard let namespace = bound?["namespace"]?.string, let account = reference("serviceaccount"), let issued = moment(claims["iat"]),
            let expires = moment(claims["exp"])
        else { return nil }
        self.init(
            audiences: claims["aud"]?.array?.compactMap(\.string) ?? [], account: ObjectKey(namespace: namespace, name: account.name), accountUID: account.uid,
            pod: reference("pod"), secret: reference("secret"), node: reference("node"), issued: issued, expires: expires,
            warnAfter: moment(bound?["warnafter"]))
    }
}

/// Why a token is not taken.
public struct TokenRefusal: Error, Sendable, Equatable {
    public var text: String
}

extension Cluster {
    /// Who sent a request with this token, and for which of `audiences` it is. A refusal is a 401 for whoever asks for something else
    /// than a review.
    /// - Source: Kubernetes `pkg/serviceaccount/{jwt,claims}.go`.
    public func authenticate(
        token text: String, audiences: [String] = [ServiceAccountToken.serverAudience]
    ) -> Result<(user: UserInfo, audiences: [String], isStale: Bool), TokenRefusal> {
        func refuse(_ text: String) -> Result<(user: UserInfo, audiences: [String], isStale: Bool), TokenRefusal> { .failure(TokenRefusal(text: text)) }
        guard let token = ServiceAccountToken(text, key: tokenKey) else { return refuse("invalid bearer token") }
        let common = audiences.filter(token.audiences.contains)
        if common.isEmpty { return refuse("token audiences \(token.audiences.quoted) is invalid for the target audiences \(audiences.quoted)") }
        if now >= token.expires { return refuse("service account token has expired") }
        guard let account = store.serviceAccounts[token.account] else { return refuse("serviceaccounts \"\(token.account.name)\" not found") }
        if account.metadata.uid != token.accountUID {
            return refuse("service account UID (\(account.metadata.uid)) does not match claim (\(token.accountUID))")
        }
        /// Whether the bound object is there; one that is being deleted counts for a minute.
        func holds(_ reference: ServiceAccountToken.Reference?, _ object: (any StoredObject)?) -> Bool {
            guard let reference else { return true }
            guard let object, object.metadata.uid == reference.uid else { return false }
            return object.metadata.deletionTimestamp.map { now < $0 + .seconds(60) } ?? true
        }
        func key(_ reference: ServiceAccountToken.Reference?) -> ObjectKey {
            ObjectKey(namespace: token.account.namespace, name: reference?.name ?? "")
        }
        guard holds(token.pod, store.pods[key(token.pod)]), holds(token.secret, store.secrets[key(token.secret)]),
            token.pod != nil || holds(token.node, store.nodes[ObjectKey(name: token.node?.name ?? "")])
        else { return refuse("service account token has been invalidated") }
        var user = UserInfo.serviceAccount(token.account, uid: token.accountUID)
        user.extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(token.id)"]
        for (kind, reference) in [("node", token.node), ("pod", token.pod)] {
            guard let reference else { continue }
            user.extra["authentication.kubernetes.io/\(kind)-name"] = [reference.name]
            user.extra["authentication.kubernetes.io/\(kind)-uid"] = [reference.uid]
        }
        return .success((user, common, token.warnAfter.map { now > $0 } ?? false))
    }

    /// A token for a pod of `account`, as its kubelet asks for one; nil without the account.
    /// - Parameter extending: `--service-account-extend-token-expiration`.
    public func token(for pod: Pod, issued: Instant, extending: Bool = true) -> ServiceAccountToken? {
        let name = pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName
        guard let account = store.serviceAccounts[ObjectKey(namespace: pod.namespace, name: name)] else { return nil }
        let node = store.nodes[ObjectKey(name: pod.nodeName)].map { ServiceAccountToken.Reference(name: $0.name, uid: $0.metadata.uid) }
        return ServiceAccountToken(
            account: account.key, accountUID: account.metadata.uid, pod: .init(name: pod.name, uid: pod.metadata.uid), node: node, issued: issued,
            expires: issued + (extending ? ServiceAccountToken.extendedLife : ServiceAccountToken.podLife),
            warnAfter: extending ? issued + ServiceAccountToken.podLife : nil)
    }

    /// Returns what a TokenRequest (`serviceaccounts/NAME/token`) gets: the object with its token; the code is 201.
    /// - Source: Kubernetes `pkg/registry/core/serviceaccount/storage/token.go`, `pkg/apis/authentication/validation/validation.go`.
    public func requestToken(_ key: ObjectKey, _ body: JSONValue) throws(APIError) -> JSONValue {
        let info = KindInfo.custom(apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest")
        if let name = body["metadata"]?["name"]?.string, !name.isEmpty, name != key.name {
            throw .badRequest("name in URL does not match name in TokenRequest object")
        }
        if let namespace = body["metadata"]?["namespace"]?.string, !namespace.isEmpty, namespace != key.namespace {
            throw .badRequest("namespace in URL does not match namespace in TokenRequest object")
        }
        guard let account = store.serviceAccounts[key] else { throw .notFound(Kind.serviceAccount.info, key.name) }
        let spec = body["spec"]
        let seconds = spec?["expirationSeconds"]?.int ?? 3600
        var problem: String?
        if seconds < 600 { problem = "may not specify a duration less than 10 minutes" }
        if seconds > 1 << 32 { problem = "may not specify a duration larger than 2^32 seconds" }
        if let problem { throw .invalid(info, "", [FieldError(.invalid, "spec.expirationSeconds", value: String(seconds), problem)]) }
        let named = spec?["audiences"]?.array?.compactMap(\.string) ?? []
        let audiences = named.isEmpty ? [ServiceAccountToken.serverAudience] : named
        let reference = spec?["boundObjectRef"].flatMap { $0 == .null ? nil : $0 }
        var (pod, secret, node): (ServiceAccountToken.Reference?, ServiceAccountToken.Reference?, ServiceAccountToken.Reference?)
        if let reference {
            let (kind, found) = try boundObject(reference, of: account)
            switch kind {
            case "Pod":
                pod = found
                let place = store.pods[ObjectKey(namespace: key.namespace, name: found.name)]?.nodeName ?? ""
                node = store.nodes[ObjectKey(name: place)].map { .init(name: $0.name, uid: $0.metadata.uid) }
            case "Secret": secret = found
            default: node = found
            }
        }
        let isOfKubelet = pod != nil && seconds == ServiceAccountToken.podLife.wholeSeconds && audiences == [ServiceAccountToken.serverAudience]
        let token = ServiceAccountToken(
            audiences: audiences, account: key, accountUID: account.metadata.uid, pod: pod, secret: secret, node: node, issued: now,
            expires: now + (isOfKubelet ? ServiceAccountToken.extendedLife : .seconds(Int(seconds))),
            warnAfter: isOfKubelet ? now + ServiceAccountToken.podLife : nil)
        return [
            "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
            "metadata": [
                "name": .string(key.name), "namespace": .string(key.namespace), "uid": .string(StableHash.uuid("request \(token.id)")),
                "creationTimestamp": .string(now.rfc3339),
            ],
            "spec": [
                "audiences": .array(audiences.map { .string($0) }), "expirationSeconds": .int(seconds), "boundObjectRef": reference ?? .null,
            ],
            "status": ["token": .string(token.text(key: tokenKey)), "expirationTimestamp": .string((now + .seconds(Int(seconds))).rfc3339)],
        ]
    }

    private func boundObject(_ reference: JSONValue, of account: ServiceAccount) throws(APIError) -> (kind: String, ServiceAccountToken.Reference) {
        let (kind, name) = (reference["kind"]?.string ?? "", reference["name"]?.string ?? "")
        let key = ObjectKey(namespace: account.namespace, name: name)
        let info: KindInfo
        let uid: String?
        switch (reference["apiVersion"]?.string ?? "", kind) {
        case ("v1", "Pod"):
            (info, uid) = (Kind.pod.info, store.pods[key]?.metadata.uid)
            if let pod = store.pods[key], pod.spec.serviceAccountName != account.name {
                throw .badRequest("cannot bind token for serviceaccount \"\(account.name)\" to pod running with different serviceaccount name.")
            }
        case ("v1", "Secret"): (info, uid) = (Kind.secret.info, store.secrets[key]?.metadata.uid)
        case ("v1", "Node"): (info, uid) = (Kind.node.info, store.nodes[ObjectKey(name: name)]?.metadata.uid)
        case (let version, _): throw .badRequest("cannot bind token to object of type \(version), Kind=\(kind)")
        }
        guard let uid else { throw .notFound(info, name) }
        if let wanted = reference["uid"]?.string, !wanted.isEmpty, wanted != uid {
            throw .conflict(
                info, name,
                "the UID in the bound object reference (\(wanted)) does not match the UID in record. The object might have been deleted and then recreated")
        }
        return (kind, .init(name: name, uid: uid))
    }
}
