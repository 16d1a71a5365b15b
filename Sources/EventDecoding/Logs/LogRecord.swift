/// One JSON object of a log: a record of Azure Container Registry, or a forwarder's wrapping.
struct LogRecord {
    var category: JSONText?
    var operation: JSONText?
    var time: JSONText?
    var status: JSONText?
    var identity: JSONText?
    var address: JSONText?
    var correlation: JSONText?
    var duration: JSONText?
    var repository: JSONText?
    var tag: JSONText?
    var digest: JSONText?
    var mediaType: JSONText?
    var userAgent: JSONText?
    var size: JSONText?
    /// The first field of these whose value has the wrong type.
    var misfit: StaticString?

    /// Whether it has a `level`, as the records of applications' logs have.
    var hasLevel = false
    /// Whether it has a `msg`, as logrus writes.
    var hasShortMessage = false
    private var log: JSONText?
    private var message: JSONText?
    private var journalMessage: JSONText?

    /// The text of another log that it carries: Fluent Bit's and Docker's `log`, Vector's and
    /// rsyslog's `message`, the journal's `MESSAGE`.
    var wrapped: JSONText? { log ?? message ?? journalMessage }

    /// Reads the value of `key`; false leaves it to the caller.
    mutating func take(
        _ key: JSONText,
        _ reader: inout JSONReader
    ) throws(DecodingFailure) -> Bool {
        if try takeAzure(key, &reader) { return true }
        // Of other types they mean something else: Logstash's `log` is an object.
        var ignored: StaticString?
        if key.equals("log") {
            log = try reader.text("log", &ignored)
        } else if key.equals("message") {
            message = try reader.text("message", &ignored)
        } else if key.equals("MESSAGE") {
            journalMessage = try reader.text("MESSAGE", &ignored)
        } else {
            if key.equals("level") { hasLevel = true }
            if key.equals("msg") { hasShortMessage = true }
            return false
        }
        return true
    }

    private mutating func takeAzure(
        _ key: JSONText,
        _ reader: inout JSONReader
    ) throws(DecodingFailure) -> Bool {
        if key.equals("time") {
            time = try reader.text("time", &misfit)
        } else if key.equals("category") {
            category = try reader.text("category", &misfit)
        } else if key.equals("operationName") {
            operation = try reader.text("operationName", &misfit)
        } else if key.equals("identity") {
            identity = try reader.text("identity", &misfit)
        } else if key.equals("resultDescription") {
            status = try reader.scalar("resultDescription", &misfit)
        } else if key.equals("durationMs") {
            duration = try reader.scalar("durationMs", &misfit)
        } else if key.equals("callerIpAddress") {
            address = try reader.text("callerIpAddress", &misfit)
        } else if key.equals("correlationId") {
            correlation = try reader.text("correlationId", &misfit)
        } else if key.equals("properties") {
            try takeProperties(&reader)
        } else {
            return false
        }
        return true
    }

    private mutating func takeProperties(_ reader: inout JSONReader) throws(DecodingFailure) {
        guard try reader.entersObject("properties", &misfit) else { return }
        while let key = try reader.nextKey() {
            if key.equals("tag") {
                tag = try reader.text("properties.tag", &misfit)
            } else if key.equals("digest") {
                digest = try reader.text("properties.digest", &misfit)
            } else if key.equals("mediaType") {
                mediaType = try reader.text("properties.mediaType", &misfit)
            } else if key.equals("repository") {
                repository = try reader.text("properties.repository", &misfit)
            } else if key.equals("userAgent") {
                userAgent = try reader.text("properties.userAgent", &misfit)
            } else if key.equals("size") {
                size = try reader.scalar("properties.size", &misfit)
            } else {
                try reader.skipValue()
            }
        }
    }
}
