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
        (nil, #""config":{"digest":"\#(a)","size":1},"layers":null"#, .unknownFormat(nil)),
        (nil, #""manifests":null"#, .unknownFormat(nil)),
        (MediaType.ociManifest, image + #","fsLayers":[{"blobSum":"\#(a)"}]"#, .ambiguous),
        (MediaType.ociManifest, image + #","blobs":[{"digest":"\#(a)"}]"#, .ambiguous),
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

    // Those stored elsewhere too, which have no size here, and one that comes twice once.
    @Test(arguments: [MediaType.ociManifest, MediaType.dockerManifest])
    func imageHasConfigurationAndLayers(mediaType: String) throws {
        let content = try parse(Self.image, mediaType)
        #expect(content.mediaType == mediaType)
        #expect(digests(content.blobs) == [Self.a, Self.b, Self.c])
        #expect(content.blobs.map(\.size) == [10, 20, nil])
        #expect(content.blobs.map(\.isElsewhere) == [false, false, true])
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

    // A registry takes any claim: the reference counts, its size does not.
    @Test(arguments: ["-1", "35184372088833", "9223372036854775807"])
    func aSizeThatCannotBeIsNone(size: String) throws {
        let fields = Self.image.replacing("\"size\":20", with: "\"size\":\(size)")
        let content = try parse(fields, MediaType.ociManifest)
        #expect(digests(content.blobs) == [Self.a, Self.b, Self.c])
        #expect(content.blobs.map(\.size) == [10, nil, nil])
    }

    @Test(arguments: [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ])
    func aLayerThatIsNotForRegistriesHasNoSize(mediaType: String) throws {
        let fields = #"""
            "config":{"digest":"\#(Self.a)","size":10},
            "layers":[{"mediaType":"\#(mediaType)","digest":"\#(Self.b)","size":1700000000}]
            """#
        let content = try parse(fields, MediaType.dockerManifest)
        #expect(
            content.blobs.last
                == Descriptor(digest: try #require(Digest(Self.b)), size: nil, isElsewhere: true)
        )
    }

    // Programs in Go write null for a list without items, or leave it out.
    @Test(arguments: [
        (MediaType.ociManifest, #""config":{"digest":"\#(a)","size":1},"layers":null"#, [a]),
        (MediaType.ociManifest, #""config":{"digest":"\#(a)","size":1}"#, [a]),
        (MediaType.dockerManifest, #""config":{"digest":"\#(a)"},"manifests":null"#, [a]),
        (MediaType.ociIndex, #""manifests":null"#, []),
        (MediaType.ociIndex, #""manifests":null,"layers":null,"config":null"#, []),
        (MediaType.dockerList, "", []),
    ])
    func aListThatIsNullIsEmpty(mediaType: String, fields: String, blobs: [String]) throws {
        let content = try parse(fields, mediaType)
        #expect(digests(content.blobs) == blobs)
        #expect(content.children.isEmpty)
    }

    // BuildKit's caches; what may be a manifest is read as one.
    @Test func anIndexMayHoldBlobs() throws {
        let fields = #"""
            "manifests":[
            {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\#(Self.a)","size":5},
            {"mediaType":"application/vnd.example.layer.manifest","digest":"\#(Self.b)","size":6},
            {"mediaType":"application/vnd.buildkit.cacheconfig.v0","digest":"\#(Self.c)","size":7}]
            """#
        let content = try parse(fields, MediaType.ociIndex)
        #expect(content.isIndex)
        #expect(digests(content.blobs) == [Self.a, Self.c])
        #expect(content.blobs.map(\.size) == [5, 7])
        #expect(digests(content.children) == [Self.b])
    }

    // Go takes the last of two fields and ignores case; other readers take the first, exactly named.
    @Test(arguments: [
        (#""layers":[],"# + image, "layers"),
        (image + #","Layers":[{"digest":"\#(b)"}]"#, "layers"),
        (image + #","layerſ":[{"digest":"\#(b)"}]"#, "layers"),
        (image + #","l\u0061yers":[]"#, #"l\u0061yers"#),
        (image + #","CONFIG":{}"#, "config"),
        (image + #","schemaVersion":2,"schemaVersion":1"#, "schemaVersion"),
        (image + #","MediaType":"x""#, "mediaType"),
        (image + #","subject":null,"subject":null"#, "subject"),
        (image + #","fslayers":[]"#, "fsLayers"),
        (image + #","Blobs":[]"#, "blobs"),
        (#""Config":{},"# + index, "config"),
        (#""Manifests":[],"# + index, "manifests"),
        (#""manifests":[{"digest":"\#(a)","Digest":"\#(b)"}]"#, "digest"),
        (#""manifests":[{"digest":"\#(a)","digest":"\#(b)"}]"#, "digest"),
        (#""manifests":[{"digest":"\#(a)","mediaType":"x","mediatype":"y"}]"#, "mediaType"),
        (#""manifests":[{"digest":"\#(a)","size":1,"SIZE":2}]"#, "size"),
        (#""fsLayers":[{"blobSum":"\#(a)","blobsum":"\#(b)"}]"#, "blobSum"),
    ])
    func aFieldThatReadersDifferInIsAnError(fields: String, field: String) throws {
        #expect(throws: ManifestError.unclearField(field)) { try parse(fields, nil) }
    }

    // What nobody reads may be there twice.
    @Test func otherFieldsAreNoMatter() throws {
        let others = #"""
            ,"annotations":{"size":"1","Size":"2","layers":"[{","Layers":"\""},"x":[[{"a":1},null]],
            "X":-1.5e3,"data":"e30=","data":true
            """#
        let content = try parse(Self.image + others, nil)
        #expect(digests(content.blobs) == [Self.a, Self.b, Self.c])
    }

    @Test func hugeManifestIsNotRead() throws {
        let bytes = [UInt8](repeating: 0x20, count: 16_000_001)
        #expect(throws: ManifestError.tooLarge(bytes: 16_000_001)) {
            try ManifestContent(parsing: bytes, mediaType: MediaType.ociIndex)
        }
    }
}
