import Fuzzing
import RegistryModel
import Testing

@testable import RegistryStorage

/// The fast way to read a manifest never says anything else than the other one.
@Suite struct PlainManifestTests {
    private static let config = digest("a")
    private static let layer = digest("b")
    private static let other = digest("c")

    private static func digest(_ digit: Character) -> String {
        "sha256:" + String(repeating: digit, count: 64)
    }

    private static let image = """
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\(config)","size":7},
        "layers":[{"digest":"\(layer)","size":1},{"digest":"\(other)"},{"digest":"\(layer)","size":1}],
        "annotations":{"layers":"none","digest":"\\u00e9"}}
        """

    @Test func readsAnImage() throws {
        let found = try #require(PlainManifest.references(of: Array(Self.image.utf8)))
        let all = [Self.config, Self.layer, Self.other].map { PackedDigest(Digest($0)!)! }
        #expect(found.content == .image)
        #expect(found.blobs == all)
        #expect(found.subject == nil)
        #expect(!found.hasForeignManifests)
    }

    @Test func readsASubject() throws {
        let text = Self.image.replacing(
            "\"annotations\"",
            with: "\"subject\":{\"digest\":\"\(Self.other)\",\"size\":2},\"annotations\""
        )
        let found = try #require(PlainManifest.references(of: Array(text.utf8)))
        #expect(found.subject == PackedDigest(Digest(Self.other)!))
    }

    /// Each is left to the general decoder, whatever that makes of it.
    @Test(arguments: [
        ("\"schemaVersion\":2", "\"schemaVersion\":2,\"manifests\":[]"),
        ("\"schemaVersion\":2", "\"schemaVersion\":1,\"fsLayers\":[]"),
        ("\"schemaVersion\":2", "\"config\":{\"digest\":\"\(other)\"}"),
        ("\"schemaVersion\":2", "\"layers\":[]"),
        ("\"schemaVersion\":2", "\"l\\u0061yers\":[]"),
        ("\"annotations\"", "\"layers\":null,\"annotations\""),
        ("image.manifest", "image.index"),
        ("\"annotations\"", "\"Layers\":[],\"annotations\""),
        ("\"annotations\"", "\"layerſ\":[],\"annotations\""),
        ("\"annotations\"", "\"FSLayers\":[],\"annotations\""),
        ("\"annotations\"", "\"schemaVersion\":1,\"annotations\""),
        ("\"size\":7", "\"Size\":7"),
        ("\"size\":7", "\"mediaType\":\"x\""),
        ("\"size\":7", "\"urls\":[]"),
        ("\"size\":7", "\"DIGEST\":\"\(other)\""),
        ("\"size\":7", "\"size\":-7"),
        ("\"size\":7", "\"size\":7.5"),
        ("\"size\":7", "\"size\":\"7\""),
        ("\"size\":7", "\"digest\":\"\(other)\""),
        ("{\"digest\":\"\(other)\"}", "{\"digest\":null}"),
        ("{\"digest\":\"\(other)\"}", "{\"size\":3}"),
        ("{\"digest\":\"\(other)\"}", "\"\(other)\""),
        (other, "sha512:" + String(repeating: "c", count: 128)),
        (other, "sha256:" + String(repeating: "C", count: 64)),
        (other, other + "\\n"),
        ("\"annotations\"", "annotations"),
        ("}}", "}"),
        ("}}", "}}{}"),
    ])
    func leavesTheRestToTheDecoder(_ change: (String, String)) {
        let text = Self.image.replacing(change.0, with: change.1)
        #expect(text != Self.image)
        #expect(PlainManifest.references(of: Array(text.utf8)) == nil)
    }

    /// Manifests with parts taken out, doubled and mixed, and bytes changed.
    @Test(arguments: 0..<8) func agreesWithTheDecoder(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var understood = 0
        for _ in 0..<4_000 {
            let bytes = Self.variant(&random)
            guard let found = PlainManifest.references(of: bytes) else { continue }
            understood += 1
            let content = try ManifestContent(parsing: bytes, mediaType: nil)
            #expect(found == PackedReferences(content), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(understood > 100)
    }

    private static func variant(_ random: inout SeededGenerator) -> [UInt8] {
        let descriptors = [
            "{\"digest\":\"\(config)\",\"size\":1}", "{\"size\":2,\"digest\":\"\(layer)\"}",
            "{\"digest\":\"\(other)\",\"urls\":[\"https://example.com\"],\"size\":0}",
            "{\"digest\":\"\(other)\",\"Digest\":\"\(layer)\"}",
            "{\"digest\":\"\(other)\",\"size\":null}", "{\"digest\":\"\(layer)x\"}", "null",
        ]
        func descriptor() -> String {
            descriptors[Int.random(in: 0..<(random.next() % 4 == 0 ? 7 : 3), using: &random)]
        }
        func list() -> String {
            let count = Int.random(in: 0..<5, using: &random)
            return "[\((0..<count).map { _ in descriptor() }.joined(separator: ","))]"
        }
        var fields: [String] = []
        if Int.random(in: 0..<8, using: &random) > 0 { fields.append("\"config\":" + descriptor()) }
        if Int.random(in: 0..<8, using: &random) > 0 { fields.append("\"layers\":" + list()) }
        let rest = [
            "\"subject\":" + descriptor(), "\"schemaVersion\":2", "\"blobs\":" + list(),
            "\"manifests\":" + list(), "\"mediaType\":null", "\"layers\":" + list(),
            "\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"",
            "\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"",
            "\"Layers\":" + list(), "\"SUBJECT\":" + descriptor(), "\"schemaversion\":1",
            "\"annotations\":{\"a\":[1,2.5e3,true,{\"config\":{}}]}",
        ]
        for field in rest where Int.random(in: 0..<8, using: &random) == 0 { fields.append(field) }
        var bytes = Array(("{" + fields.shuffled(using: &random).joined(separator: ",") + "}").utf8)
        if Int.random(in: 0..<3, using: &random) == 0 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let others = Array("\"{}[],:0a \\".utf8)
            bytes[place] = others[Int.random(in: 0..<others.count, using: &random)]
        }
        return bytes
    }
}
