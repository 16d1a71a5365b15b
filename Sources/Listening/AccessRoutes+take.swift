import EventDecoding
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension AccessRoutes {
    /// Takes one delivery: reads it, decodes it, and tells what became of it when it is safe.
    ///
    /// What can't be decoded is recorded as rejected and not refused: a refusal would block the
    /// sender's queue for ever (design, section 6.3). What has to be refused is recorded as rejected
    /// as well, and so opens a gap: many senders drop what is refused.
    func answer(
        to request: Request,
        as source: AccessSource,
        from sender: Sender,
        decode: (UnsafeRawBufferPointer) throws -> DecodedBody
    ) async throws -> DeliveryAnswer {
        let body: ByteBuffer
        do {
            body = try await read(request)
        } catch let refusal as Refusal {
            // Whether a signature is right shows only with the whole body: a stranger opens no gap.
            guard sender.signature == nil else { throw refusal }
            throw try await noting(refusal, ByteBuffer(), from: source, of: sender.registry)
        }
        try check(sender, body)
        let decoded: DecodedBody
        do {
            decoded = try self.decoded(body, request, source, of: sender.registry, decode)
        } catch let refusal as Refusal where refusal.status.kind == .clientError {
            throw try await noting(refusal, body, from: source, of: sender.registry)
        }
        return try await record(decoded, from: source, of: sender.registry)
    }

    private func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        do {
            return try await sink.record(body, from: source, of: registry)
        } catch {
            outages.note(error, registry: registry)
            throw Refusal.notRecorded(registry: registry)
        }
    }

    /// Records that something was refused that may tell of accesses.
    ///
    /// - Returns: The refusal, which is safe to send now.
    private func noting(
        _ refusal: Refusal,
        _ body: ByteBuffer,
        from source: AccessSource,
        of registry: String
    ) async throws -> Refusal {
        var refused = DecodedBody()
        refused.rejections = [
            DecodedBody.Rejection(
                reason: "refused with \(refusal.status.code): \(refusal.reason)",
                excerpt: body.readableBytesView
            )
        ]
        _ = try await record(refused, from: source, of: registry)
        return refusal
    }

    private func decoded(
        _ body: ByteBuffer,
        _ request: Request,
        _ source: AccessSource,
        of registry: String,
        _ decode: (UnsafeRawBufferPointer) throws -> DecodedBody
    ) throws -> DecodedBody {
        guard var coding = ContentCoding(request.headers[.contentEncoding]) else {
            throw Refusal.unknown(coding: request.headers[.contentEncoding] ?? "")
        }
        if coding == .identity, source == .log { coding = body.looks }
        guard coding == .identity else {
            return try decodeInflated(body, coding, of: registry, decode: decode)
        }
        return try body.withUnsafeReadableBytes(decode)
    }

    /// Reads the whole body; one that comes in one piece is not copied.
    func read(_ request: Request) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) {
            guard length <= limits.received else { throw tooLarge }
        }
        var body: ByteBuffer?
        for try await var piece in request.body {
            guard piece.readableBytes <= limits.received - (body?.readableBytes ?? 0) else {
                throw tooLarge
            }
            if body?.writeBuffer(&piece) == nil { body = piece }
        }
        return body ?? ByteBuffer()
    }

    private var tooLarge: Refusal { .tooLarge(limit: limits.received) }

    private func decodeInflated(
        _ body: ByteBuffer,
        _ coding: ContentCoding,
        of registry: String,
        decode: (UnsafeRawBufferPointer) throws -> DecodedBody
    ) throws -> DecodedBody {
        let inflated: [UInt8]
        switch inflate(body, coding) {
        case .success(let bytes): inflated = bytes
        case .failure(.tooLarge(let limit)): throw Refusal.inflatesTooFar(limit: limit)
        case .failure(.outOfMemory): throw Refusal.notRecorded(registry: registry)
        case .failure(let error):
            var decoded = DecodedBody()
            decoded.rejections = [
                DecodedBody.Rejection(reason: "\(error)", excerpt: body.readableBytesView)
            ]
            return decoded
        }
        return try inflated.withUnsafeBytes(decode)
    }

    private func inflate(
        _ body: ByteBuffer,
        _ coding: ContentCoding
    ) -> Result<[UInt8], InflateError> {
        let bytes = Array(body.readableBytesView)
        return Result { () throws(InflateError) in
            coding == .zstd
                ? try Unzstd.inflate(bytes, limit: limits.inflated)
                : try Gunzip.inflate(bytes, limit: limits.inflated)
        }
    }
}

extension ByteBuffer {
    /// How a log file is compressed that is sent as it lies on the disk, by hand; no line of a log
    /// begins like this.
    fileprivate var looks: ContentCoding {
        if getInteger(at: readerIndex, as: UInt16.self) == 0x1F8B { return .deflated }
        return readableBytesView.starts(with: Unzstd.mark) ? .zstd : .identity
    }
}
