import Foundation
import FoundationNetworking

/// A small HTTP client for tests; it is not the product's, so that neither hides the other's fault.
package enum LoopbackHTTP {
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
        private let headers: [String: String]

        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The value of a header field, whatever the case of its name.
        package subscript(_ field: String) -> String? { headers[field.lowercased()] }

        fileprivate init(_ response: HTTPURLResponse, _ data: Data) {
            status = response.statusCode
            body = Array(data)
            var headers: [String: String] = [:]
            for (name, value) in response.allHeaderFields {
                headers["\(name)".lowercased()] = "\(value)"
            }
            self.headers = headers
        }
    }

    /// Sends one request and returns the answer, whatever its status; redirects are followed.
    ///
    /// - Throws: when no answer comes, for example because nothing listens there.
    package static func send(
        _ method: String,
        _ address: String,
        headers: [String: String] = [:],
        body: [UInt8]? = nil
    ) async throws -> Answer {
        guard let url = URL(string: address) else { throw HarnessError("not a URL: \(address)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body.map { Data($0) }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await session.data(for: request)
        guard let response = response as? HTTPURLResponse else {
            throw HarnessError("\(method) \(address): not an HTTP answer")
        }
        return Answer(response, data)
    }

    package static func get(
        _ address: String,
        headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send("GET", address, headers: headers)
    }

    package static func post(
        _ address: String,
        _ body: String,
        headers: [String: String] = ["Content-Type": "application/json"]
    ) async throws -> Answer {
        try await send("POST", address, headers: headers, body: Array(body.utf8))
    }

    /// Nothing cached, no cookies, and connections enough for tests that press hard.
    private static let session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpShouldSetCookies = false
        configuration.httpMaximumConnectionsPerHost = 64
        configuration.timeoutIntervalForRequest = 30
        return URLSession(configuration: configuration)
    }()
}
