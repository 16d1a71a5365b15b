import EventDecoding
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension AccessRoutes {
    /// Takes one delivery: reads it, decodes it, and tells what became of it when it is safe.
    ///
    /// What can't be decoded is recorded as rejected and not refused: a refusal would block the
    /// sender's queue for ever (design, section 6.3).
    func answer(
        to request: Request,
        as source: AccessSource,
        from sender: Sender,
        decode: (UnsafeRawBufferPointer) -> DecodedBody
    ) async throws -> DeliveryAnswer {
        let registry = sender.registry
        guard var coding = ContentCoding(request.headers[.contentEncoding]) else {
            throw Refusal.unknown(coding: request.headers[.contentEncoding] ?? "")
        }
        let body = try await read(request)
        try check(sender, body)
        if coding == .identity, source == .log { coding = body.looks }
        let decoded: DecodedBody
        if coding == .identity {
            decoded = body.withUnsafeReadableBytes(decode)
        } else {
            decoded = try decodeInflated(body, coding, of: registry, decode: decode)
        }
        do {
            return try await sink.record(decoded, from: source, of: registry)
        } catch {
            outages.note(error, registry: registry)
            throw Refusal.notRecorded(registry: registry)
        }
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
        decode: (UnsafeRawBufferPointer) -> DecodedBody
    ) throws -> DecodedBody {
        do throws(InflateError) {
            let bytes = Array(body.readableBytesView)
            let inflated =
                coding == .zstd
                ? try Unzstd.inflate(bytes, limit: limits.inflated)
                : try Gunzip.inflate(bytes, limit: limits.inflated)
            return inflated.withUnsafeBytes(decode)
        } catch {
            switch error {
            case .tooLarge(let limit): throw Refusal.inflatesTooFar(limit: limit)
            case .outOfMemory: throw Refusal.notRecorded(registry: registry)
            case .notCompressed, .corrupt, .truncated:
                var decoded = DecodedBody()
                decoded.rejections = [
                    DecodedBody.Rejection(reason: "\(error)", excerpt: body.readableBytesView)
                ]
                return decoded
            }
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
