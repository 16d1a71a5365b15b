import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// Events go to whoever the settings name, signed, as soon as they happen.
    struct Webhooks {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let folder: TemporaryFolder
        private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        private let oldSecret = "the secret that is to go some day"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
            folder = try TemporaryFolder()
            try folder.write(secret + "\n", to: "secret")
            try folder.write(oldSecret, to: "old")
            await registry.add("team/app", "v1", seed: 1, bytes: 50_000)
            await registry.add("team/web", "v1", seed: 2, bytes: 50_000)
        }

        private func settings(
            url: String? = nil,
            _ receivers: [(WebhookReceiver, more: String)]
        ) -> String {
            let list = receivers.map { receiver, more in
                "  - { webhook: '\(receiver.url)/hook?room=7', "
                    + "secretFile: [\(folder.file("secret")), \(folder.file("old"))], "
                    + "filters: { event: prune }\(more) }\n"
            }
            return CleaningSettings(url: url ?? registry.url).text
                + "\npublish:\n" + list.joined()
        }

        private func event(
            _ receiver: WebhookReceiver,
            _ run: String
        ) async throws
            -> WebhookReceiver.Request
        {
            try await eventualValue("the prune event of \(run)") {
                await receiver.requests.first { request in
                    request.text.contains(#""status":"prune""#) && request.text.contains(run)
                }
            }
        }

        private struct Envelope: Decodable {
            let id: String
            let type: String
            let subject: String
            let source: String
            let data: CleaningEvent
        }

        // By a command beside the daemon, which sends what that did.
        @Test(
            .enabled(if: Cleaning.hasRegistry, Cleaning.registryMissing),
            .enabled(if: StandardWebhooks.canVerify, "needs python3 on PATH")
        )
        func aPruneEventArrivesSigned() async throws {
            let real = try await RealRegistry.start(
                .init(endpoints: [.init(url: lastpull.hook("local"))])
            )
            let receiver = try await WebhookReceiver.start()
            try await lastpull.start(
                settings: settings(
                    url: real.url,
                    [(receiver, ", source: 'urn:lastpull:test'")]
                )
            )
            try await real.push("team/app", "v1", seed: 3)
            try await lastpull.knows("team/app:v1")
            let run = try await lastpull.report("clean")
            #expect(run.items.map(\.state) == ["done"])

            let request = try await event(receiver, run.run)

            #expect(request.method == "POST")
            #expect(request.path == "/hook")
            #expect(request.query == "room=7")
            #expect(
                request["Content-Type"] == "application/cloudevents+json"
            )
            #expect(try await StandardWebhooks.verify(request, secret: secret))
            #expect(try await StandardWebhooks.verify(request, secret: oldSecret))
            #expect(try await !StandardWebhooks.verify(request, secret: "another"))
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(request.body))
            #expect(envelope.id == request["webhook-id"])
            #expect(envelope.type == "io.lastpull.prune")
            #expect(envelope.subject == "local")
            #expect(envelope.source == "urn:lastpull:test")
            #expect(envelope.data["run"] == run.run)
            #expect(envelope.data["released"] == "\(run.released)")
            try await eventually("it is noted as delivered") {
                try await lastpull.run("webhooks").output.contains(": 1 delivered, last ")
            }
            #expect(await receiver.requests.count == 1)
            #expect(!lastpull.log.contains("room=7"))
            try await lastpull.terminate()
            await receiver.stop()
        }

        @Test func whatHappensWithoutTheDaemonWaitsForIt() async throws {
            let receiver = try await WebhookReceiver.start()
            try lastpull.configure(settings([(receiver, ", mode: binary")]))
            let run = try await lastpull.report("clean", "--repository", "team/app")
            let status = try await lastpull.run("check", "--json").output
            #expect(status.contains("0 delivered, 1 waiting"))
            #expect(await receiver.requests.isEmpty)
            try await lastpull.start()
            let request = try await event(receiver, run.run)
            #expect(request["Content-Type"] == "application/json")
            #expect(request["ce-type"] == "io.lastpull.prune")
            #expect(request["ce-id"] == request["webhook-id"])
            #expect(try await StandardWebhooks.verify(request, secret: secret))
            try await lastpull.terminate()
            await receiver.stop()
            await registry.stop()
        }

        // The slow one takes longer than it is given; the other and the run must not notice.
        @Test func aSlowReceiverDelaysNobody() async throws {
            let slow = try await WebhookReceiver.start()
            await slow.answer { _, _ in .init(204, delay: .seconds(60)) }
            let quick = try await WebhookReceiver.start()
            try await lastpull.start(
                settings: settings([(slow, ", name: slow"), (quick, ", name: quick")])
            )
            let first = try await lastpull.report("clean", "--repository", "team/app")
            try await eventually("the slow one hangs") { await !slow.requests.isEmpty }
            let clock = ContinuousClock()
            let start = clock.now
            let second = try await lastpull.report("clean", "--repository", "team/web")
            #expect(second.items.map(\.state) == ["done"])
            _ = try await event(quick, first.run)
            _ = try await event(quick, second.run)
            #expect(clock.now - start < .seconds(8))
            #expect(await slow.requests.count == 1)
            try await eventually("it is given up on", within: .seconds(20)) {
                try await lastpull.run("webhooks", "slow").output.contains(
                    "no whole answer in time"
                )
            }
            try await lastpull.terminate()
            await slow.stop()
            await quick.stop()
            await registry.stop()
        }

        // Killed while nobody knows whether the receiver took it: it is sent again, with its id.
        @Test func aKillCostsNoEvent() async throws {
            let receiver = try await WebhookReceiver.start()
            await receiver.answer { _, number in .init(204, delay: .seconds(number == 0 ? 60 : 0)) }
            try await lastpull.start(settings: settings([(receiver, "")]))
            let run = try await lastpull.report("clean", "--repository", "team/app")
            try await eventually("it is being sent") { await receiver.requests.count == 1 }
            try await lastpull.killAndRestart()
            try await eventually("it is sent again") { await receiver.requests.count >= 2 }
            let requests = await receiver.requests
            #expect(requests.allSatisfy { $0.text.contains(run.run) })
            #expect(Set(requests.map { $0["webhook-id"] }).count == 1)
            try await eventually("it is noted as delivered") {
                try await lastpull.run("webhooks").output.contains(": 1 delivered, last ")
            }
            try await lastpull.terminate()
            await receiver.stop()
            await registry.stop()
        }

        @Test func aReceiverThatComesBackGetsAllInOrder() async throws {
            let receiver = try await WebhookReceiver.start()
            try await lastpull.start(settings: settings([(receiver, "")]))
            await receiver.stop()
            let first = try await lastpull.report("clean", "--repository", "team/app")
            let second = try await lastpull.report("clean", "--repository", "team/web")
            try await eventually("check says that it is not reached") {
                let output = try await lastpull.run("check").output
                return output.contains("0 delivered, 2 waiting; not reached since")
            }
            try await receiver.start()
            _ = try await event(receiver, second.run)
            let runs = await receiver.requests.map { request in
                [first.run, second.run].first { request.text.contains($0) }
            }
            #expect(runs == [first.run, second.run])
            try await eventually("nothing waits") {
                try await lastpull.run("webhooks").output.contains(": 2 delivered")
            }
            try await lastpull.terminate()
            await receiver.stop()
            await registry.stop()
        }

        @Test func aTestIsSentAtOnceAndShowsWhatCameBack() async throws {
            let receiver = try await WebhookReceiver.start()
            try lastpull.configure(settings([(receiver, ", name: ops")]))
            let taken = try await lastpull.run("webhooks", "--test")
            #expect(taken.status == 0)
            #expect(taken.output == "ops: taken\n")
            let request = try #require(await receiver.requests.first)
            #expect(try await StandardWebhooks.verify(request, secret: secret))
            await receiver.answer { _, _ in
                .init(307, headers: ["Location": "http://127.0.0.1:1/stolen"])
            }
            let redirected = try await lastpull.run("webhooks", "--test", "ops")
            #expect(redirected.status == 1)
            #expect(redirected.output.hasPrefix("ops: answered 307; redirects are not followed"))
            #expect(await receiver.requests.count == 2)
            let unknown = try await lastpull.run("webhooks", "--test", "opps")
            #expect(unknown.status == 64)
            await receiver.stop()
            let gone = try await lastpull.run("webhooks", "--test", "ops")
            #expect(gone.output.hasPrefix("ops: connection refused"))
            await registry.stop()
        }

        @Test(.enabled(if: TLSProxy.isInstalled, "needs nginx and openssl"))
        func certificatesAreChecked() async throws {
            let receiver = try await WebhookReceiver.start()
            let proxy = try await TLSProxy(before: receiver.url)
            func test(_ more: String) async throws -> Command.Result {
                try lastpull.configure(
                    CleaningSettings(url: registry.url).text + """

                        publish:
                          - { webhook: "\(proxy.url)/", secretFile: \(folder.file("secret"))\(more) }
                        """
                )
                return try await lastpull.run("webhooks", "--test")
            }
            let untrusted = try await test("")
            #expect(untrusted.status == 1)
            #expect(untrusted.output.contains("the certificate is not trusted"))
            #expect(await receiver.requests.isEmpty)
            let trusted = try await test(", caFile: \(proxy.authority)")
            #expect(trusted.status == 0, "\(trusted.output)")
            #expect(await receiver.requests.count == 1)
            await receiver.stop()
            await registry.stop()
        }
    }
}
