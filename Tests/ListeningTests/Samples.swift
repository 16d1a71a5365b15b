import Foundation
import RegistryModel

/// Bodies as senders send them.
enum Samples {
    static let envelope = """
        {"events":[{"id":"5b0f6a5e-8d5a-4a3b-9a39-000000000101",\
        "timestamp":"2026-03-04T05:06:07.123456789Z","action":"pull","target":{"mediaType":\
        "application/vnd.oci.image.index.v1+json","size":1609,"digest":"sha256:\
        924e5bcab40a52d8d9631851db770fba3339a9287188ad8d1cb2493aff74fc72",\
        "repository":"team/api","tag":"1.4.2"},"request":{"addr":"10.20.30.40:51234",\
        "method":"GET","useragent":"containerd/v2.0.2"},"source":{"instanceID":"one"}}]}
        """

    static let logLine = """
        10.0.0.1 - - [04/Mar/2026:05:06:07 +0000] "GET /v2/team/api/manifests/1.4.2 HTTP/1.1" \
        200 1234 "" "containerd/1.7"

        """

    /// `{"events":[]}` as gzip.
    static let gzip = bytes("H4sIAAAAAAACA6tWSi1LzSspVrKKjq0FADp5TF8NAAAA")
    /// The same in a zlib wrapper.
    static let zlib = bytes("eJyrVkotS80rKVayio6tBQAhjATE")
    /// `logLine` as gzip.
    static let logGzip = bytes(
        "H4sIAAAAAAACAxWJuwrCQBBFe79imFbceWQ1kD5oI1hsFywGXWGLbEKy+P2O58DhwhUOfwVO7sSR7raRsl4GPg/s"
            + "7eHIzhPwOiagr1LLNpOthWar5ZP3tpOEGBRuKT18CoIyg2gXARHwtdRmpebt7WePhx+oPedHcwAAAA=="
    )
    /// 200,000 zeros as gzip.
    static let bomb = bytes(
        "H4sIAAAAAAACA+3BMQEAAADCoPVPbQZ/o" + String(repeating: "A", count: 257)
            + "CA1wB7WOBcQA0DAA=="
    )

    private static func bytes(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64) ?? Data())
    }

    /// A prune event as a cleanup of one registry writes it.
    static func event(
        _ action: String = "prune",
        type: String = "blob",
        at milliseconds: Int64 = 1_595_679_129_268,
        attributes: [String: String] = ["reclaimed": "15728640", "registry": "local"]
    ) -> PruneEvent {
        PruneEvent(
            type: type,
            action: action,
            actor: "local",
            attributes: attributes,
            time: Timestamp(milliseconds: milliseconds)
        )
    }
}
