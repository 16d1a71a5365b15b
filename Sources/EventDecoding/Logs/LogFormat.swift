package import RegistryModel

/// The access logs that are understood.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Azure Container Registry's resource logs: raw, from an Event Hub, or from Log Analytics.
    case acr
    /// The access lines of CNCF distribution; its own log in between says nothing.
    case distribution
    /// The own log of CNCF distribution, in its forms `json`, `text` and `logstash`; the access lines
    /// in between say nothing, since they are about the same requests.
    case logrus
    /// zot's log.
    case zot
    /// nginx's format `combined`, which has the same grammar as distribution's lines.
    case combined
    /// One JSON object for each request, as proxies are told to write it; see `LogKeys`.
    case json
    /// Caddy's access log, in JSON or in its form for consoles.
    case caddy
    /// Traefik's access log, in JSON or in its form `common`.
    case traefik
    /// Envoy's access log in its default form, Istio's, or in JSON.
    case envoy
    /// HAProxy's `option httplog`, with or without captured headers.
    case haproxy
    /// AWS CloudTrail's records of Elastic Container Registry.
    case cloudtrail

    /// Whether access lines in the common format of web servers are among it.
    var hasCommonLines: Bool {
        switch self {
        case .distribution, .combined, .traefik, .haproxy: true
        case .acr, .logrus, .zot, .json, .caddy, .envoy, .cloudtrail: false
        }
    }

    /// Whether JSON objects that tell of one request each are among it.
    var hasRequestRecords: Bool {
        switch self {
        case .zot, .json, .caddy, .traefik, .envoy: true
        case .acr, .distribution, .logrus, .combined, .haproxy, .cloudtrail: false
        }
    }
}

/// How a log is to be read.
package struct LogDialect: Sendable, Hashable {
    /// What it must hold; nil lets each record tell.
    package var format: LogFormat?
    /// The keys of JSON records.
    package var keys: LogKeys
    /// How its records are named; whatever is decoded for one ledger must have the ledger's.
    package var naming: RecordNaming
    /// Whether blobs are noted that somebody asks for; of old logs nobody needs to know.
    package var notesBlobs = true
    /// Whether lines that name manifests and tell of no request are rejected, and not passed over: in an
    /// old log they may be requests in a format that was used for a time.
    package var heedsWords = false

    package init(
        format: LogFormat? = nil,
        keys: LogKeys = .known,
        naming: RecordNaming = .digest
    ) {
        self.format = format
        self.keys = keys
        self.naming = naming
    }

    /// The same, with the names that a ledger knows.
    package func naming(_ naming: RecordNaming) -> LogDialect {
        var dialect = self
        dialect.naming = naming
        return dialect
    }
}
