import ArgumentParser
import Foundation
import TestSupport

/// Serves a fake registry, to try settings and commands on without an account.
struct FakeCloud: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake",
        abstract: "Serves a fake Docker Hub or Azure registry until it is ended.",
        discussion: """
            In memory, on a port of loopback, which it prints. The Hub's user is ci-bot with the \
            password dckr_pat_secret, Azure's admin with s3cret. Of the tags of team/api every second \
            was pulled yesterday; the others, and all of Azure's, are 120 days old.
            """
    )

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case hub
        case azure
    }

    @Argument(help: "hub or azure.") var kind: Kind
    @Option(help: "Tags of team/api.") var tags = 20
    @Option(help: "Deletes that the Hub permits in a minute; without a limit otherwise.")
    var limit: Int?
    @Option(help: "Milliseconds that each of Azure's answers takes.") var latency = 0
    @Flag(help: "Let the Hub's token have no right to delete.") var noDeletes = false

    func run() async throws {
        switch kind {
        case .hub: try await serveHub()
        case .azure: try await serveAzure()
        }
    }

    private func serveHub() async throws {
        let hub = try await FakeHub.start()
        let (tags, limit, permitsDeletes) = (tags, limit, !noDeletes)
        await hub.set { hub in
            hub.recordsRequests = false
            hub.permitsDeletes = permitsDeletes
            hub.limit = limit.map {
                RequestLimit(capacity: max(1, Double($0) / 10), perSecond: Double($0) / 60)
            }
            for seed in 0..<tags {
                hub.add(
                    "team/api",
                    "v\(seed)",
                    seed: seed,
                    pushed: Self.daysAgo(120 + Double(seed) / 1_000),
                    pulled: Self.daysAgo(seed % 2 == 0 ? 90 : 1)
                )
            }
        }
        try await wait(at: hub.url)
    }

    private func serveAzure() async throws {
        let azure = try await FakeAzure.start()
        let (tags, latency) = (tags, latency)
        await azure.set { azure in
            azure.recordsRequests = false
            azure.latency = latency > 0 ? .milliseconds(latency) : nil
            for seed in 0..<tags {
                azure.add("team/api", tag: "v\(seed)", seed: seed, time: Self.daysAgo(120))
            }
        }
        try await wait(at: azure.url)
    }

    /// Until a signal ends the process.
    private func wait(at url: String) async throws {
        print(url)
        fflush(nil)
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }

    private static func daysAgo(_ days: Double) -> Date {
        Date(timeIntervalSinceNow: -days * 86_400)
    }
}
