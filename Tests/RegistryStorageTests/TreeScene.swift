import Foundation
import RegistryModel
import RegistryStorage
import TestSupport
import Testing

/// A storage tree in a temporary folder, with what tests ask of it.
struct TreeScene {
    static let now = Timestamp(milliseconds: 1_780_000_000_000)
    /// Long before all that any rule looks at.
    static let old = now - .days(30)

    let folder: TemporaryFolder
    /// Writes files as old as `old`.
    var tree: StorageTree
    let references = InMemoryReferences()

    init() throws {
        folder = try TemporaryFolder()
        tree = try StorageTree(path: folder.path, modified: Self.old)
    }

    func root() throws -> StorageRoot { try StorageRoot(path: folder.path) }

    func mark(_ condemned: Condemned = Condemned(allUntagged: true)) throws -> Mark {
        try Marker(root: root(), references: InMemoryReferences()).mark(condemned, now: Self.now)
    }

    func sweep(
        _ rules: SweepRules = SweepRules(),
        _ condemned: Condemned = Condemned(allUntagged: true)
    ) throws -> SweepPlan {
        SweepPlan(try mark(condemned), rules: rules, now: Self.now)
    }

    /// Plans the removal of images, `REPOSITORY[:TAG|@DIGEST]`.
    func removal(_ images: String..., rules: SweepRules = SweepRules()) throws -> ImageRemoval {
        try removal(images.map { try Self.image($0) }, rules: rules)
    }

    func removal(
        _ images: [ImageReference],
        rules: SweepRules = SweepRules()
    ) throws -> ImageRemoval {
        try ImageRemoval.plan(
            images,
            root: root(),
            references: references,
            rules: rules,
            now: Self.now
        )
    }

    static func image(_ text: String) throws -> ImageReference {
        if let sign = text.firstIndex(of: "@") {
            let digest = try #require(Digest(String(text[text.index(after: sign)...])))
            return try ImageReference(
                repository: repository(String(text[..<sign])),
                part: .digest(digest)
            )
        }
        let parts = text.split(separator: ":").map(String.init)
        let repository = try repository(parts[0])
        guard parts.count > 1 else { return ImageReference(repository: repository, part: .whole) }
        return ImageReference(repository: repository, part: .tag(try tag(parts[1])))
    }

    static func repository(_ text: String) throws -> RepositoryName {
        try #require(RepositoryName(text))
    }

    static func tag(_ text: String) throws -> TagName { try #require(TagName(text)) }

    static func condemned(tags: String...) throws -> Condemned {
        var condemned = Condemned()
        for text in tags {
            let image = try image(text)
            guard case .tag(let tag) = image.part else { continue }
            condemned.tags.insert(TagKey(repository: image.repository, tag: tag))
        }
        return condemned
    }

    /// The bytes of all files.
    var bytes: Int64 { RegistryDisk(folder.path).bytes }

    /// Removes files with the folders that are empty then, as a sweep does.
    func remove(_ paths: some Sequence<StoragePath>) throws {
        let root = try root()
        for path in paths {
            let isRemoved = try root.removeFile(path)
            #expect(isRemoved, "\(path) is planned twice, or is not there")
        }
        let lasting: Set<String> = ["tags", "revisions", "_layers", "_uploads", "blobs"]
        for path in paths {
            var folder = path.parent
            while let empty = folder, !lasting.contains(String(empty.name)),
                try root.removeEmptyFolder(empty)
            {
                folder = empty.parent
            }
        }
    }

    /// Makes a symbolic link in place of what is there.
    func link(_ place: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: target)
    }

    /// Puts an empty folder in place of a file.
    func replaceByFolder(_ place: String) throws {
        try FileManager.default.removeItem(atPath: place)
        try StorageTree.makeFolders(place)
    }
}

extension SweepPlan {
    /// The content that goes: of blobs, and of manifests that take their data along.
    var content: Set<Digest> {
        Set(removals.filter { $0.holdsData }.compactMap(\.digest))
    }

    var manifests: Set<Digest> {
        Set(removals.filter { $0.kind == .manifest }.compactMap(\.digest))
    }

    var files: [StoragePath] {
        removals.filter { $0.kind != .folder }.flatMap(\.files)
    }
}

extension Removal {
    fileprivate var holdsData: Bool {
        digest.map { files.contains(.blobData($0)) } ?? false
    }
}

extension ImageRemoval {
    var tagNames: Set<String> { Set(tags.map { "\($0.key.repository):\($0.key.tag)" }) }

    var files: [StoragePath] { plan.files + tags.flatMap(\.files) }

    var bytes: Int64 { plan.bytes + tags.reduce(0) { $0 + $1.bytes } }
}
