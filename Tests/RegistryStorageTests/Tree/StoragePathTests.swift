import RegistryModel
import RegistryStorage
import Testing

struct StoragePathTests {
    @Test(arguments: [
        "", "/", "/etc/passwd", "a//b", "a/", ".", "..", "../a", "a/..", "a/../b", "a/./b",
        "a/\0", "lastpull-quarantine/../../etc",
    ])
    func takesNothingThatLeadsElsewhere(_ text: String) {
        #expect(StoragePath(text) == nil)
    }

    @Test(arguments: ["a", "a/b", "...", "..a/b..", "a b/ü", ".hidden/x.tmp"])
    func takesWhatStaysBelow(_ text: String) throws {
        #expect(try #require(StoragePath(text)).description == text)
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "a\0b"])
    func appendsNamesOnly(_ name: String) {
        #expect(StoragePath.base.appending(name) == nil)
    }

    @Test func knowsTheLayout() throws {
        let digest = Digest(hashing: [])
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let name = try #require(RepositoryName("team/app"))
        let tag = try #require(TagName("v1"))
        let base = "docker/registry/v2"
        let repository = "\(base)/repositories/team/app"
        #expect("\(StoragePath.blobData(digest))" == "\(base)/blobs/sha256/e3/\(hex)/data")
        #expect(
            "\(StoragePath.layerLink(name, digest))" == "\(repository)/_layers/sha256/\(hex)/link"
        )
        #expect(
            "\(StoragePath.revisionLink(name, digest))"
                == "\(repository)/_manifests/revisions/sha256/\(hex)/link"
        )
        #expect(
            "\(StoragePath.tagCurrentLink(name, tag))"
                == "\(repository)/_manifests/tags/v1/current/link"
        )
        #expect(
            "\(StoragePath.tagIndexLink(name, tag, digest))"
                == "\(repository)/_manifests/tags/v1/index/sha256/\(hex)/link"
        )
        #expect(StoragePath.base.parent?.parent?.description == "docker")
        #expect(StoragePath.base.parent?.parent?.parent == nil)
        #expect(StoragePath.base.name == "v2")
    }
}
