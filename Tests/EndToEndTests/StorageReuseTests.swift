import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Pushes that need just what a sweep is taking, at each of its steps (design, section 5.8).
    @Suite(.enabled(if: isPossible, missing)) struct Reused {
        private let base = ImageFolder.Layer.random(9_000, seed: 61)
        private let gone = ImageFolder.Layer.random(5_000, seed: 62)
        private let other = ImageFolder.Layer.random(4_000, seed: 63)

        private static let cached = [
            "halfTaken", "taken", "dropping", "halfForgotten", "forgotten",
            "quarantined", "purgePlanned", "halfPurged",
        ]
        private static let uncached = ["halfTaken", "taken", "quarantined", "halfPurged"]

        /// `a/x:v1` and `b:v1` stay; `a/x:v2` goes.
        private func fill(_ scene: StorageScene) async throws {
            try await scene.pushByHand("a/x:v1", [base])
            try await scene.pushByHand("b:v1", [other])
            try await scene.delete("a/x", scene.pushByHand("a/x:v2", [base, gone]))
        }

        @Test(arguments: cached) func besideACache(point: String) async throws {
            try await pushWhile(at: point, hasCache: true)
        }

        @Test(arguments: uncached) func withoutACache(point: String) async throws {
            try await pushWhile(at: point, hasCache: false)
        }

        // The times of the files are the registry's; a clock that is two minutes off, either way,
        // must not hide that something was written just now.
        @Test(arguments: [120, -120])
        func withAWrongClock(behind: Int) async throws {
            try await pushWhile(at: "taken", hasCache: true, behind: behind)
        }

        // All that tells of this push is one link, mounted on the word of the cache. It is new,
        // whatever its time says; so what it names comes back before the client relies on it.
        @Test(arguments: [0, 120, -120])
        func aMountBringsBackWhatWasTaken(behind: Int) async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)
            disk.age(by: 26 * 3_600)
            let push = try scene.parcel("c:late", [gone], from: "a/x").parcel
            _ = try await scene.run(["prune"], holdingAt: "taken") { _ in
                try await push.bring()
                disk.turnBack(by: behind)
            }
            try await push.finish()
            try await scene.fetch("c:late")
        }

        // A push may be refused, and then goes well when it is tried again; one that ended well
        // pulls from then on, also after a restart, when no cache hides what is missing.
        private func pushWhile(at point: String, hasCache: Bool, behind: Int = 0) async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: hasCache))
            try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)
            // This one looked for its layers a day ago, and relies on that now.
            let slow = try scene.parcel("a/x:slow", [gone]).parcel
            try await slow.bring()
            disk.age(by: 26 * 3_600)
            let pushes = [
                try scene.parcel("a/x:v2", [base, gone]).parcel,
                try scene.parcel("b:mounted", [gone], from: "a/x").parcel,
            ]
            let late = try scene.parcel("c:late", [gone], from: "a/x").parcel
            if point.lowercased().contains("purge") { try await scene.report("prune") }

            var refused: [StorageScene.Parcel] = []
            let result = try await scene.run(["prune"], holdingAt: point) { _ in
                if await isRefused({ try await slow.finish() }) { refused.append(slow) }
                for push in pushes {
                    let isRefused = await isRefused {
                        try await push.bring()
                        try await push.finish()
                    }
                    if isRefused { refused.append(push) }
                }
                if await isRefused({ try await late.bring() }) { refused.append(late) }
                disk.turnBack(by: behind)
            }
            #expect([0, 1, 2].contains(result.status), "\(result.errors)")
            if await isRefused({ try await late.finish() }) { refused.append(late) }

            let all = pushes + [slow, late]
            for push in all where !refused.contains(where: { $0.name == push.name }) {
                try await scene.fetch(push.name)
            }
            for push in refused {
                try await push.bring()
                try await push.finish()
            }
            for _ in 1...2 {
                disk.age(by: 26 * 3_600)
                _ = try await scene.run("prune")
            }
            #expect(disk.quarantinedFiles.isEmpty)
            try await scene.registry.restart()
            for name in all.map(\.name) + ["a/x:v1", "b:v1"] { try await scene.fetch(name) }
        }

        private func isRefused(_ body: () async throws -> Void) async -> Bool {
            do {
                try await body()
                return false
            } catch {
                return true
            }
        }
    }
}
