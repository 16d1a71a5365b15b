import Foundation
import RegistryClients
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// The fake is only worth something where it behaves as the real one.
struct FakeRegistryTests {
    private struct Envelope: Decodable {
        struct Event: Decodable {
            struct Target: Decodable {
                var repository: String
                var digest: String?
                var tag: String?
                var mediaType: String?
            }
            struct Request: Decodable {
                var method: String
                var useragent: String
                var addr: String
            }
            struct Source: Decodable { var instanceID: String }

            var action: String
            var target: Target
            var request: Request
            var source: Source
        }

        var events: [Event]
    }

    private final class Inbox: Sendable {
        let events = Mutex<[Envelope.Event]>([])

        func take(_ body: [UInt8]) throws {
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(body))
            events.withLock { $0 += envelope.events }
        }

        var actions: [String] {
            events.withLock { list in list.map { "\($0.request.method) \($0.action)" } }
        }
    }

    @Test func eachUseIsNotifiedOnceAndInOrder() async throws {
        try await withRegistry { registry in
            let inbox = Inbox()
            await registry.notify(ignoring: [MediaType.blob]) { try inbox.take($0) }
            let client = try OCIRegistryClient.make(registry.url)
            try await writeImageAndReadItBack(client)
            _ = try await client.delete(.team, .tag(named: "v1"))
            try await eventually("all is delivered") { await registry.undeliveredEvents == 0 }
            #expect(inbox.actions == ["PUT push", "GET pull", "HEAD pull", "DELETE delete"])
            let first = try #require(inbox.events.withLock { $0.first })
            #expect(first.target.repository == "team/api")
            #expect(first.target.tag == "v1")
            #expect(first.request.useragent == OwnUserAgent.product)
            #expect(first.request.addr.hasPrefix("127.0.0.1:"))
            #expect(first.source.instanceID == (await registry.instance))
        }
    }

    @Test func deletedDigestIsNotifiedWithEachOfItsTags() async throws {
        try await withRegistry(.distribution28) { registry in
            let inbox = Inbox()
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.addImage("team/api", "v2", layers: [[1]])
            await registry.notify { try inbox.take($0) }
            let client = try OCIRegistryClient.make(registry.url)
            _ = try await client.delete(.team, .digest(digest))
            try await eventually("all is delivered") { await registry.undeliveredEvents == 0 }
            let targets = inbox.events.withLock { $0.map(\.target) }
            #expect(targets.map(\.tag) == [nil, "v1", "v2"])
            #expect(targets.map(\.digest) == [digest.description, nil, nil])
            #expect(targets.allSatisfy { $0.mediaType == nil })
        }
    }

    @Test func refusedNotificationIsSentAgain() async throws {
        try await withRegistry { registry in
            let inbox = Inbox()
            let failures = Atomic<Int>(0)
            await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.notify { body in
                guard failures.add(1, ordering: .relaxed).newValue > 2 else {
                    throw HarnessError("not now")
                }
                try inbox.take(body)
            }
            let client = try OCIRegistryClient.make(registry.url)
            _ = try await client.head(.team, .tag(named: "v1"))
            try await eventually("it is delivered") { inbox.actions == ["HEAD pull"] }
        }
    }

    @Test func notificationIsPostedToAURL() async throws {
        try await withRegistry { registry in
            try await withRegistry { receiver in
                await receiver.fail(.answer(500))
                await receiver.fail(.answer(202))
                await registry.addImage("team/api", "v1", layers: [[1]])
                await registry.notify(
                    url: "\(receiver.url)/hooks/local",
                    headers: ["Authorization": "Bearer x"]
                )
                let client = try OCIRegistryClient.make(registry.url)
                _ = try await client.head(.team, .tag(named: "v1"))
                try await eventually("it is delivered") { await registry.undeliveredEvents == 0 }
                let requests = await receiver.requests
                #expect(requests.map(\.path) == ["/hooks/local", "/hooks/local"])
                #expect(requests.allSatisfy { $0.method == "POST" })
                #expect(requests.allSatisfy { $0.authorization == "Bearer x" })
            }
        }
    }

    @Test func indexAndReferrerParse() async throws {
        try await withRegistry { registry in
            let child = await registry.addImage("team/api", layers: [[1]])
            let index = await registry.addIndex("team/api", "v1", of: [child])
            await registry.addImage("team/api", "sig", layers: [[2]], subject: index)
            let client = try OCIRegistryClient.make(registry.url)
            let manifest = try await client.manifest(.team, .tag(named: "v1"))
            let content = try ManifestContent(
                parsing: manifest.bytes,
                mediaType: manifest.mediaType
            )
            #expect(content.children.map(\.digest) == [child])
            let signature = try await client.manifest(.team, .tag(named: "sig"))
            let referrer = try ManifestContent(
                parsing: signature.bytes,
                mediaType: signature.mediaType
            )
            #expect(referrer.subject == index)
        }
    }
}
