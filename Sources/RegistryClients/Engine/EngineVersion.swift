import CurlTransport
import Synchronization

/// A version of the Docker Engine API, such as 1.41.
package struct EngineAPIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    package init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]),
            major > 0, minor >= 0
        else { return nil }
        self.init(major, minor)
    }

    package var description: String { "\(major).\(minor)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// The first with event filters, `Containers` of images, and all that is asked for here.
    static let oldest = EngineAPIVersion(1, 24)
    /// The last whose answers about disk usage have the shape that is read here.
    static let newest = EngineAPIVersion(1, 51)
}

/// What an engine says about itself (`GET /version`).
package struct EngineIdentity: Sendable, Equatable {
    /// The version that is spoken with it.
    package var api: EngineAPIVersion
    package var version: String
    package var isPodman: Bool

    package init(api: EngineAPIVersion, version: String, isPodman: Bool) {
        self.api = api
        self.version = version
        self.isPodman = isPodman
    }

    package var name: String { "\(isPodman ? "Podman" : "Docker Engine") \(version)" }
}

/// Remembers what was agreed with an engine, until a connection breaks: it may come back newer.
final class VersionMemory: Sendable {
    private let known = Mutex<EngineIdentity?>(nil)

    var identity: EngineIdentity? {
        get { known.withLock { $0 } }
        set { known.withLock { $0 = newValue } }
    }
}

extension EngineClient {
    /// Which engine it is, and the newest version of the API that both sides know.
    package func identity() async throws(EngineError) -> EngineIdentity {
        if let known = memory.identity { return known }
        let call = call("read the version")
        let response = try await exchange(address.request("GET", "/version"), for: call)
        let wire: VersionWire = try decode(response.body, for: call)
        guard let theirs = EngineAPIVersion(wire.apiVersion ?? "") else {
            throw call.error(.badAnswer, "it names no version of its API")
        }
        let least = EngineAPIVersion(wire.minAPIVersion ?? "") ?? .oldest
        let api = min(theirs, .newest)
        guard api >= .oldest, api >= least else {
            throw call.error(
                .unsupported,
                "it speaks version \(least) to \(theirs) of the API, lastpull \(EngineAPIVersion.oldest)"
                    + " to \(EngineAPIVersion.newest)"
            )
        }
        let isPodman = wire.components?.contains { $0.name == "Podman Engine" } ?? false
        let identity = EngineIdentity(api: api, version: wire.version ?? "?", isPodman: isPodman)
        memory.identity = identity
        return identity
    }
}

private struct VersionWire: Decodable {
    struct Component: Decodable {
        let name: String?
    }

    let version: String?
    let apiVersion: String?
    let minAPIVersion: String?
    let components: [Component]?
}
