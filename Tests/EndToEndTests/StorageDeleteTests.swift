import Foundation
import RegistryModel
import TestSupport
import Testing

extension LocalPrune {
    /// Images that go by name from the disk of a registry that is stopped (design, section 6.1).
    @Suite(.enabled(if: isPossible, missing)) struct DeletesFromDisk {
        private let layers = (41...43).map { ImageFolder.Layer.random(8_000, seed: UInt64($0)) }

        private func fill(_ scene: StorageScene) async throws {
            try await scene.push("a/x:v1", [layers[0], layers[1]])
            try await scene.push("a/x:v2", [layers[0], layers[2]])
            RegistryDisk(scene.registry.storage).age(by: 7_200)
            try await scene.registry.stop()
        }

        private func tags(_ scene: StorageScene) async throws -> [String] {
            struct Answer: Decodable { let tags: [String]? }
            let answer = try await LoopbackHTTP.send(
                "GET",
                "\(scene.registry.url)/v2/a/x/tags/list"
            )
            return try JSONDecoder().decode(Answer.self, from: Data(answer.body)).tags ?? []
        }

        // The registry lists a tag by its folder, so that has to go, too; and nothing that is left
        // may look to later sweeps like a tag that has lost what it points to.
        @Test func leaveNothingOfATag() async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let run = try await scene.reportOnDisk("delete", "a/x:v1")
            #expect(run.items.allSatisfy { $0.state == "quarantined" }, "\(run)")
            #expect(run.digests("blob").contains("\(Digest(hashing: layers[1].bytes))"))
            let next = try await scene.reportOnDisk("prune", "--dry-run")
            #expect(next.note == "nothing is to be removed", "\(next)")
            #expect(next.items.isEmpty)

            try await scene.registry.start()
            #expect(try await tags(scene) == ["v2"])
            try await Skopeo.pull(scene.image("a/x:v2"))
        }

        @Test func comeBackWhole() async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let disk = RegistryDisk(scene.registry.storage)
            let before = disk.files(in: "docker").map(\.path).sorted()
            let run = try await scene.reportOnDisk("delete", "a/x:v1")
            #expect(disk.files(in: "docker").count < before.count)
            let result = try await scene.onDisk("restore", run.run)
            #expect(result.status == 0, "\(result)")
            #expect(disk.files(in: "docker").map(\.path).sorted() == before)
            try await scene.registry.start()
            try await Skopeo.pull(scene.image("a/x:v1"))
        }

        // Between the plan and the removal a push may make the name mean another image.
        @Test(arguments: [false, true])
        func leaveATagThatIsPushedMeanwhile(hasCache: Bool) async throws {
            let scene = try await StorageScene(.init(accessLog: false, cache: hasCache))
            try await scene.pushByHand("a/x:v1", [layers[0], layers[1]])
            RegistryDisk(scene.registry.storage).age(by: 26 * 3_600)
            let arguments = ["delete", "a/x:v1"]
            let result = try await scene.run(arguments, holdingAt: "begun", onDisk: true) { _ in
                try await scene.pushByHand("a/x:v1", [layers[0], layers[2]])
            }
            #expect(result.status == 2, "\(result)")
            try await scene.fetch("a/x:v1")
            #expect(try await tags(scene) == ["v1"])
            try await scene.registry.restart()
            try await scene.fetch("a/x:v1")
        }

        // What a kill or another tool has left of a tag holds nothing back; a tag that remembers a
        // manifest and points to none keeps all of its repository.
        @Test(arguments: [false, true])
        func onlyATagThatRemembersIsInDoubt(remembers: Bool) async throws {
            let scene = try await StorageScene()
            try await fill(scene)
            let tag =
                "\(scene.registry.storage)/docker/registry/v2/repositories/a/x/_manifests/tags/v1"
            try FileManager.default.removeItem(atPath: "\(tag)/current/link")
            let entries = try FileManager.default.contentsOfDirectory(atPath: "\(tag)/index/sha256")
            let entry = try #require(entries.first)
            if !remembers {
                try FileManager.default.removeItem(atPath: "\(tag)/index/sha256/\(entry)/link")
            }
            let plan = try await scene.reportOnDisk("sweep", "--now", "--force", "--dry-run")
            #expect(plan.items.isEmpty == remembers, "\(plan)")
            #expect(plan.note.contains("the tag does not say what it points to") == remembers)
        }
    }
}
