package import RegistryModel

/// The notifications of CNCF distribution 2.6 to 3.1 and of GitLab's fork of it: an object with an
/// array `events`.
///
/// Which release sent it is of no matter: what one leaves out, another sends empty.
package enum NotificationEnvelope {
    /// Decodes the body of one request.
    ///
    /// A body that is not JSON, or not an envelope, is one rejection and nothing else. An event that
    /// can't be understood is a rejection of its own, and the others go on. Stamps are taken as they
    /// come, however old or early.
    package static func decode(_ body: UnsafeRawBufferPointer) -> DecodedBody {
        let bytes = body.withoutMark
        do throws(DecodingFailure) {
            var decoded = DecodedBody()
            guard try read(bytes, into: &decoded) else {
                return rejected(bytes, "not an object with an array \"events\"")
            }
            return decoded
        } catch {
            return rejected(bytes, "not JSON: \(error)")
        }
    }

    package static func decode(_ body: [UInt8]) -> DecodedBody {
        body.withUnsafeBytes { decode($0) }
    }

    /// Whether a body begins as an envelope does, which tells nearly all of them.
    static func isOne(_ body: UnsafeRawBufferPointer) -> Bool {
        var reader = JSONReader(body.withoutMark)
        do throws(DecodingFailure) {
            guard try reader.peek() == UInt8(ascii: "{") else { return false }
            try reader.enterObject()
            return try reader.nextKey()?.equals("events") ?? false
        } catch {
            return false
        }
    }

    /// Reads the whole body; false when it is JSON, but no envelope.
    private static func read(
        _ bytes: UnsafeRawBufferPointer,
        into decoded: inout DecodedBody
    ) throws(DecodingFailure) -> Bool {
        var reader = JSONReader(bytes)
        guard try reader.peek() == UInt8(ascii: "{") else {
            try reader.skipValue()
            try reader.finish()
            return false
        }
        var hasEvents = false
        try reader.enterObject()
        while let key = try reader.nextKey() {
            guard key.equals("events"), try reader.peek() == UInt8(ascii: "[") else {
                try reader.skipValue()
                continue
            }
            hasEvents = true
            try readEvents(&reader, into: &decoded)
        }
        try reader.finish()
        return hasEvents
    }

    private static func readEvents(
        _ reader: inout JSONReader,
        into decoded: inout DecodedBody
    ) throws(DecodingFailure) {
        var index = 0
        try reader.enterArray()
        while try reader.nextItem() {
            let isObject = try reader.peek() == UInt8(ascii: "{")
            let start = reader.position
            if isObject {
                let event = try NotificationEvent(&reader)
                let bytes = reader.bytes.part(start, reader.position)
                decoded.add(event, at: index, bytes)
            } else {
                try reader.skipValue()
                let bytes = reader.bytes.part(start, reader.position)
                decoded.reject(bytes, "events[\(index)] is not an object")
            }
            index += 1
        }
    }

    private static func rejected(_ bytes: UnsafeRawBufferPointer, _ reason: String) -> DecodedBody {
        var decoded = DecodedBody()
        decoded.reject(bytes, reason)
        return decoded
    }
}

extension DecodedBody {
    fileprivate mutating func add(
        _ event: NotificationEvent,
        at index: Int,
        _ bytes: UnsafeRawBufferPointer
    ) {
        do throws(FieldProblem) {
            if let access = try event.access(bytes: bytes) {
                accesses.append(access)
            } else {
                ignored += 1
                noteInstance(of: event)
                if let digest = event.blob { note(blob: digest) }
            }
        } catch {
            reject(bytes, "events[\(index)].\(error.reason)")
        }
    }

    /// A blob's event shows that its sender is alive, though it says nothing of manifests.
    private mutating func noteInstance(of event: NotificationEvent) {
        guard let name = FieldTexts.string(event.instance),
            let time = event.timestamp?.withBytes({ Timestamp(rfc3339: $0) })
        else { return }
        instances[name] = max(time, instances[name] ?? time)
    }
}
