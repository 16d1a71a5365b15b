import RegistryModel
import Testing

@testable import Cleanup
@testable import RegistryStorage

/// Many removals at once: whatever a kill leaves is a valid tree.
struct RemovalStepsTests {
    private let repository: RepositoryName
    private let tag: TagName

    init() throws {
        repository = try #require(RepositoryName("team/api"))
        tag = try #require(TagName("v1"))
    }

    private func digest(_ number: Int) -> Digest { Digest(hashing: Array("\(number)".utf8)) }

    private func link(_ number: Int) -> LayerLink {
        LayerLink(
            repository: repository,
            digest: digest(number),
            bytes: 71,
            modified: Timestamp(milliseconds: 0)
        )
    }

    /// An image: a manifest that a tag remembers, and a layer.
    private func image(_ number: Int) throws -> [Taking] {
        var manifest = Removal(
            kind: .manifest,
            digest: digest(number),
            repository: repository,
            bytes: 1,
            own: .manifest(rememberedBy: [tag])
        )
        manifest.own.hasContent = true
        let layer = Removal(
            kind: .blob,
            digest: digest(-number),
            bytes: 1,
            own: .content,
            links: [link(-number)]
        )
        return [try #require(Taking(layer)), try #require(Taking(manifest))]
    }

    // Nothing that a manifest needs goes while something still makes it a manifest, and a link goes
    // after what it leads to.
    @Test func takesManifestsApartFromAbove() throws {
        let removals = try (1...600).flatMap(image)
        let steps = RemovalSteps(removals).steps.map { $0.flatMap(\.self) }
        let places = steps.map { paths in Set(paths.compactMap(\.place).map { "\($0)" }) }
        #expect(places == [["tagIndex"], ["revision"], ["blob"], ["layer"]])
        #expect(steps.map(\.count) == [600, 600, 1_200, 600])
        let expected = removals.flatMap { $0.files + $0.links.map(\.path) }
        #expect(Set(steps.flatMap(\.self)) == Set(expected))
    }

    // Threads that work in one folder wait for each other; a large one is shared all the same.
    @Test func sharesOutFolders() throws {
        let steps = RemovalSteps(try (1...600).flatMap(image)).steps
        for job in steps.flatMap(\.self) {
            #expect(Set(job.compactMap(\.parent?.parent)).count == 1)
            #expect(job.count <= 4)
        }
        // Blobs lie in up to 256 folders: the first jobs are of another folder each.
        let content = steps[2].compactMap(\.first?.parent?.parent)
        let folders = Set(content)
        #expect(Set(content.prefix(folders.count)) == folders)
        #expect(content.count > folders.count)
    }

    // As in a repository of thousands of manifests.
    @Test func sharesOutOneFolder() throws {
        let links = RemovalSteps(try (1...600).flatMap(image)).steps[3]
        #expect(links.map(\.count).reduce(0, +) == 600)
        #expect(links.count == 150)
    }
}
