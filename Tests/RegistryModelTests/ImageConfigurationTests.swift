import RegistryModel
import Testing

struct ImageConfigurationTests {
    private static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(arguments: [
        (#"{"config":{"Labels":{"keep":"yes","tier":""}}}"#, ["keep": "yes", "tier": ""]),
        (#"{"config":{"Labels":null}}"#, [:]), (#"{"config":{}}"#, [:]), ("{}", [:]),
    ])
    func readsLabels(_ text: String, _ labels: [String: String]) {
        let expected = Set(labels.map { ImageLabel(key: $0.key, value: $0.value) })
        #expect(ImageConfiguration.labels(in: Array(text.utf8)) == expected)
    }

    // Not understood is not the same as without labels.
    @Test(arguments: ["", "no JSON", "[]", #"{"config":{"Labels":["keep"]}}"#, #"{"config":7}"#])
    func saysWhatItCannotRead(_ text: String) {
        #expect(ImageConfiguration.labels(in: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("application/vnd.oci.image.config.v1+json", true),
        ("application/vnd.docker.container.image.v1+json", true),
        ("application/vnd.cncf.helm.config.v1+json", false),
    ])
    func findsTheConfiguration(_ type: String, _ isImage: Bool) throws {
        let text = """
            {"config":{"mediaType":"\(type)","digest":"\(Self.digest)","size":7},"layers":[]}
            """
        let place = try #require(ImageConfiguration.place(in: Array(text.utf8)))
        #expect(place.digest.description == Self.digest)
        #expect(place.size == 7)
        #expect(place.isImage == isImage)
    }

    @Test func anIndexHasNone() {
        #expect(ImageConfiguration.place(in: Array(#"{"manifests":[]}"#.utf8)) == nil)
    }
}
