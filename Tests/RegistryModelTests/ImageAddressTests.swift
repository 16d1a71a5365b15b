import RegistryModel
import Testing

/// Names of images, as engines write them.
struct ImageAddressTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(arguments: [
        ("registry.example.test/team/api:1.4.2", "registry.example.test", "team/api", "1.4.2"),
        ("127.0.0.1:5000/team/api:v1", "127.0.0.1:5000", "team/api", "v1"),
        ("localhost/api", "localhost", "api", "latest"),
        ("[::1]:5000/api:v1", "[::1]:5000", "api", "v1"),
        ("Registry:5000/api:v1", "registry:5000", "api", "v1"),
        ("nginx", "docker.io", "library/nginx", "latest"),
        ("nginx:1.25", "docker.io", "library/nginx", "1.25"),
        ("team/api", "docker.io", "team/api", "latest"),
        ("docker.io/library/nginx", "docker.io", "library/nginx", "latest"),
        ("index.docker.io/team/api:1", "docker.io", "team/api", "1"),
        ("docker://quay.io/team/api:1", "quay.io", "team/api", "1"),
    ])
    func aNameHasItsParts(
        _ text: String,
        _ host: String,
        _ repository: String,
        _ tag: String
    ) throws {
        let reference = try #require(ImageAddress(text))
        #expect(reference.host == host)
        #expect(reference.repository.description == repository)
        #expect(reference.tag?.description == tag)
        #expect(reference.digest == nil)
    }

    @Test func aDigestNeedsNoTag() throws {
        let alone = try #require(ImageAddress("a.test/team/api@\(Self.digest)"))
        #expect(alone.tag == nil && alone.digest?.description == Self.digest)
        let both = try #require(ImageAddress("a.test/team/api:v1@\(Self.digest)"))
        #expect(both.tag?.description == "v1" && both.digest?.description == Self.digest)
    }

    @Test(arguments: [
        "", ":", "@", "/", "a.test/", "924e5bcab40a", "sha256:" + String(repeating: "b", count: 64),
        String(repeating: "c", count: 64), "oci:/tmp/x", "dir://x", "containers-storage:x/y:z:w",
        "a.test/team/api@sha256:12", "a.test/UPPER:1", "<none>:<none>", "a.test/api:tag:tag",
    ])
    func whatNoRegistryHasIsNoName(_ text: String) {
        #expect(ImageAddress(text) == nil)
    }

    @Test(arguments: [
        ("https://registry.example.test", ["registry.example.test", "registry.example.test:443"]),
        ("http://registry.example.test", ["registry.example.test", "registry.example.test:80"]),
        ("https://a.test:443", ["a.test", "a.test:443"]),
        ("http://Registry:5000", ["registry:5000"]),
        ("http://127.0.0.1:5000", ["127.0.0.1:5000", "localhost:5000", "[::1]:5000"]),
        ("https://[fd00::1]:5000", ["[fd00::1]:5000"]),
        ("https://[fd00::1]", ["[fd00::1]", "[fd00::1]:443"]),
        ("https://registry-1.docker.io", ["docker.io"]),
    ])
    func aRegistryHasItsHosts(_ url: String, _ hosts: [String]) {
        #expect(ImageAddress.hosts(of: url) == Set(hosts))
    }
}
