/// The keys of JSON records by what they stand for: those of known logs, and an operator's own.
package struct LogKeys: Sendable {
    /// What a key means where it stands.
    struct Meaning: Sendable {
        var field: LogField?
        /// Higher is better; from 1.
        var rank: Int8 = 1
        /// Where the keys of an object under it stand.
        var inside: LogContext?
    }

    /// The operator's own, by what they stand for.
    package let own: [String: String]
    private var index = TextIndex()
    private var meanings: [Meaning] = []

    /// The keys that registries and proxies write unless told otherwise.
    package static let known = LogKeys()

    /// Adds keys of one's own, which come before all known ones, by the names of `nameable`; nil when
    /// one of the names is not among them.
    package init?(_ own: [String: String]) {
        self.init(withOwn: own)
        for (name, key) in own {
            guard let field = Self.named[name] else { return nil }
            add(.root, key, Meaning(field: field, rank: Self.ownRank))
        }
    }

    /// The names of what an operator may give keys of his own.
    package static let nameable: [String] = named.keys.sorted()

    private static let named: [String: LogField] = [
        "time": .time, "method": .method, "path": .target, "request": .request,
        "status": .status, "address": .address, "user": .user, "userAgent": .userAgent,
        "digest": .digest,
    ]

    private static let ownRank: Int8 = 9
    /// Of keys that only distribution's own log has.
    static let logrusRank: Int8 = 8

    private init(withOwn own: [String: String] = [:]) {
        self.own = own
        for (key, field, rank) in Self.rootKeys {
            add(.root, "\(key)", Meaning(field: field, rank: rank))
        }
        for (context, key, meaning) in Self.insideKeys { add(context, "\(key)", meaning) }
    }

    /// What `key` means; a pure look-up.
    func meaning(_ context: LogContext, _ key: UnsafeRawBufferPointer) -> Meaning? {
        guard key.count <= Self.longest else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: key.count + 1, alignment: 1) { buffer in
            buffer[0] = context.rawValue
            UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: key)
            return index.existing(UnsafeRawBufferPointer(buffer)).map { meanings[$0] }
        }
    }

    private mutating func add(_ context: LogContext, _ key: String, _ meaning: Meaning) {
        let bytes = [context.rawValue] + Array(key.utf8)
        let (number, isNew) = bytes.withUnsafeBytes { index.number(of: $0) }
        if isNew { meanings.append(meaning) } else { meanings[number] = meaning }
    }

    private static let longest = 128
}

extension LogKeys: Hashable {
    package static func == (left: Self, right: Self) -> Bool { left.own == right.own }

    package func hash(into hasher: inout Hasher) { hasher.combine(own) }
}

