import AccessLedger
import RegistryModel
import Testing

/// Nothing of an item may get lost or change places where it is kept as bytes.
@Suite struct PackedItemTests {
    private let digest = Digest(hashing: Array("manifest".utf8))
    private let registry = RegistryRow(id: 7, name: "prod")

    @Test func runItems() throws {
        let name = try #require(RepositoryName("team/api"))
        let bare = RunItem(
            ordinal: 0,
            kind: "manifest",
            registry: registry,
            repositoryId: 3,
            repository: name,
            reason: "untagged"
        )
        var full = bare
        full.ordinal = 41
        full.kind = "tag"
        full.tagId = 11
        full.tag = TagName("v1")
        full.manifestId = 13
        full.digest = digest
        full.reason = "notAccessed"
        full.why = "0 accesses in 30d"
        full.policy = "ci"
        full.isEnforced = false
        full.lastAccess = Timestamp(milliseconds: 1_700_000_000_001)
        full.accesses = 17
        full.bytes = 19
        full.removesManifest = true
        full.state = .skipped
        full.detail = "was pulled"
        full.step = "overwriting"
        #expect(allDiffer(bare, full))
        #expect(Array(PackedList([bare, full, bare])) == [bare, full, bare])
        let states: [RunItem.State] = [.planned, .started, .quarantined, .done, .skipped, .failed]
        let items = states.map { state in
            var item = full
            item.state = state
            return item
        }
        #expect(Array(PackedList(items)) == items)
    }

    @Test func storageItems() throws {
        let bare = StorageItem(
            ordinal: 0,
            registry: registry,
            kind: .blob,
            reason: "unreferenced",
            bytes: 1
        )
        let full = StorageItem(
            ordinal: 5,
            registry: RegistryRow(id: 8, name: "cache"),
            kind: .tag,
            digest: digest,
            repository: RepositoryName("team/web"),
            name: "v2",
            reason: "notProtected",
            bytes: 23,
            reclaimed: 29,
            state: .quarantined,
            isForgotten: true,
            detail: "run-1"
        )
        #expect(allDiffer(bare, full))
        #expect(Array(PackedList([bare, full, bare])) == [bare, full, bare])
        let kinds = StorageItem.Kind.allCases.map { kind in
            var item = full
            item.kind = kind
            return item
        }
        #expect(Array(PackedList(kinds)) == kinds)
    }

    /// Whether no stored property is the same in both: a new one that is forgotten here fails.
    private func allDiffer<Item>(_ one: Item, _ other: Item) -> Bool {
        let constant: Set = ["repositoryId", "repository", "registry"]
        return zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children)
            .allSatisfy { left, right in
                "\(left.value)" != "\(right.value)" || constant.contains(left.label ?? "")
            }
    }
}
