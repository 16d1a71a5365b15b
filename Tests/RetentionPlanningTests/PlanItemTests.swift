import RegistryModel
import Testing

@testable import RetentionPlanning

/// Nothing of an item may get lost or change places where it is kept as bytes.
@Suite struct PlanItemTests {
    @Test func isTheSameAfterItWasKeptAsBytes() throws {
        let bare = PlanItem(
            kind: .manifest,
            registry: "prod",
            repository: try #require(RepositoryName("team/api")),
            repositoryID: 3,
            reason: .untagged,
            detail: "",
            mode: .observe,
            accesses: 0,
            bytes: 0,
            removesManifest: false
        )
        let full = PlanItem(
            kind: .tag,
            registry: "cache",
            repository: try #require(RepositoryName("team/web")),
            repositoryID: 5,
            tag: TagName("v1"),
            tagID: 7,
            digest: Digest(hashing: [1]),
            manifestID: 11,
            reason: .notAccessed,
            detail: "0 accesses in 30d",
            policy: "ci",
            mode: .enforce,
            lastAccess: Timestamp(milliseconds: 1_700_000_000_001),
            accesses: 13,
            bytes: 17,
            removesManifest: true
        )
        #expect(Array(PackedList([bare, full, bare])) == [bare, full, bare])
        let all = Reason.allCases.map { reason in
            var item = full
            item.reason = reason
            return item
        }
        #expect(Array(PackedList(all)) == all)
    }
}
