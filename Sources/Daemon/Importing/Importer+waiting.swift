import AccessLedger
import LogReading
import RegistryModel

// What waits for logs that could not be read, and those that are left out.
extension Importer {
    /// Notes logs that are to be read from now on.
    func expect(_ logs: [NotedLog]) throws {
        guard !logs.isEmpty else { return }
        let noted = logs.map { unread.same(as: $0) ?? $0 }
        try importing.expect(noted)
        for log in noted where unread.same(as: log) == nil { unread.add(log) }
    }

    /// Notes a stream that can be read once only: until its first bytes are known, nothing is it.
    func expectStream(_ place: String) throws -> NotedLog {
        var log = NotedLog(place: place)
        log.headLength = 1
        try importing.expect([log])
        return log
    }

    /// Notes the first bytes of a stream, as soon as they are known.
    func nameStream(_ identity: inout LogIdentity) throws {
        guard var log = identity.expected else { return }
        identity.expected = nil
        log.head = identity.head
        log.headLength = identity.headLength
        try importing.expect([log])
    }

    /// Notes that a log was read to its end; one elsewhere that goes no further than a damaged one could
    /// be read is that one's beginning only, and so may be one that is not compressed and goes a
    /// little further: a copy of it while it was written.
    func wasRead(_ identity: LogIdentity) {
        let slack = identity.isCompressed ? 0 : Int64(pool.length)
        importing.release(
            unread.like(identity).filter {
                $0.offset == 0 || $0.offset + slack < identity.end || $0.place == identity.place
            }
        )
    }

    func isLeftOut(_ place: String) -> Bool { Self.isPlace(place, in: leftOut) }

    func isPassedOver(_ place: String) -> Bool { Self.isPlace(place, in: passedOver) }

    private static func isPlace(_ place: String, in places: [String]) -> Bool {
        places.contains { place == $0 || place.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }

    /// Lets nothing be in doubt any more of the logs that are passed over.
    func passOver() {
        guard !passedOver.isEmpty else { return }
        importing.settle(doubtful.at(isPassedOver))
    }

    /// Lets nothing wait for the logs that are left out any more.
    func leaveOut() {
        guard !leftOut.isEmpty else { return }
        importing.release(unread.at(isLeftOut))
    }
}
