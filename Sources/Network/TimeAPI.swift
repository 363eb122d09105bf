// Evenkeel's own endpoint: virtual time.

#if Network
    import APIServer
    import ControlPlane
    import Foundation
    import KubernetesAPI
    import Simulation
    import SimulationKit

    /// `/apis/evenkeel.dev/v1/time`: what a real cluster does not have. GET tells the virtual time and its speed; POST changes them:
    ///
    /// ```
    /// echo '{"paused": true}' | kubectl create --raw /apis/evenkeel.dev/v1/time -f -
    /// echo '{"speed": 100}'   | kubectl create --raw /apis/evenkeel.dev/v1/time -f -
    /// echo '{"advance": "10m"}' | kubectl create --raw /apis/evenkeel.dev/v1/time -f -
    /// ```
    ///
    /// `speed` is 0 (paused), 1 … 10000 or `max`; `advance` lets so much time pass at once, and the answer comes when it has.
    enum TimeAPI {
        static func owns(_ request: APIRequest) -> Bool { request.path == "/apis/evenkeel.dev/v1/time" }

        enum Outcome {
            /// It is done.
            case now(APIResponse)
            /// Time has to get there first.
            case jump(Instant)
        }

        /// Does what is asked.
        static func apply(_ request: APIRequest, to session: inout Session) -> Outcome {
            do throws(APIError) {
                try Authorizer(session.cluster).require(request.user, AccessRequest(method: request.method, path: request.path))
            } catch {
                return .now(.refusal(error.code, error.reason, error.message))
            }
            if request.method == "GET" { return .now(answer(session)) }
            guard request.method == "POST" else {
                return .now(.refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"))
            }
            guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(request.body)) else {
                return .now(.refusal(400, "BadRequest", #"the body must be JSON such as {"paused": true}, {"speed": 100} or {"advance": "10m"}"#))
            }
            var span: Duration?
            if let advance = wish.advance {
                span = Duration(advance)
                guard let span, span >= .zero, span <= .hours(24 * 366) else {
                    return .now(.refusal(400, "BadRequest", "advance must be a span such as 90s or 10m, at most 366 days, not \(advance)"))
                }
            }
            if let text = wish.speed?.text {
                if text == "0" {
                    session.isPaused = true
                } else if let speed = Speed(text) {
                    session.speed = speed
                    session.isPaused = false
                } else {
                    return .now(.refusal(400, "BadRequest", "speed must be 0 to 10000 or max, not \(text)"))
                }
            }
            if let paused = wish.paused { session.isPaused = paused }
            if let span { return .jump(session.now + span) }
            return .now(answer(session))
        }

        private struct Wish: Decodable {
            var paused: Bool?
            var speed: Factor?
            var advance: String?
        }
        /// A number or a word.
        private struct Factor: Decodable {
            var text: String
            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                text = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
            }
        }

        /// The time as it is.
        static func answer(_ session: Session) -> APIResponse {
            let speed: JSONValue = if case .times(let factor) = session.speed { .int(Int64(factor)) } else { "max" }
            let document: JSONValue = [
                "kind": "Time", "apiVersion": "evenkeel.dev/v1", "now": .string(session.now.rfc3339), "paused": .bool(session.isPaused), "speed": speed,
            ]
            return APIResponse(status: 200, headers: [("content-type", "application/json")]) { Array((document.text() + "\n").utf8) }
        }
    }

    extension APIResponse {
        /// A Status that says why not.
        static func refusal(_ code: Int, _ reason: String, _ message: String, retryAfter: Int? = nil) -> APIResponse {
            var headers = [("content-type", "application/json")]
            if let retryAfter { headers.append(("retry-after", "\(retryAfter)")) }
            return APIResponse(status: code, headers: headers) {
                let status: JSONValue = [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message), "reason": .string(reason),
                    "code": .int(Int64(code)),
                ]
                return Array((status.text() + "\n").utf8)
            }
        }
    }
#endif
