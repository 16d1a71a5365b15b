import RegistryClients
import RegistryModel
import Testing

struct ManifestContentTests {
    private static func hex(_ digit: String) -> String {
        "sha256:" + String(repeating: digit, count: 64)
    }

    private static let a = hex("a")
    private static let b = hex("b")
    private static let c = hex("c")

    private static let image = """
        "config":{"mediaType":"x","digest":"\(a)","size":10,"annotations":{"k":"v"}},
        "layers":[{"digest":"\(b)","size":20},{"digest":"\(c)","size":30,"urls":["https://e.test/"]},
        {"digest":"\(b)","size":20}],"annotations":{"a":"b"}
        """
    private static let index = """
        "manifests":[{"digest":"\(a)","size":1,"platform":{"os":"linux"}},{"digest":"\(b)","size":2}]
        """

    private static let typed: [(String?, String, String)] = [
        (nil, image, MediaType.ociManifest),
        (nil, index, MediaType.ociIndex),
        ("application/json; charset=utf-8", index, MediaType.ociIndex),
        ("text/plain", image, MediaType.ociManifest),
        (
            nil, "\"mediaType\":\"\(MediaType.dockerManifest)\"," + image,
            MediaType.dockerManifest
        ),
        (
            MediaType.ociManifest + ";x=y",
            "\"mediaType\":\"\(MediaType.dockerManifest)\"," + image,
            MediaType.ociManifest
        ),
        (nil, "\"fsLayers\":[]", MediaType.schema1),
    ]

    private static let broken: [(String?, String, ManifestError)] = [
        (MediaType.ociManifest, "", ManifestError.malformed("config")),
        (MediaType.ociIndex, "", .malformed("manifests")),
        (MediaType.ociIndex, #""manifests":null"#, .malformed("manifests")),
        (MediaType.ociManifest, #""config":{"digest":"\#(a)","size":1}"#, .malformed("layers")),
        (MediaType.ociIndex, #""manifests":[{"digest":"sha256:1"}]"#, .malformed("manifests")),
        (MediaType.ociIndex, #""manifests":[{"digest":7}]"#, .malformed("manifests")),
        (MediaType.ociIndex, #""manifests":{}"#, .malformed("manifests")),
        (
            MediaType.ociIndex, #""manifests":[],"subject":{"digest":"x"}"#,
            .malformed("subject")
        ),
        (MediaType.schema1, "", .malformed("fsLayers")),
        (MediaType.schema1, #""fsLayers":[{"blobSum":"x"}]"#, .malformed("fsLayers")),
        (MediaType.ociIndex, index + "," + image, .ambiguous),
        (MediaType.ociManifest, index + "," + image, .ambiguous),
        (MediaType.ociIndex, image, .ambiguous),
        ("application/vnd.example+json", image, .unknownFormat("application/vnd.example+json")),
        (nil, #""mediaType":"application/x""#, .unknownFormat("application/x")),
        (nil, "", .unknownFormat(nil)),
        (MediaType.ociIndex, "nonsense", .notJSON),
    ]

    private func parse(_ fields: String, _ mediaType: String?) throws -> ManifestContent {
        try ManifestContent(parsing: Array("{\(fields)}".utf8), mediaType: mediaType)
    }

    private func digests(_ list: [Descriptor]) -> [String] { list.map(\.digest.description) }

    // Foreign layers too, and one that comes twice once.
    @Test(arguments: [MediaType.ociManifest, MediaType.dockerManifest])
    func imageHasConfigurationAndLayers(mediaType: String) throws {
        let content = try parse(Self.image, mediaType)
        #expect(content.mediaType == mediaType)
        #expect(digests(content.blobs) == [Self.a, Self.b, Self.c])
        #expect(content.blobs.map(\.size) == [10, 20, 30])
        #expect(content.children.isEmpty)
        #expect(!content.isIndex)
        #expect(content.subject == nil)
    }

    @Test(arguments: [MediaType.ociIndex, MediaType.dockerList])
    func indexHasChildren(mediaType: String) throws {
        let content = try parse(Self.index, mediaType)
        #expect(content.isIndex)
        #expect(digests(content.children) == [Self.a, Self.b])
        #expect(content.blobs.isEmpty)
    }

    @Test func referrerHasASubject() throws {
        let subject = #","subject":{"mediaType":"m","digest":"\#(Self.c)","size":3}"#
        let imageSubject = try parse(Self.image + subject, MediaType.ociManifest).subject
        #expect(imageSubject == Digest(Self.c))
        let indexSubject = try parse(Self.index + subject, MediaType.ociIndex).subject
        #expect(indexSubject == Digest(Self.c))
        let blobs = #""blobs":[{"digest":"\#(Self.a)","size":4}]"#
        let artifact = try parse(blobs + subject, MediaType.ociArtifact)
        #expect(artifact.subject == Digest(Self.c))
        #expect(digests(artifact.blobs) == [Self.a])
    }

    @Test(arguments: [MediaType.schema1, MediaType.schema1Signed])
    func schema1HasEachLayerOnceAndNoSizes(mediaType: String) throws {
        let layers = [Self.a, Self.b, Self.a].map { #"{"blobSum":"\#($0)"}"# }
        let fields = #""fsLayers":[\#(layers.joined(separator: ","))],"history":[]"#
        let content = try parse(fields, mediaType)
        #expect(digests(content.blobs) == [Self.a, Self.b])
        #expect(content.blobs.map(\.size) == [nil, nil])
    }

    @Test(arguments: typed)
    func headerWinsOverBodyOverShape(
        header: String?,
        fields: String,
        mediaType: String
    ) throws {
        let type = try parse(fields, header).mediaType
        #expect(type == mediaType)
    }

    // An error keeps what it may hold; an empty list would condemn it.
    @Test(arguments: broken)
    func whatIsNotUnderstoodIsAnError(
        mediaType: String?,
        fields: String,
        error: ManifestError
    ) throws {
        #expect(throws: error) { try parse(fields, mediaType) }
    }

    @Test func negativeSizeIsAnError() throws {
        let fields = #""manifests":[{"digest":"\#(Self.a)","size":-1}]"#
        #expect(throws: ManifestError.malformed("manifests")) {
            try parse(fields, MediaType.ociIndex)
        }
    }

    @Test func hugeManifestIsNotRead() throws {
        let bytes = [UInt8](repeating: 0x20, count: 16_000_001)
        #expect(throws: ManifestError.tooLarge(bytes: 16_000_001)) {
            try ManifestContent(parsing: bytes, mediaType: MediaType.ociIndex)
        }
    }
}
