// What a client asks of the API server and what it gets, without a network: an HTTP request and its answer as values.

import ControlPlane

/// One HTTP request, read whole.
public struct APIRequest: Sendable {
    /// `GET`, upper case.
    public var method: String
    /// The path as it was sent, percent-encoded, without the query.
    public var path: String
    /// What stands behind `?` as it was sent, or nothing.
    public var query: String
    /// Names in lower case, in the order in which they came.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    public var user: UserInfo
    /// The client's IP address; empty if there is none.
    public var source = ""

    public init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [], body: [UInt8] = [], user: UserInfo
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.user = user
    }

    /// The first header of this name, which is in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// An answer that is complete.
public struct APIResponse: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    /// Makes the body. It is called once, on any thread: what costs time is encoded outside the simulation's.
    public var body: @Sendable () -> [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: @escaping @Sendable () -> [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