extension LogKeys {
    private static let rootKeys: [(StaticString, LogField, Int8)] = [
        // distribution's own log
        ("http.request.method", .method, logrusRank), ("http.request.uri", .target, logrusRank),
        ("http.response.status", .status, logrusRank),
        ("http.request.remoteaddr", .address, logrusRank),
        ("http.request.useragent", .userAgent, logrusRank),
        ("http.request.id", .requestId, logrusRank), ("auth.user.name", .user, logrusRank),
        // nginx's variables
        ("time_iso8601", .time, 4), ("time_local", .time, 3), ("msec", .time, 6),
        ("remote_addr", .address, 4), ("http_x_forwarded_for", .address, 1),
        ("remote_user", .user, 4), ("request", .request, 4), ("request_method", .method, 4),
        ("request_uri", .target, 5), ("uri", .target, 2), ("status", .status, 4),
        ("http_user_agent", .userAgent, 4), ("request_id", .requestId, 4),
        ("sent_http_docker_content_digest", .digest, 4),
        ("upstream_http_docker_content_digest", .digest, 3),
        // zot
        ("clientIP", .address, 4), ("statusCode", .status, 4), ("username", .user, 4),
        // Caddy
        ("ts", .time, 3), ("user_id", .user, 3),
        // Traefik
        ("StartUTC", .time, 6), ("StartLocal", .time, 5), ("ClientHost", .address, 5),
        ("ClientAddr", .address, 4), ("ClientUsername", .user, 4), ("RequestMethod", .method, 4),
        ("RequestPath", .target, 4), ("DownstreamStatus", .status, 4),
        ("request_User-Agent", .userAgent, 4),
        ("downstream_Docker-Content-Digest", .digest, 4),
        ("origin_Docker-Content-Digest", .digest, 3),
        // Envoy, as its users name things
        ("start_time", .time, 5), ("method", .method, 3), ("path", .target, 3),
        ("x_envoy_original_path", .target, 4), ("response_code", .status, 4),
        ("downstream_remote_address", .address, 4), ("x_forwarded_for", .address, 3),
        ("user_agent", .userAgent, 3), ("docker_content_digest", .digest, 3),
        // the parsers of Fluent Bit and Logstash
        ("remote", .address, 2), ("code", .status, 2), ("agent", .userAgent, 2),
        ("clientip", .address, 2), ("verb", .method, 2), ("response", .status, 2),
        ("@timestamp", .time, 1), ("timestamp", .time, 2), ("date", .time, 1),
        ("time", .time, 3),
        // Azure, raw and in Log Analytics
        ("category", .category, 2), ("operationName", .operation, 1), ("identity", .user, 2),
        ("resultDescription", .status, 1), ("durationMs", .duration, 1),
        ("callerIpAddress", .address, 2), ("correlationId", .requestId, 1),
        ("Category", .category, 2), ("Type", .category, 1), ("OperationName", .operation, 1),
        ("Identity", .user, 2), ("ResultDescription", .status, 1), ("DurationMs", .duration, 1),
        ("CallerIpAddress", .address, 2), ("CorrelationId", .requestId, 1),
        ("TimeGenerated", .time, 5), ("Repository", .repository, 1), ("Tag", .tag, 1),
        ("Digest", .digest, 1), ("MediaType", .mediaType, 1), ("Size", .size, 1),
        ("UserAgent", .userAgent, 2),
        // forwarders
        ("log", .text, 6), ("message", .text, 5), ("MESSAGE", .text, 4), ("@message", .text, 3),
        ("short_message", .text, 2),
        // others
        ("msg", .message, 1), ("level", .level, 1), ("eventSource", .eventSource, 1),
    ]

    private static let insideKeys: [(LogContext, StaticString, Meaning)] = [
        (.root, "event", Meaning(field: .text, rank: 1, inside: .root)),
        (.root, "line", Meaning(field: .text, rank: 1, inside: .root)),
        (.root, "value", Meaning(field: .text, rank: 1, inside: .root)),
        (.root, "request", Meaning(field: .request, rank: 4, inside: .request)),
        (.root, "headers", Meaning(inside: .requestHeaders)),
        (.root, "resp_headers", Meaning(inside: .responseHeaders)),
        (.root, "properties", Meaning(inside: .properties)),
        (.root, "detail", Meaning(field: .detail)),
        (.request, "method", Meaning(field: .method, rank: 4)),
        (.request, "uri", Meaning(field: .target, rank: 4)),
        (.request, "remote_ip", Meaning(field: .address, rank: 3)),
        (.request, "client_ip", Meaning(field: .address, rank: 4)),
        (.request, "remote_addr", Meaning(field: .address, rank: 2)),
        (.request, "headers", Meaning(inside: .requestHeaders)),
        (.requestHeaders, "User-Agent", Meaning(field: .userAgent, rank: 4)),
        (.requestHeaders, "user-agent", Meaning(field: .userAgent, rank: 4)),
        (.responseHeaders, "Docker-Content-Digest", Meaning(field: .digest, rank: 4)),
        (.responseHeaders, "docker-content-digest", Meaning(field: .digest, rank: 4)),
        (.properties, "tag", Meaning(field: .tag)),
        (.properties, "digest", Meaning(field: .digest)),
        (.properties, "mediaType", Meaning(field: .mediaType)),
        (.properties, "repository", Meaning(field: .repository)),
        (.properties, "userAgent", Meaning(field: .userAgent, rank: 2)),
        (.properties, "size", Meaning(field: .size)),
    ]
}
