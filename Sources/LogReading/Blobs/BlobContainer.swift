package import CurlTransport
import Foundation
package import RegistryModel

/// Lists and reads the blobs of a container of Azure Blob storage (Azure Storage REST, "List Blobs"
/// and "Get Blob").
package struct BlobContainer: Sendable {
    package let place: BlobPlace
    private let transport: any HTTPTransport
    private let now: @Sendable () -> Timestamp
    private let sleep: @Sendable (Span) async throws -> Void

    package init(
        _ place: BlobPlace,
        transport: any HTTPTransport,
        now: @escaping @Sendable () -> Timestamp = {
            Timestamp(seconds: Date().timeIntervalSince1970)
        },
        sleep: @escaping @Sendable (Span) async throws -> Void = {
            try await Task.sleep(for: $0.duration)
        }
    ) {
        self.place = place
        self.transport = transport
        self.now = now
        self.sleep = sleep
    }

    /// A part of a blob.
    package struct Part: Sendable {
        package var bytes: [UInt8]
        package var version: String
        /// The length of the blob when it was read.
        package var length: Int64
    }

    /// The address of a blob, without the signature.
    package func address(of name: String) -> String {
        "\(place.container)/\(BlobPlace.encoded(name, also: "/"))"
    }

    /// The name of the blob at an address; nil for what lies elsewhere.
    func name(of address: String) -> String? {
        guard address.hasPrefix("\(place.container)/") else { return nil }
        let rest = String(address.dropFirst(place.container.count + 1))
        let name = rest.removingPercentEncoding ?? rest
        return name.hasPrefix(place.prefix) ? name : nil
    }

    /// The blobs below the prefix, in the order of their names; some thousand at once, from `marker`
    /// on.
    package func list(from marker: String?) async throws -> BlobPage {
        var query = "restype=container&comp=list&maxresults=\(Self.pageLength)"
        if !place.prefix.isEmpty { query += "&prefix=\(BlobPlace.encoded(place.prefix))" }
        if let marker { query += "&marker=\(BlobPlace.encoded(marker))" }
        let answer = try await send("\(place.container)?\(query)", range: nil)
        guard answer.status == 200 else { throw failure(answer) }
        do {
            return try BlobListParser.page(answer.body)
        } catch {
            throw LogReadingError(
                kind: .other,
                place: place.description,
                reason: "the list of its blobs can't be understood: \(error)"
            )
        }
    }

    /// The bytes of a blob from `offset` on, at most `count`; none when it ends there.
    ///
    /// A busy server is asked again some times, if `isPatient`.
    package func read(
        _ name: String,
        from offset: Int64,
        count: Int,
        isPatient: Bool = true
    ) async throws -> Part {
        let answer = try await send(
            "\(address(of: name))?",
            range: "bytes=\(offset)-\(offset + Int64(count) - 1)",
            attempts: isPatient ? Self.attempts : 1
        )
        let version = answer.headers["ETag"] ?? ""
        switch answer.status {
        case 206:
            guard let range = ContentRange(answer.headers["Content-Range"]),
                range.start == offset
            else {
                throw LogReadingError(
                    kind: .other,
                    place: address(of: name),
                    reason: "the server answered with another range than was asked for"
                )
            }
            return Part(bytes: answer.body, version: version, length: range.length)
        case 200:
            let length = Int64(answer.body.count)
            let rest = answer.body.dropFirst(Int(min(offset, length))).prefix(count)
            return Part(bytes: Array(rest), version: version, length: length)
        case 416:
            let range = ContentRange(answer.headers["Content-Range"])
            return Part(bytes: [], version: version, length: range?.length ?? offset)
        default: throw failure(answer, name)
        }
    }

    // MARK: Requests

    private func send(
        _ url: String,
        range: String?,
        attempts: Int = Self.attempts
    ) async throws -> HTTPResponse {
        let separator = url.hasSuffix("?") ? "" : "&"
        var request = HTTPRequest(url: url + separator + place.signature.revealed)
        request.headers["x-ms-version"] = Self.apiVersion
        request.headers["User-Agent"] = OwnUserAgent.product
        if let range { request.headers["Range"] = range }
        request.timeout = .minutes(2)
        var pause = Span.seconds(1)
        for attempt in 1... {
            let isLast = attempt == attempts
            do {
                let answer = try await transport.send(request)
                let isBusy = [408, 429, 500, 502, 503, 504].contains(answer.status)
                guard isBusy, !isLast else { return answer }
                let wanted = answer.headers["Retry-After"].flatMap { Int64($0) }
                try await sleep(min(wanted.map(Span.seconds) ?? pause, Self.longestPause))
            } catch let error as TransportError {
                guard !isLast else {
                    throw LogReadingError(
                        kind: .unavailable,
                        place: place.description,
                        reason: "\(error)"
                    )
                }
                try await sleep(pause)
            }
            pause = pause + pause
        }
        throw CancellationError()
    }

    private func failure(_ answer: HTTPResponse, _ name: String? = nil) -> LogReadingError {
        let subject = name.map(address(of:)) ?? place.description
        let code = answer.headers["x-ms-error-code"].map { " (\($0))" } ?? ""
        switch answer.status {
        case 401, 403:
            return LogReadingError(
                kind: .signatureRefused,
                place: subject,
                reason: "answers \(answer.status)\(code): \(refusal)"
            )
        case 404:
            return LogReadingError(
                kind: .notThere,
                place: subject,
                reason: "answers 404\(code): there is no such container or blob; check the address"
            )
        case 429, 500...:
            return LogReadingError(
                kind: .unavailable,
                place: subject,
                reason: "answers \(answer.status)\(code) again and again; it is tried later"
            )
        default:
            let isArchived = answer.headers["x-ms-error-code"] == "BlobArchived"
            let next =
                isArchived
                ? "move it to the hot or cool tier, and let no life cycle rule archive what is"
                    + " still written to"
                : "see what the storage account's own logs say of it"
            return LogReadingError(
                kind: .other,
                place: subject,
                reason: "answers \(answer.status)\(code); \(next)"
            )
        }
    }

    /// Why a signature may be refused, as far as it tells itself.
    private var refusal: String {
        let expiry = place.signature.revealed.split(separator: "&")
            .first { $0.hasPrefix("se=") }?.dropFirst(3).removingPercentEncoding
        let formatter = ISO8601DateFormatter()
        if let expiry, let date = formatter.date(from: expiry),
            Timestamp(seconds: date.timeIntervalSince1970) < now()
        {
            return "the signature expired on \(expiry); make a new one"
        }
        return
            "the signature is refused; make one for the container with the rights to read and list"
    }

    private static let pageLength = 5_000
    private static let apiVersion = "2021-12-02"
    private static let attempts = 5
    private static let longestPause = Span.seconds(60)
}

/// The field `Content-Range` of a part: `bytes 0-99/1000` (RFC 9110, section 14.4).
struct ContentRange {
    var start: Int64
    var length: Int64

    init?(_ field: String?) {
        guard let parts = field?.split(whereSeparator: { " -/".contains($0) }),
            parts.first == "bytes", let last = parts.last, let length = Int64(last)
        else { return nil }
        self.length = length
        // An unsatisfied range is `bytes */1000`.
        start = parts.count == 4 ? Int64(parts[1]) ?? -1 : 0
    }
}
