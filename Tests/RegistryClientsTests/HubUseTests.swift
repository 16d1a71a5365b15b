import Foundation
import RegistryModel
import Testing

@testable import RegistryClients

/// What the Hub's words about a tag come to; in doubt its use is not known.
struct HubUseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Fields of the tag besides its name.
        var fields: String
        var use: ToldUse?
        var pushedAt: Int64?
    }

    private static let pushed = #""tag_last_pushed":"2026-03-01T05:14:48.231504Z""#
    private static let pushedAt: Int64 = 1_772_342_088_231

    @Test(arguments: [
        Case(
            testDescription: "pulled",
            fields: #""tag_last_pulled":"2026-03-04T05:06:07.149292Z",\#(pushed)"#,
            use: .at(Timestamp(milliseconds: 1_772_600_767_149)),
            pushedAt: pushedAt
        ),
        Case(
            testDescription: "null after a push that is known",
            fields: #""tag_last_pulled":null,\#(pushed)"#,
            use: .never,
            pushedAt: pushedAt
        ),
        Case(
            testDescription: "null, but a platform was pulled",
            fields: #"""
                "tag_last_pulled":null,\#(pushed),"images":[{"digest":null,"size":1,
                "last_pulled":"2026-03-04T05:06:07Z"}]
                """#,
            use: .at(Timestamp(milliseconds: 1_772_600_767_000)),
            pushedAt: pushedAt
        ),
        Case(testDescription: "no word", fields: pushed, use: nil, pushedAt: pushedAt),
        Case(
            testDescription: "null, and no push is known",
            fields: #""tag_last_pulled":null,"tag_last_pushed":null,"last_updated":null"#,
            use: nil,
            pushedAt: nil
        ),
        Case(
            testDescription: "null after a push before pulls were counted",
            fields: #""tag_last_pulled":null,"tag_last_pushed":"2019-03-01T05:14:48Z""#,
            use: nil,
            pushedAt: 1_551_417_288_000
        ),
        Case(
            testDescription: "a time that is none",
            fields: #""tag_last_pulled":"last week",\#(pushed)"#,
            use: nil,
            pushedAt: pushedAt
        ),
        Case(
            testDescription: "a push that is none",
            fields: #""tag_last_pulled":null,"tag_last_pushed":"0001-01-01T00:00:00Z""#,
            use: nil,
            pushedAt: nil
        ),
    ])
    func isReadWithCare(_ example: Case) throws {
        let text = #"{"name":"v1",\#(example.fields)}"#
        let tag = try JSONDecoder().decode(HubTag.self, from: Data(text.utf8))
        #expect(tag.use == example.use)
        #expect(tag.pushedAt?.milliseconds == example.pushedAt)
    }

    // Only the digest of a single platform stands for a tag that has none of its own.
    @Test func pointsToTheOnlyPlatformWhereItHasNoDigest() throws {
        let digest = Digest(hashing: Array("a".utf8)).description
        func tag(_ images: String, digest: String = "null") throws -> HubTag {
            let text = #"{"name":"v1","digest":\#(digest),"images":[\#(images)]}"#
            return try JSONDecoder().decode(HubTag.self, from: Data(text.utf8))
        }
        let image = #"{"digest":"\#(digest)","size":5}"#
        #expect(try tag(image).pointsTo?.description == digest)
        #expect(try tag("\(image),\(image)").pointsTo == nil)
        #expect(try tag(image, digest: #""nonsense""#).pointsTo == nil)
        #expect(try tag("").pointsTo == nil)
    }
}
