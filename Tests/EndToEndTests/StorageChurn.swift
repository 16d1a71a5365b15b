import Foundation
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// Clients that push, pull and delete without a pause, while sweeps take what they just use.
///
/// Each worker has tags of its own, so that it is known at the end what every tag must be. The
/// layers are shared: all images are made of the same few.
final class Churn: Sendable {
    let scene: StorageScene
    /// Whether sweeps take manifests that no tag holds any more; else clients delete them.
    private let takesUntagged: Bool
    private let layers = (1...12).map { ImageFolder.Layer.random(3_000, seed: 40 + UInt64($0)) }
    private let repositories = ["a/x", "b", "c/y/z"]
    private let end: ContinuousClock.Instant
    private let state = Mutex(State())

    struct State: Sendable {
        /// What every tag is; by `REPOSITORY:TAG`.
        var tags: [String: Digest] = [:]
        var pushes = 0
        var pulls = 0
        var deletes = 0
        var sweeps = 0
        var kills = 0
        /// What clients were told that went wrong, and were right to try again.
        var refused: [String] = []
        /// Images that could not be pulled at once after their push, but soon.
        var late: [String] = []
    }

    init(_ scene: StorageScene, takesUntagged: Bool, for time: Duration) {
        self.scene = scene
        self.takesUntagged = takesUntagged
        end = .now + time
    }

    var result: State { state.withLock { $0 } }

    private var isOver: Bool { ContinuousClock.now >= end }

    // MARK: Clients

    /// Pushes, deletes and pulls until the time is over.
    func work(_ worker: Int) async throws {
        while !isOver {
            let name = "\(repositories.randomElement() ?? "b"):w\(worker)"
            let choice = Int.random(in: 0..<10)
            if choice < 5, !takesUntagged { try await delete(name) }
            switch choice {
            case 0..<2: try await push(name)
            case 2: try await takesUntagged ? pushPlatforms(name) : pushByHand(name)
            case 3..<5: try await pushByHand(name)
            case 5..<9: try await delete(name)
            default: try await pullAny(name)
            }
        }
    }

    private func someLayers() -> [ImageFolder.Layer] {
        Array(layers.shuffled().prefix(Int.random(in: 1...2)))
    }

    private func push(_ name: String) async throws {
        var folder = try ImageFolder()
        let digest = try folder.addImage(tag: "one", layers: someLayers(), labels: ["tag": name])
        try await push(folder, digest, name)
    }

    private func pushPlatforms(_ name: String) async throws {
        var folder = try ImageFolder()
        let own = ImageFolder.Layer(Array(name.utf8))
        let (index, _) = try folder.addMultiPlatformImage(tag: "one") { _ in someLayers() + [own] }
        try await push(folder, index, name)
    }

    private func push(_ folder: ImageFolder, _ digest: Digest, _ name: String) async throws {
        try await untilDone("push \(name)") {
            try await Skopeo.push(folder, tag: "one", to: self.scene.image(name))
        }
        try await pushed(name, digest)
    }

    /// Looks for its layers, dawdles, and then relies on what it saw.
    private func pushByHand(_ name: String) async throws {
        var folder = try ImageFolder()
        let digest = try folder.addImage(layers: someLayers(), labels: ["tag": name])
        let (repository, tag) = Self.parts(name)
        let push = HandPush(to: scene.registry, repository, folder, digest)
        let other = repositories.filter { $0 != repository }.randomElement()
        try await untilDone("push by hand \(name)") {
            for blob in try push.blobs.shuffled() {
                try await push.bring(blob, from: other)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
            }
            try await push.finish(tag)
        }
        try await pushed(name, digest)
    }

    /// A push that ended well must pull; at once, or as soon as a sweep has looked again.
    private func pushed(_ name: String, _ digest: Digest) async throws {
        state.withLock {
            $0.tags[name] = digest
            $0.pushes += 1
        }
        guard Bool.random() else { return }
        do {
            try await pull(name)
        } catch {
            state.withLock { $0.late.append("\(name): \(error)") }
            try await eventually("\(name) pulls", within: Self.patience) {
                try await self.pull(name)
                return true
            }
        }
    }

    private func pull(_ name: String) async throws {
        try await Skopeo.pull(scene.image(name), all: true)
        state.withLock { $0.pulls += 1 }
    }

    private func pullAny(_ name: String) async throws {
        guard result.tags[name] != nil else { return }
        try await eventually("\(name) pulls", within: Self.patience) {
            try await self.pull(name)
            return true
        }
    }

    private func delete(_ name: String) async throws {
        guard let digest = result.tags[name] else { return }
        try await untilDone("delete \(name)") {
            let answer = try await self.scene.registry.manifest(
                Self.parts(name).repository,
                "\(digest)",
                method: "DELETE"
            )
            guard [202, 404].contains(answer.status) else {
                throw HarnessError("\(answer.status) \(answer.text)")
            }
        }
        state.withLock {
            $0.tags[name] = nil
            $0.deletes += 1
        }
    }

    private static func parts(_ name: String) -> (repository: String, tag: String) {
        let parts = name.split(separator: ":").map(String.init)
        return (parts[0], parts[1])
    }

    /// Tries again as a client does whose request failed: it may fail, but not for ever.
    private func untilDone(_ what: String, _ body: () async throws -> Void) async throws {
        try await eventually(what, within: Self.patience) {
            do {
                try await body()
                return true
            } catch {
                self.state.withLock { $0.refused.append("\(what): \(error)") }
                throw error
            }
        }
    }

    /// A sweep of this disk takes some 2 s, and the next one mends what a killed one has left.
    private static let patience = Duration.seconds(30)

    // MARK: What disturbs them

    /// Makes what is older than the grace look older than any slow push, so that it is swept.
    func age() async throws {
        let disk = RegistryDisk(scene.registry.storage)
        while !isOver {
            disk.age(by: 26 * 3_600, olderThan: Self.settled) { !$0.contains("/_uploads") }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Longer than the grace, so that what the grace protects keeps its age.
    private static let settled = 3

    /// Sweeps again and again; at every third time it is killed at some point.
    func sweep(_ points: [String], _ arguments: [[String]]) async throws {
        while !isOver {
            let arguments = try #require(arguments.randomElement())
            let point = Int.random(in: 0..<3) == 0 ? points.randomElement() : nil
            let result = try await Lastpull.run(
                arguments,
                environment: point.map { ["LASTPULL_KILL_AT": $0] } ?? [:]
            )
            let isKilled = point != nil && result.status == 128 + 9
            #expect(
                [0, 2].contains(result.status) || isKilled,
                "\(result.output) \(result.errors)"
            )
            state.withLock {
                $0.sweeps += 1
                $0.kills += isKilled ? 1 : 0
            }
        }
    }

    /// Kills the registry and starts it again; not often, since it loses its cache by that.
    func restart(after pause: Duration) async throws {
        try await Task.sleep(for: pause)
        try await scene.registry.kill()
        try await scene.registry.start()
    }
}
