import CurlTransport
import RegistryClients
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// Time that passes only by sleeping, and so at once.
final class ManualClock: Sendable {
    private let state = Mutex<(now: Timestamp, sleeps: [Span])>(
        (Timestamp(milliseconds: 1_772_600_767_000), [])
    )

    var now: Timestamp { state.withLock { $0.now } }
    var sleeps: [Span] { state.withLock { $0.sleeps } }
    var slept: Span { sleeps.reduce(.zero, +) }

    func advance(by span: Span) { state.withLock { $0.now = $0.now + span } }

    func makePace() -> Pace {
        Pace(
            now: { self.now },
            sleep: { span in
                try Task.checkCancellation()
                self.state.withLock { state in
                    state.now = state.now + span
                    state.sleeps.append(span)
                }
            }
        )
    }
}

/// One transport for all tests, as in the daemon.
let transport = CurlTransport()

extension OCIRegistryClient {
    /// A client of `url` whose pauses take no time, and are of the shortest length.
    static func make(
        _ url: String,
        _ credentials: Credentials? = nil,
        clock: ManualClock = ManualClock(),
        timeout: Span = .seconds(30),
        transport: any HTTPTransport = transport
    ) throws -> OCIRegistryClient {
        OCIRegistryClient(
            url: try #require(RegistryAddress(url)),
            credentials: credentials,
            transport: transport,
            pace: clock.makePace(),
            timeout: timeout,
            random: { 0 }
        )
    }
}

extension RepositoryName {
    static let team: RepositoryName = name("team/api")

    static func name(_ text: String) -> RepositoryName {
        guard let name = RepositoryName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }
}

extension ManifestReference {
    static func tag(named text: String) -> ManifestReference {
        guard let tag = TagName(text) else { preconditionFailure("\(text) is no tag") }
        return .tag(tag)
    }
}

/// Runs `body` with a registry that stops afterwards, whatever happens.
func withRegistry(
    _ mode: FakeRegistry.Mode = .distribution3,
    _ body: (FakeRegistry) async throws -> Void
) async throws {
    let registry = try await FakeRegistry.start(mode: mode)
    do { try await body(registry) } catch {
        await registry.stop()
        throw error
    }
    await registry.stop()
}

/// The error of kind `kind` that `body` has to throw.
@discardableResult
func expectError(
    _ kind: RegistryError.Kind,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async throws -> RegistryError {
    let error = await #expect(throws: RegistryError.self, sourceLocation: sourceLocation) {
        try await body()
    }
    let known = try #require(error, sourceLocation: sourceLocation)
    #expect(known.kind == kind, "\(known)", sourceLocation: sourceLocation)
    #expect(!known.description.contains("\n"), sourceLocation: sourceLocation)
    return known
}
