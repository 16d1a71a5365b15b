import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// What holds for every removal of images by name, over random trees.
struct ImagePropertyTests {
    private static let atOnce = SweepRules(isNow: true)

    // A wrong delete is the worst that can happen.
    @Test(arguments: [false, true])
    func takesNothingThatAManifestNeedsWhichStays(_ unlinks: Bool) async throws {
        for seed in RandomTree.seeds {
            var tree = try RandomTree(seed: seed, unlinks: unlinks)
            let images = try tree.choose(wholes: true)
            let removal = try tree.scene.removal(images, rules: Self.atOnce)
            #expect(removal.doubts.isEmpty && removal.missing.isEmpty, "\(seed)")
            var needed: Set<Digest> = []
            for (name, content) in tree.repositories {
                let gone = removal.plan.removals.filter {
                    $0.kind == .manifest && $0.repository?.description == name
                }
                let stays = content.revisions.subtracting(gone.compactMap(\.digest))
                let tags = content.tags.filter { !removal.tagNames.contains("\(name):\($0.key)") }
                #expect(stays.union(tree.stored).isSuperset(of: tags.values), "\(seed)")
                #expect(stays.isSuperset(of: tags.values.filter(content.revisions.contains)))
                needed.formUnion(tree.content(tree.closure(stays.union(tags.values), in: name)))
            }
            #expect(removal.plan.content.isDisjoint(with: needed), "\(seed)")
            await Task.yield()
        }
    }

    // What the images were alone in needing: neither less nor more than a whole mark finds.
    @Test func takesWhatAWholeMarkFinds() async throws {
        var sizes: Set<Int> = []
        for seed in RandomTree.seeds {
            var tree = try RandomTree(seed: seed)
            let images = try tree.choose(wholes: false)
            let removal = try tree.scene.removal(images, rules: Self.atOnce)
            let (with, without) = try marks(tree, images, removal)
            let planned = removal.plan.removals.filter { $0.kind == .manifest }
            #expect(
                Set(planned.flatMap(\.files).filter { $0.place == .revision })
                    == Set(with.untagged.map { .revisionLink($0.key.repository, $0.key.digest) }),
                "\(seed)"
            )
            let before = Set(without.unreferenced.map(\.digest))
            let after = Set(with.unreferenced.map(\.digest))
            #expect(removal.plan.content == after.subtracting(before), "\(seed)")
            sizes.insert(removal.plan.content.count)
            await Task.yield()
        }
        #expect(sizes.count > 5)
    }

    @Test(arguments: [false, true])
    func takesNoMoreThanAWholeMarkCallsUnreferenced(_ unlinks: Bool) async throws {
        for seed in RandomTree.seeds {
            var tree = try RandomTree(seed: seed, unlinks: unlinks)
            let images = try tree.choose(wholes: true)
            let removal = try tree.scene.removal(images, rules: Self.atOnce)
            let (with, without) = try marks(tree, images, removal)
            let after = Set(with.unreferenced.map(\.digest))
            #expect(removal.plan.content.isSubset(of: after), "\(seed)")
            if !unlinks {
                let released = after.subtracting(without.unreferenced.map(\.digest))
                #expect(released.isSubset(of: removal.plan.content), "\(seed)")
            }
            await Task.yield()
        }
    }

    @Test func foretellsTheBytesThatAreLost() async throws {
        for seed in RandomTree.seeds {
            var tree = try RandomTree(seed: seed, unlinks: true)
            let images = try tree.choose(wholes: true)
            let removal = try tree.scene.removal(images, rules: Self.atOnce)
            let before = tree.scene.bytes
            try tree.scene.remove(removal.files)
            #expect(before - tree.scene.bytes == removal.bytes, "\(seed)")
            #expect(try tree.scene.mark().doubts.isEmpty, "\(seed)")
            await Task.yield()
        }
    }

    /// Whole marks with the images taken as gone, and without.
    private func marks(
        _ tree: RandomTree,
        _ images: [ImageReference],
        _ removal: ImageRemoval
    ) throws -> (with: Mark, without: Mark) {
        let refused = Set(removal.refused.map(\.image))
        var roots: [String: Set<Digest>] = [:]
        for image in images where !refused.contains(image) {
            let name = image.repository.description
            let content = try #require(tree.repositories[name])
            switch image.part {
            case .tag(let tag):
                roots[name, default: []].insert(try #require(content.tags["\(tag)"]))
            case .digest(let digest): roots[name, default: []].insert(digest)
            case .whole: roots[name, default: []].formUnion(content.revisions)
            }
        }
        var condemned = Condemned(tags: Set(removal.tags.map(\.key)))
        for tag in removal.tags {
            roots[tag.key.repository.description, default: []].insert(tag.digest)
        }
        for (name, digests) in roots {
            let repository = try TreeScene.repository(name)
            for digest in tree.closure(digests, in: name) {
                condemned.revisions.insert(RevisionKey(repository: repository, digest: digest))
            }
        }
        return (try tree.scene.mark(condemned), try tree.scene.mark(Condemned()))
    }
}
