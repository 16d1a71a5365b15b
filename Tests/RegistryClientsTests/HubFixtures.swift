import CurlTransport
import Foundation
import RegistryClients
import RegistryModel
import TestSupport
import Testing

extension DockerHubClient {
    /// A client of a fake Hub whose pauses take no time.
    static func make(
        _ url: String,
        _ credentials: Credentials? = .hub,
        namespaces: [String] = ["team"],
        clock: ManualClock = ManualClock(),
        timeout: Span = .seconds(30)
    ) throws -> DockerHubClient {
        DockerHubClient(
            url: try #require(RegistryAddress(url)),
            namespaces: namespaces,
            credentials: credentials,
            transport: transport,
            pace: clock.makePace(),
            timeout: timeout,
            random: { 0 }
        )
    }
}

extension ACRClient {
    /// A client of a fake Azure Container Registry whose pauses take no time.
    static func make(
        _ url: String,
        _ credentials: Credentials? = Credentials(username: "admin", password: Secret("s3cret")),
        clock: ManualClock = ManualClock(),
        timeout: Span = .seconds(30)
    ) throws -> ACRClient {
        ACRClient(
            url: try #require(RegistryAddress(url)),
            credentials: credentials,
            transport: transport,
            pace: clock.makePace(),
            timeout: timeout,
            random: { 0 }
        )
    }
}

extension Credentials {
    static let hub = Credentials(username: "ci-bot", password: Secret("dckr_pat_secret"))
}

/// Runs `body` with a fake Hub that stops afterwards, whatever happens.
func withHub(_ body: (FakeHub) async throws -> Void) async throws {
    let hub = try await FakeHub.start()
    do { try await body(hub) } catch {
        await hub.stop()
        throw error
    }
    await hub.stop()
}

/// Runs `body` with a fake Azure Container Registry that stops afterwards, whatever happens.
func withAzure(_ body: (FakeAzure) async throws -> Void) async throws {
    let azure = try await FakeAzure.start()
    do { try await body(azure) } catch {
        await azure.stop()
        throw error
    }
    await azure.stop()
}

extension Date {
    /// Whole seconds, which survive being written down.
    static func daysAgo(_ days: Double) -> Date {
        Date(timeIntervalSince1970: (Date().timeIntervalSince1970 - days * 86_400).rounded(.down))
    }

    /// As the Hub writes it: with a fraction of its own.
    var toldByHub: Timestamp {
        Timestamp(milliseconds: Int64(timeIntervalSince1970) * 1_000 + 766)
    }
}
