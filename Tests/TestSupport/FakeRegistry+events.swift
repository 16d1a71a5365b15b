import Foundation

extension FakeRegistry {
    /// Takes the body of one notification; throws to have it sent again.
    package typealias Sink = @Sendable (_ body: [UInt8]) async throws -> Void

    /// Sends an event for every use of manifests and blobs to `sink`: in order, one per body, each
    /// again until it is taken.
    ///
    /// Events of media types in `ignoring` are not sent; deletes have none.
    package func notify(ignoring mediaTypes: Set<String> = [], _ sink: @escaping Sink) {
        notifier?.stop()
        notifier = Notifier(ignoredMediaTypes: mediaTypes, sink: sink)
    }

    /// Posts events to a URL, as a registry's endpoint does.
    package func notify(
        url: String,
        headers: [String: String] = [:],
        ignoring mediaTypes: Set<String> = []
    ) {
        let version = mode == .distribution3 ? "v2" : "v1"
        var headers = headers
        headers["Content-Type"] = "application/vnd.docker.distribution.events.\(version)+json"
        let fields = headers
        notify(ignoring: mediaTypes) { body in
            let answer = try await LoopbackHTTP.send("POST", url, headers: fields, body: body)
            guard (200..<400).contains(answer.status) else {
                throw HarnessError("\(url) answered \(answer.status)")
            }
        }
    }

    /// Switches notifications off; events that are not delivered are lost.
    package func stopNotifying() {
        notifier?.stop()
        notifier = nil
    }

    /// Events that no sink has taken yet.
    package var undeliveredEvents: Int { notifier?.undelivered ?? 0 }

    func report(_ action: String, _ target: EventTarget, _ call: Call) {
        guard let notifier else { return }
        if let type = target.mediaType, notifier.ignoredMediaTypes.contains(type) { return }
        var target = target
        target.length = action == "delete" ? nil : target.size
        if mode == .distribution3 {
            // Version 3 writes what it does not know; version 2 leaves it out.
            target.mediaType = target.mediaType ?? ""
            target.digest = target.digest ?? ""
            target.size = target.size ?? 0
        }
        let forwarded = call["X-Forwarded-For"]?.split(separator: ",").first.map(String.init)
        let event = Event(
            id: UUID().uuidString.lowercased(),
            timestamp: Date.now.formatted(.iso8601WithFractions),
            action: action,
            target: target,
            request: .init(
                id: UUID().uuidString.lowercased(),
                addr: forwarded ?? call.peer,
                host: host,
                method: call.method,
                useragent: call["User-Agent"] ?? ""
            ),
            actor: .init(name: call.user),
            source: .init(addr: host, instanceID: instance)
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let body = try? encoder.encode(Envelope(events: [event])) else { return }
        notifier.enqueue(Array(body))
    }

    /// What an event is about.
    struct EventTarget: Encodable, Sendable {
        var mediaType: String?
        var size: Int?
        var digest: String?
        var length: Int?
        var repository: String
        var fromRepository: String?
        var url: String?
        var tag: String?

        init(repository: String) { self.repository = repository }
    }
}

private struct Envelope: Encodable { var events: [Event] }

private struct Event: Encodable {
    struct Request: Encodable {
        var id: String
        var addr: String?
        var host: String
        var method: String
        var useragent: String
    }

    struct Actor: Encodable { var name: String? }

    struct Source: Encodable {
        var addr: String
        var instanceID: String
    }

    var id: String
    var timestamp: String
    var action: String
    var target: FakeRegistry.EventTarget
    var request: Request
    var actor: Actor
    var source: Source
}

extension FormatStyle where Self == Date.ISO8601FormatStyle {
    fileprivate static var iso8601WithFractions: Self {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    }
}
