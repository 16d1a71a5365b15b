import EventDecoding
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension AccessRoutes {
    /// Adds `/logs/REGISTRY`, and below it the paths that log senders add by themselves.
    func addLogs<Context: RequestContext>(to router: Router<Context>) {
        for (path, client) in LogClient.paths {
            let place = RouterPath("/logs/{registry}\(path)")
            // Clients of Elasticsearch put their bulks, and forwarders can be set to.
            for method in [HTTPRequest.Method.post, .put] {
                router.on(place, method: method) { request, context in
                    try await takeLog(request, as: client, from: try sender(of: request, context))
                }
            }
            router.head(place) { request, context in
                _ = try sender(of: request, context)
                _ = try dialect(of: request)
                return Response(status: .ok)
            }
        }
        addHealth(to: router)
        addSplunk(to: router)
        addElasticsearch(to: router)
    }

    /// Takes one delivery of a log, and answers as its sender expects.
    private func takeLog(
        _ request: Request,
        as client: LogClient,
        from sender: Sender
    ) async throws -> Response {
        // Asked with the body at hand, so that what is refused is kept as a sample.
        func wanted() throws -> LogDialect {
            try client.check(request.headers)
            return try dialect(of: request)
        }
        guard client == .elasticsearch else {
            let answer = try await answer(to: request, as: .log, from: sender) {
                AccessLog.decode($0, try wanted())
            }
            return client.response(answer, to: request, nil)
        }
        var bulk: BulkBody?
        let answer = try await answer(to: request, as: .log, from: sender) { body in
            let dialect = try wanted()
            let read = BulkBody(body)
            guard !read.isTooLong else { throw Refusal.tooMany(actions: BulkBody.mostActions) }
            bulk = read
            return read.documents.withUnsafeBytes { AccessLog.decode($0, dialect) }
        }
        return client.response(answer, to: request, bulk)
    }

    /// How the log is to be read, by the query: `format`, and the keys of JSON records by their names.
    private func dialect(of request: Request) throws -> LogDialect {
        guard request.uri.query != nil else { return LogDialect(naming: naming) }
        let query = request.uri.queryParameters
        var dialect = LogDialect(naming: naming)
        if let name = query["format"] {
            guard let format = LogFormat(rawValue: String(name)) else {
                throw Refusal.unknown(
                    format: String(name),
                    known: LogFormat.allCases.map(\.rawValue)
                )
            }
            dialect.format = format
        }
        var own: [String: String] = [:]
        for name in LogKeys.nameable { own[name] = query[Substring(name)].map(String.init) }
        if !own.isEmpty, let keys = LogKeys(own) { dialect.keys = keys }
        return dialect
    }

    // MARK: What else senders ask

    /// Vector asks Loki and Elasticsearch whether they are well.
    private func addHealth<Context: RequestContext>(to router: Router<Context>) {
        for path in ["/ready", "/services/collector/health", "/services/collector/health/1.0"] {
            router.get(RouterPath("/logs/{registry}\(path)")) { request, context in
                _ = try sender(of: request, context)
                return LogClient.json(#"{"text":"HEC is healthy","code":17}"#)
            }
        }
    }

    private func addSplunk<Context: RequestContext>(to router: Router<Context>) {
        for path in ["/services/collector/ack", "/services/collector/ack/1.0"] {
            router.post(RouterPath("/logs/{registry}\(path)")) { request, context in
                let sender = try sender(of: request, context)
                let body = try await read(request)
                try check(sender, body)
                return LogClient.acknowledgements(body)
            }
        }
    }

    private func addElasticsearch<Context: RequestContext>(to router: Router<Context>) {
        let answers: [(String, Response)] = [
            ("", LogClient.elasticGreeting), ("/_license", LogClient.elasticLicense),
            ("/_xpack", LogClient.elasticLicense), ("/_cluster/health", LogClient.elasticHealth),
        ]
        for (path, answer) in answers {
            router.get(RouterPath("/logs/{registry}\(path)")) { request, context in
                _ = try sender(of: request, context)
                return answer
            }
        }
        for kind in ["_template", "_index_template", "_component_template", "_ilm", "_ingest"] {
            let path = RouterPath("/logs/{registry}/\(kind)/**")
            for method in [HTTPRequest.Method.put, .post, .get, .head] {
                router.on(path, method: method) { request, context in
                    _ = try sender(of: request, context)
                    return LogClient.elasticAgreement
                }
            }
        }
    }
}
