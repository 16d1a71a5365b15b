/// The fields that are needed of one distribution event, as they stand in the body.
///
/// Source: distribution, `notifications/event.go`.
struct NotificationEvent {
    var id: JSONText?
    var timestamp: JSONText?
    var action: JSONText?
    var mediaType: JSONText?
    var size: JSONText?
    var length: JSONText?
    var digest: JSONText?
    var repository: JSONText?
    var url: JSONText?
    var tag: JSONText?
    var method: JSONText?
    var address: JSONText?
    var userAgent: JSONText?
    var actor: JSONText?
    var instance: JSONText?
    /// The first field whose value has the wrong type.
    var misfit: StaticString?

    /// Reads one event object; of a key that comes twice the last counts, as in Go.
    init(_ reader: inout JSONReader) throws(DecodingFailure) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if key.equals("id") {
                id = try reader.text("id", &misfit)
            } else if key.equals("timestamp") {
                timestamp = try reader.text("timestamp", &misfit)
            } else if key.equals("action") {
                action = try reader.text("action", &misfit)
            } else if key.equals("target") {
                try readTarget(&reader)
            } else if key.equals("request") {
                try readRequest(&reader)
            } else if key.equals("actor") {
                actor = try readOne("name", "actor.name", of: "actor", &reader) ?? actor
            } else if key.equals("source") {
                instance =
                    try readOne("instanceID", "source.instanceID", of: "source", &reader)
                    ?? instance
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readTarget(_ reader: inout JSONReader) throws(DecodingFailure) {
        guard try reader.entersObject("target", &misfit) else { return }
        while let key = try reader.nextKey() {
            if key.equals("mediaType") {
                mediaType = try reader.text("target.mediaType", &misfit)
            } else if key.equals("digest") {
                digest = try reader.text("target.digest", &misfit)
            } else if key.equals("size") {
                size = try reader.scalar("target.size", &misfit)
            } else if key.equals("length") {
                length = try reader.scalar("target.length", &misfit)
            } else if key.equals("repository") {
                repository = try reader.text("target.repository", &misfit)
            } else if key.equals("url") {
                url = try reader.text("target.url", &misfit)
            } else if key.equals("tag") {
                tag = try reader.text("target.tag", &misfit)
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readRequest(_ reader: inout JSONReader) throws(DecodingFailure) {
        guard try reader.entersObject("request", &misfit) else { return }
        while let key = try reader.nextKey() {
            if key.equals("method") {
                method = try reader.text("request.method", &misfit)
            } else if key.equals("addr") {
                address = try reader.text("request.addr", &misfit)
            } else if key.equals("useragent") {
                userAgent = try reader.text("request.useragent", &misfit)
            } else {
                try reader.skipValue()
            }
        }
    }

    /// Reads the one wanted field of an inner object.
    private mutating func readOne(
        _ name: StaticString,
        _ path: StaticString,
        of object: StaticString,
        _ reader: inout JSONReader
    ) throws(DecodingFailure) -> JSONText? {
        guard try reader.entersObject(object, &misfit) else { return nil }
        var value: JSONText?
        while let key = try reader.nextKey() {
            if key.equals(name) {
                value = try reader.text(path, &misfit)
            } else {
                try reader.skipValue()
            }
        }
        return value
    }
}
