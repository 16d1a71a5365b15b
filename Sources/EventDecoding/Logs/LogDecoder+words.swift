import RegistryModel

// What servers write about themselves, between the requests or in their stead.
extension LogDecoder {
    /// Notes that something was taken for a request.
    mutating func noteRequest() {
        hasRequests = true
        if !mentioned.isEmpty { mentioned = [] }
    }

    /// Whether distribution's own log is read, in words about a request before its outcome is known,
    /// which is told by a record of its own.
    var isAboutRequest: Bool {
        fields.rank(.target) == LogKeys.logrusRank || fields.rank(.requestId) == LogKeys.logrusRank
    }

    /// Passes over words that tell of no request.
    ///
    /// Where the dialect heeds them, those are rejected that name a manifest: they may be requests in a
    /// format that nobody knows. So are words about requests that are told elsewhere, where they are
    /// about so many, and none was told between, that they can't be.
    mutating func passOver(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int,
        as kind: StaticString,
        isToldElsewhere: Bool = false
    ) {
        guard dialect.heedsWords, Self.namesManifest(bytes) else {
            decoded.ignored += 1
            return
        }
        if isToldElsewhere || Self.isOfHandler(bytes) {
            // One request may have hundreds of words.
            let id = plain(.requestId)
            var hasher = Hasher()
            if id.isEmpty { hasher.combine(offset) } else { hasher.combine(bytes: id) }
            mentioned.insert(hasher.finalize())
            guard mentioned.count > Self.mostMentioned else {
                decoded.ignored += 1
                return
            }
            isSilent = true
        }
        decoded.reject(
            bytes,
            "\(kind) at byte \(offset) names a manifest, and tells of no request as it is understood"
        )
    }

    private static func namesManifest(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.firstIndex(of: "/manifests/") != nil || bytes.firstIndex(of: #"\/manifests\/"#) != nil
    }

    /// Whether a part of Caddy says it of a request, which Caddy logs when it is answered
    /// (`http.handlers.reverse_proxy`, such as of a client that went away).
    private static func isOfHandler(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.firstIndex(of: #""logger":"http.handlers."#) != nil
            || bytes.firstIndex(of: "\thttp.handlers.") != nil
    }

    /// As many requests are hardly ever under way at once.
    private static let mostMentioned = 64
}
