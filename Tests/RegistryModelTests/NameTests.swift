import RegistryModel
import Testing

private let hex = String(repeating: "0123456789abcdef", count: 4)

struct DigestTests {
    @Test(arguments: [
        "sha256:\(hex)", "sha512:\(hex)\(hex)", "blake3:abc", "sha256+b64u:LCa0a2j_xo-5m0U=",
        "multihash+base58:QmRZ", "a.b-c_d:Z9",
    ])
    func holdsWhatTheSpecificationAllows(_ text: String) {
        #expect(Digest(text)?.description == text)
    }

    @Test(arguments: [
        "", ":", "sha256", "sha256:", ":\(hex)", hex, "sha256:\(hex)0", "sha256:\(hex.dropLast())",
        "sha256:\(hex.uppercased())", "sha512:\(hex)", "SHA256:\(hex)", "sha256:\(hex.dropLast())g",
        "sha256:../../etc/passwd", "a..b:1", "+a:1", "a+:1", "a:b:c", "a:é", "a:b c",
        "x:" + String(repeating: "0", count: 255),
    ])
    func refusesAnythingElse(_ text: String) {
        #expect(Digest(text) == nil)
        #expect(Digest(text[...]) == nil)
    }

    @Test func showsItsParts() throws {
        let digest = try #require(Digest("sha256:\(hex)"[...]))
        #expect(digest.algorithm == "sha256" && digest.encoded == hex)
        #expect(digest.short == "0123456789ab")
    }
}

struct RepositoryNameTests {
    @Test(arguments: [
        "a", "team/api", "a.b/c_d/e__f/g-h/i---j", "0/1/2", "library/hello-world",
        "a/manifests/b", String(repeating: "a", count: 255),
    ])
    func holdsWhatTheSpecificationAllows(_ text: String) {
        #expect(RepositoryName(text)?.description == text)
    }

    @Test(arguments: [
        "", "/", "../../etc", "a/../b", "a/./b", ".a", "a.", "_a", "a_", "-a", "a-", "a//b", "/a",
        "a/", "A", "a..b", "a___b", "a._b", "a_.b", "a-_b", "a b", "a:b", "a@b", "é", "a\u{0}b",
        "a\nb", "a%2fb", String(repeating: "a", count: 256),
    ])
    func refusesAnythingElse(_ text: String) {
        #expect(RepositoryName(text) == nil)
        #expect(RepositoryName(text[...]) == nil)
    }
}

struct TagNameTests {
    @Test(arguments: ["latest", "1.4.2", "_x", "A-b.C_d", "0", String(repeating: "a", count: 128)])
    func holdsWhatTheSpecificationAllows(_ text: String) {
        #expect(TagName(text)?.description == text)
    }

    @Test(arguments: [
        "", ".a", "-a", "a:b", "a/b", "a b", "a+b", "é", "../x", "sha256:\(hex)",
        String(repeating: "a", count: 129),
    ])
    func refusesAnythingElse(_ text: String) {
        #expect(TagName(text) == nil)
        #expect(TagName(text[...]) == nil)
    }

    @Test(arguments: ["", ".sig", ".att", ".sbom"])
    func namesTheManifestOfASignature(_ ending: String) {
        #expect(TagName("sha256-\(hex)\(ending)")?.subject == Digest("sha256:\(hex)"))
    }

    /// A tag that passed for a signature would be removed with a manifest that never was.
    @Test(arguments: [
        "latest", "alpine-3", "my-tag", "v1-rc.sig", "sha256", "sha256-abc", "sha256-\(hex).txt",
        "sha256-\(hex).sig.old", "sha256-\(hex)-x", "sha256-\(hex.uppercased())", "sha384-\(hex)",
        "x-\(hex)", "2024-01-01",
    ])
    func namesNoManifestOtherwise(_ text: String) throws {
        #expect(try #require(TagName(text)).subject == nil)
    }
}
