// Who asks, whether he may, and questions about that.

import ControlPlane
import KubernetesAPI
import Simulation
import SimulationKit

extension APIServer {
    /// Who asks, by certificate or token.
    func user(of request: APIRequest, in session: Session) throws(Refusal) -> UserInfo {
        guard request.user == .anonymous, let token = Self.bearerToken(request) else { return request.user }
        guard case .success(let found) = session.cluster.authenticate(token: token) else { throw Refusal(.unauthorized) }
        return found.user
    }

    /// The user as whom a request of `user` is served: himself, or whoever he impersonates. Throws unless he may.
    ///
    /// - Source: Kubernetes `staging/src/k8s.io/apiserver/pkg/endpoints/filters/{authentication,impersonation,authorization}.go`.
    mutating func access(_ request: APIRequest, _ info: RequestInfo, of user: UserInfo, in session: Session) throws(Refusal) -> UserInfo {
        let asker = user
        var user = user
        let authorizer = Authorizer(session.cluster)
        do throws(APIError) {
            user = try Self.impersonated(request, by: user, authorizer)
            if user != asker { lastEvent?.impersonated = user }
            for asked in Self.asked(info, session.cluster.profile) { try authorizer.require(user, asked) }
        } catch {
            throw Refusal(error)
        }
        return user
    }

    private static func bearerToken(_ request: APIRequest) -> String? {
        let words = (request.header("authorization") ?? "").split(separator: " ")
        return words.count == 2 && words[0].lowercased() == "bearer" ? String(words[1]) : nil
    }

    private static func impersonated(_ request: APIRequest, by user: UserInfo, _ authorizer: Authorizer) throws(APIError) -> UserInfo {
        let prefix = "impersonate-"
        guard request.headers.contains(where: { $0.name.hasPrefix(prefix) }) else { return user }
        var extra: StringMap<[String]> = [:]
        for header in request.headers where header.name.hasPrefix("impersonate-extra-") {
            let key = RequestInfo.decoded(header.name.dropFirst("impersonate-extra-".count), plusIsSpace: false)
            extra[key] = (extra[key] ?? []) + [header.value]
        }
        return try authorizer.impersonate(
            request.header("impersonate-user"), groups: request.headers.filter { $0.name == "impersonate-group" }.map(\.value),
            uid: request.header("impersonate-uid") ?? "", extra: extra, by: user)
    }

    /// What must be allowed for a request. A program's session that is opened by a GET asks for two things since 1.35.
    private static func asked(_ info: RequestInfo, _ profile: KubernetesProfile) -> [AccessRequest] {
        guard info.isResource else { return [AccessRequest(verb: info.verb, path: info.path)] }
        var request = AccessRequest(
            verb: info.verb, group: info.group, resource: info.resource, subresource: info.subresource, namespace: info.namespace, name: info.name,
            fieldSelector: info.parameter("fieldSelector") ?? "")
        guard info.verb == "get", profile.isEnabled(.authorizePodWebsocketUpgradeCreatePermission), info.group.isEmpty, info.resource == "pods",
            ["exec", "attach", "portforward"].contains(info.subresource)
        else { return [request] }
        let get = request
        request.verb = "create"
        return [get, request]
    }

    /// Nobody gives rights that he does not have: a role or binding is looked at as it would be written.
    mutating func requireNoEscalation(_ request: ResourceRequest, in session: inout Session) throws(Refusal) {
        guard request.kind.info.group == "rbac.authorization.k8s.io", ["create", "update", "patch"].contains(request.info.verb),
            !request.request.user.groups.contains(UserInfo.mastersGroup)
        else { return }
        var trial = request
        trial.representation = Representation()
        trial.info.parameters.removeAll { $0.name == "dryRun" }
        trial.info.parameters.append(.init(name: "dryRun", value: "All"))
        let answer =
            switch request.info.verb {
            case "create": try create(trial, in: &session)
            case "update": try update(trial, in: &session)
            default: try patch(trial, in: &session)
            }
        guard let document = try? JSONParser.read(answer.body()).value, let object = try? decodeObject(document).get() as? CustomObject else { return }
        do throws(APIError) {
            try Authorizer(session.cluster).requireNoEscalation(request.request.user, writing: object)
        } catch { throw Refusal(error) }
    }

    // MARK: Reviews and tokens

    /// Questions about users and rights, answered at once and not kept; nil if the resource is none.
    func review(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIResponse? {
        guard let review = Review(rawValue: request.kind.resource.kind), review.group == request.kind.resource.group else { return nil }
        let document = try body(request, as: review.rawValue).document
        do throws(APIError) {
            let found = try review.answer(to: document, namespace: request.info.namespace, from: request.request.user, in: session.cluster)
            return answer(201, request.representation) { found }
        } catch { throw Refusal(error) }
    }

    /// A token of a service account.
    func token(_ request: ResourceRequest, in session: Session) throws(Refusal) -> APIResponse {
        let document = try body(request, as: "TokenRequest").document
        do throws(APIError) {
            let found = try session.cluster.requestToken(ObjectKey(namespace: request.info.namespace, name: request.info.name), document)
            return answer(201, request.representation) { found }
        } catch { throw Refusal(error) }
    }
}
