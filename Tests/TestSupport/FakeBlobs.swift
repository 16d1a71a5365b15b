package import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A container of Azure Blob storage in memory, as far as readers can tell: lists in pages and reads
/// of ranges, with a shared access signature (Azure Storage REST, version 2021-12-02).
package actor FakeBlobs {
    /// `http://127.0.0.1:PORT/account/CONTAINER`, as emulators have it.
    package nonisolated let container: String
    /// The container's address with a signature that is taken.
    package nonisolated var address: String { "\(container)?\(Self.signature)" }

    /// Off, every request is refused as if the signature had expired.
    package var permits = true
    /// Blobs of one page of the list.
    package var pageLength = 2
    /// Answers for the next requests, before all others.
    package var faults: [(status: Int, headers: [String: String])] = []
    /// Answers to reads of some blobs, as long as they stand here.
    package var refused: [String: (status: Int, code: String)] = [:]
    /// Done right after a list was answered: what others write between list and read.
    package var afterList: [(name: String, text: String)] = []
    /// How many reads of blobs were answered, and how many bytes went out.
    package private(set) var reads = 0
    package private(set) var bytesSent = 0

    private struct Blob {
        var bytes: [UInt8] = []
        var writes = 0
        var modified = Date()
    }

    private var blobs: [String: Blob] = [:]
    private var server: Task<Void, any Error>?

    private static let signature = "sv=2022-11-02&sp=rl&sig=c2VjcmV0"

    package static func start() async throws -> FakeBlobs {
        let port = try LoopbackPort.free()
        let blobs = FakeBlobs(port: port)
        try await blobs.listen(port)
        return blobs
    }

    private init(port: Int) { container = "http://127.0.0.1:\(port)/account/logs" }

    /// Changes the settings above, which a caller outside can't set one by one.
    package func set(_ change: @Sendable (isolated FakeBlobs) -> Void) { change(self) }

    /// Appends to a blob, which is made where it is missing.
    package func append(_ text: String, to name: String) {
        var blob = blobs[name] ?? Blob()
        blob.bytes += Array(text.utf8)
        blob.writes += 1
        blob.modified = Date()
        blobs[name] = blob
    }

    /// Deletes a blob.
    package func remove(_ name: String) { blobs[name] = nil }

    /// Sets when a blob was last written to.
    package func date(_ name: String, _ date: Date) { blobs[name]?.modified = date }

    /// Writes a blob anew.
    package func replace(_ name: String, with text: String) {
        let writes = blobs[name]?.writes ?? 0
        blobs[name] = Blob(bytes: Array(text.utf8), writes: writes + 1)
    }

    package func stop() async {
        server?.cancel()
        _ = await server?.result
    }

    private func listen(_ port: Int) async throws {
        let (running, signal) = AsyncStream<Void>.makeStream()
        let responder = CallbackResponder<BasicRequestContext> { [weak self] request, _ in
            guard let self else { return Response(status: .serviceUnavailable) }
            return await self.respond(to: request)
        }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in signal.yield() },
            logger: Logger(label: "fake-blobs") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task {
            defer { signal.finish() }
            try await application.run()
        }
        self.server = server
        for await _ in running { return }
        try await server.value
        throw HarnessError("the fake container did not start on port \(port)")
    }

    // MARK: Answers

    private func respond(to request: Request) -> Response {
        if !faults.isEmpty {
            let fault = faults.removeFirst()
            return Self.answer(fault.status, fields: fault.headers)
        }
        let query = FakeRegistry.fields(of: request.uri.query ?? "")
        guard permits, query["sig"] == "c2VjcmV0" else {
            return Self.error(403, "AuthenticationFailed")
        }
        let path = request.uri.path.removingPercentEncoding ?? request.uri.path
        let base = "/account/logs"
        if path == base, query["comp"] == "list", query["restype"] == "container" {
            defer {
                for write in afterList { append(write.text, to: write.name) }
                afterList = []
            }
            return list(prefix: query["prefix"] ?? "", from: query["marker"] ?? "")
        }
        guard path.hasPrefix(base + "/"), let blob = blobs[String(path.dropFirst(base.count + 1))]
        else { return Self.error(404, "BlobNotFound") }
        if let refusal = refused[String(path.dropFirst(base.count + 1))] {
            return Self.error(refusal.status, refusal.code)
        }
        return read(blob, range: HTTPField.Name("Range").flatMap { request.headers[$0] })
    }

    private func list(prefix: String, from marker: String) -> Response {
        let names = blobs.keys.filter { $0.hasPrefix(prefix) && $0 >= marker }.sorted()
        let entries = names.prefix(pageLength).map { name in
            let blob = blobs[name] ?? Blob()
            return "<Blob><Name>\(Self.escaped(name))</Name><Properties>"
                + "<Creation-Time>\(Self.date(blob.modified))</Creation-Time>"
                + "<Last-Modified>\(Self.date(blob.modified))</Last-Modified>"
                + "<Etag>\(Self.tag(blob))</Etag><Content-Length>\(blob.bytes.count)</Content-Length>"
                + "<Content-Type>application/octet-stream</Content-Type>"
                + "<BlobType>AppendBlob</BlobType></Properties><OrMetadata /></Blob>"
        }
        let next = names.count > pageLength ? names[pageLength] : ""
        let text =
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
            + "ServiceEndpoint=\"http://127.0.0.1/account\" ContainerName=\"logs\">"
            + "<Blobs>\(entries.joined())</Blobs><NextMarker>\(Self.escaped(next))</NextMarker>"
            + "</EnumerationResults>"
        return Self.answer(200, Array(text.utf8), fields: ["Content-Type": "application/xml"])
    }

    private func read(_ blob: Blob, range: String?) -> Response {
        reads += 1
        let tag = ["ETag": "\"\(Self.tag(blob))\"", "x-ms-blob-type": "AppendBlob"]
        guard let range else { return Self.answer(200, blob.bytes, fields: tag) }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard let start = bounds.first, start < blob.bytes.count else {
            let length = ["Content-Range": "bytes */\(blob.bytes.count)"]
            return Self.error(416, "InvalidRange", fields: length)
        }
        let end = min(bounds.count > 1 ? bounds[1] : .max, blob.bytes.count - 1)
        let part = Array(blob.bytes[start...end])
        bytesSent += part.count
        let field = ["Content-Range": "bytes \(start)-\(end)/\(blob.bytes.count)"]
        return Self.answer(206, part, fields: tag.merging(field) { _, new in new })
    }

    private static func error(
        _ status: Int,
        _ code: String,
        fields: [String: String] = [:]
    ) -> Response {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code></Error>"
        return answer(
            status,
            Array(text.utf8),
            fields: fields.merging(["x-ms-error-code": code]) { _, new in new }
        )
    }

    private static func answer(
        _ status: Int,
        _ body: [UInt8] = [],
        fields: [String: String] = [:]
    ) -> Response {
        var headers: HTTPFields = [:]
        for (name, value) in fields {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(
            status: .init(code: status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }

    private static func tag(_ blob: Blob) -> String { "0x8D\(blob.writes)" }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    private static func date(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }
}
