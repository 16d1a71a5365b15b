import RegistryModel

/// One event of a webhook, in the words of its sender.
struct WebhookEvent {
    /// What names the event, also when it is sent twice; nil where only its content does.
    var id: String?
    /// Nil where the sender tells no time: when it was received.
    var time: Timestamp?
    /// Nil for what says nothing of a manifest's use.
    var accessClass: AccessClass?
    var repository: String?
    /// With or without its algorithm.
    var digest: String?
    /// May be a digest.
    var tag: String?
    var mediaType: String?
    var size: JSONValue?
    var address: String?
    var actor: String?
    var userAgent: String?
    var instance: String?
    /// Whether its time has whole seconds only.
    var isSecondGranular = false

    /// What it says of a manifest, or nil when it says nothing.
    ///
    /// One without id is named by `place`: its body's hash, and where in that it stands.
    func access(place: String, receivedAt: Timestamp) throws(FieldProblem) -> Access? {
        guard let accessClass else { return nil }
        guard let repository else { throw .missing("repository") }
        guard let name = RepositoryName(repository) else {
            throw .invalid("repository", repository, isNot: "repository name")
        }
        var digest = try Self.digest(digest)
        var tag: TagName?
        if let text = self.tag {
            if text.hasPrefix("sha256:") || text.hasPrefix("sha512:") {
                if digest == nil { digest = try Self.digest(text) }
            } else if let name = TagName(text) {
                tag = name
            } else {
                throw .invalid("tag", text, isNot: "tag")
            }
        }
        guard digest != nil || tag != nil else {
            guard accessClass != .delete else { return nil }
            throw .missing("digest and tag")
        }
        return Access(
            key: Self.key(id ?? place),
            time: time ?? receivedAt,
            class: accessClass,
            repository: name,
            digest: digest,
            tag: tag,
            mediaType: mediaType,
            size: size?.double.flatMap { Int64(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil },
            address: address.map { text in
                Array(text.utf8).withUnsafeBytes {
                    String(decoding: ClientAddress.bare($0), as: UTF8.self)
                }
            },
            actor: actor,
            userAgent: userAgent,
            instance: instance,
            isSecondGranular: isSecondGranular
        )
    }

    private static func digest(_ text: String?) throws(FieldProblem) -> Digest? {
        guard let text else { return nil }
        // `host/path@sha256:…`, or the bare 64 digits of a SHA-256.
        let last = text.split(separator: "@").last.map(String.init) ?? text
        let full = last.contains(":") ? last : "sha256:\(last)"
        guard let digest = Digest(full) else { throw .invalid("digest", text, isNot: "digest") }
        return digest
    }

    private static func key(_ name: String) -> EventKey {
        Array(name.utf8).withUnsafeBytes { EventKey(id: $0) }
    }
}

extension JSONValue {
    /// RFC 3339, also with an offset without colon; the year one is Go's way to write no time.
    var time: Timestamp? {
        guard let text = string, !text.hasPrefix("0001-01-01T00:00:00") else { return nil }
        return Self.time(text) ?? Self.time(text.dropLast(2) + ":" + text.suffix(2))
    }

    private static func time(_ text: some StringProtocol) -> Timestamp? {
        Array(text.utf8).withUnsafeBytes { Timestamp(rfc3339: $0) }
    }

    /// Seconds since 1970, whole or not.
    var unixTime: Timestamp? {
        guard let seconds = double, seconds > 0, seconds < 1e11 else { return nil }
        return Timestamp(seconds: seconds)
    }
}
