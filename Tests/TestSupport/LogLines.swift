import Foundation
package import RegistryModel

/// Lines of access logs, made by hand.
package enum LogLines {
    /// A line of nginx's format `combined`.
    package static func combined(
        _ reference: String,
        at time: Timestamp,
        method: String = "GET",
        status: Int = 200,
        repository: String = "team/api",
        address: String = "10.20.30.40",
        agent: String = "containerd/v2.0.2"
    ) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        return "\(address) - - [\(formatter.string(from: date))] "
            + "\"\(method) /v2/\(repository)/manifests/\(reference) HTTP/1.1\" \(status) 1609 \"-\" "
            + "\"\(agent)\"\n"
    }

    /// A record of Azure Container Registry; `id` makes it one of its own.
    package static func azure(
        _ tag: String,
        _ digest: Digest,
        at time: Timestamp,
        id: Int,
        operation: String = "Pull",
        status: Int = 200,
        repository: String = "team/api"
    ) -> String {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss.SSS'0000Z'"
        let stamp = formatter.string(from: date)
        return #"{"time": "\#(stamp)", "category": "ContainerRegistryRepositoryEvents", "#
            + #""operationName": "\#(operation)", "identity": "ci-bot", "#
            + #""resultDescription": "\#(status)", "durationMs": "38.2", "#
            + #""callerIpAddress": "203.0.113.18", "correlationId": "5b0f6a5e-\#(id)", "#
            + #""properties": {"tag": "\#(tag)", "digest": "\#(digest)", "#
            + #""repository": "\#(repository)", "loginServer": "contoso.azurecr.io", "#
            + #""userAgent": "containerd/v2.0.2"}}"# + "\n"
    }
}
