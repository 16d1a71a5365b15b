import Foundation
import RegistryModel
import TestSupport
import Testing

/// All suites about what is heard, one test after the other: they measure time, and the machine
/// may have two cores.
@Suite(.serialized) enum Hearing {}

/// A real registry that reports to a running lastpull.
struct HearingScene {
    let registry: RealRegistry
    let daemon: LastpullDaemon

    /// Starts both; the policies are for the registry `local`.
    ///
    /// The operator vouches for the two days before the start, so that it is the time since then
    /// that decides whether silence proves anything.
    static func start(
        policies: String = countsEverything,
        more: String = "",
        registries: [String] = ["local"],
        probe: String = "500ms",
        endpoints: (LastpullDaemon) -> [RealRegistry.Endpoint] = { [.init(url: $0.hook("local"))] }
    ) async throws -> HearingScene {
        let daemon = try LastpullDaemon()
        let options = RealRegistry.Options(endpoints: endpoints(daemon))
        let registry = try await RealRegistry.start(options)
        let list = registries.map { name in
            // No two may have one address, so others have the same server by a name of their own.
            let url =
                name == "local"
                ? registry.url : registry.url.replacing("127.0.0.1", with: "\(name).localhost")
            return "  - { name: \(name), url: \"\(url)\", probe: \(probe), gapTolerance: 6s, "
                + "trustHistoryFrom: \(twoDaysAgo) }"
        }
        let settings =
            "registries:\n\(list.joined(separator: "\n"))\npolicies:\n\(policies)\n\(more)"
        try await daemon.start(settings: settings)
        return HearingScene(registry: registry, daemon: daemon)
    }

    /// More uncovered time than this in a window, and silence in it proves nothing.
    static let gapTolerance = Duration.seconds(6)

    static let countsEverything = """
          - { name: unused, keep: { accessed: { atLeast: 1, within: 1h } } }
        """

    /// What nobody pulled may go, however fresh.
    static let removesUnpulled = """
          - name: unused
            repositories: ["team/**"]
            count: [pull]
            keep: { accessed: { atLeast: 1, within: 1h }, pushed: { within: 0s } }
            mode: enforce
        """

    private static var twoDaysAgo: String {
        Date(timeIntervalSinceNow: -2 * 86_400).formatted(.iso8601.year().month().day())
    }
}

extension HearingScene {
    /// Pushes a small image of its own content, and returns its digest.
    @discardableResult
    func push(_ image: String, seed: UInt64, format: Skopeo.Format = .same) async throws -> Digest {
        var folder = try ImageFolder()
        try folder.addImage(tag: "pushed", layers: [.random(2_000, seed: seed)])
        return try await Skopeo.push(
            folder,
            tag: "pushed",
            to: "\(registry.host)/\(image)",
            format: format
        )
    }

    /// Reads a manifest as a container engine does.
    func read(_ repository: String, _ reference: String, method: String = "GET") async throws {
        let answer = try await registry.manifest(
            repository,
            reference,
            method: method,
            headers: ["User-Agent": "containerd/v2.0.2"]
        )
        try #require(answer.status == 200, "\(method) \(repository) \(reference)")
    }

    /// Waits until everything that the registry has reported so far is recorded.
    ///
    /// The registry reports in order, so an image pulled last stands for all before it.
    func everythingIsHeard() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        let tag = "t\(seed)"
        try await push("mark/last:\(tag)", seed: seed)
        try await read("mark/last", tag)
        try await eventually("the last pull is heard", within: .seconds(30)) {
            try await daemon.explain("mark/last:\(tag)").accesses >= 1
        }
    }
}
