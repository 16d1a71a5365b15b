extension RealRegistry {
    /// What a test chooses about a registry.
    package struct Options: Sendable {
        /// Whether manifests and blobs can be deleted; off, the registry answers 405.
        package var deletes: Bool
        package var endpoints: [Endpoint]
        package var accessLog: Bool
        /// Whether blob descriptors are cached in memory, as in the stock configuration.
        package var cache: Bool
        /// The filesystem driver's root; nil for a folder of its own.
        package var root: String?
        /// The registry that it is a pull-through cache of; nil for none.
        package var origin: String?

        package init(
            deletes: Bool = true,
            endpoints: [Endpoint] = [],
            accessLog: Bool = true,
            cache: Bool = true,
            root: String? = nil,
            origin: String? = nil
        ) {
            self.deletes = deletes
            self.endpoints = endpoints
            self.accessLog = accessLog
            self.cache = cache
            self.root = root
            self.origin = origin
        }
    }

    /// Where the registry sends its notifications.
    package struct Endpoint: Sendable {
        package var url: String
        /// Header fields of each request, such as `Authorization`.
        package var headers: [String: String]
        /// Actions that are not sent; version 2.8 heeds them only with a media type beside them.
        package var ignoredActions: [String]
        package var ignoredMediaTypes: [String]
        package var timeout: String
        /// Failures in a row before it waits for `backoff` between attempts.
        package var threshold: Int
        package var backoff: String

        package init(
            url: String,
            headers: [String: String] = [:],
            ignoredActions: [String] = [],
            ignoredMediaTypes: [String] = [],
            timeout: String = "1s",
            threshold: Int = 3,
            backoff: String = "100ms"
        ) {
            self.url = url
            self.headers = headers
            self.ignoredActions = ignoredActions
            self.ignoredMediaTypes = ignoredMediaTypes
            self.timeout = timeout
            self.threshold = threshold
            self.backoff = backoff
        }
    }
}

extension RealRegistry.Options {
    /// The registry's configuration file, in YAML.
    func configuration(host: String, storage: String) -> String {
        """
        version: 0.1
        log:
          level: info
          accesslog:
            disabled: \(!accessLog)
        storage:
          filesystem:
            rootdirectory: \(storage)
          delete:
            enabled: \(deletes)
        \(cache ? "  cache:\n    blobdescriptor: inmemory\n" : "")\
        http:
          addr: \(host)
          secret: the-same-after-a-restart
        \(origin.map { "proxy:\n  remoteurl: \($0)\n" } ?? "")\
        \(notifications)
        """
    }

    private var notifications: String {
        guard !endpoints.isEmpty else { return "" }
        let list = endpoints.enumerated().map { index, endpoint in
            endpoint.configuration(name: "endpoint\(index)")
        }
        return "notifications:\n  endpoints:\n" + list.joined()
    }
}

extension RealRegistry.Endpoint {
    fileprivate func configuration(name: String) -> String {
        let fields = headers.sorted { $0.key < $1.key }.map { "\($0.key): ['\($0.value)']" }
        return """
                - name: \(name)
                  url: \(url)
                  headers: {\(fields.joined(separator: ", "))}
                  timeout: \(timeout)
                  threshold: \(threshold)
                  backoff: \(backoff)
                  ignore:
                    mediatypes: [\(ignoredMediaTypes.joined(separator: ", "))]
                    actions: [\(ignoredActions.joined(separator: ", "))]

            """
    }
}
