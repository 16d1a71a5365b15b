import Dispatch
import Foundation
import RegistryModel
import Synchronization

/// Finds out what manifests refer to: from the store, else from their content.
final class ContentLoader {
    private let root: StorageRoot
    private let crew: Crew
    private let store: any ReferenceStore
    /// The open folder of SHA-256 blobs; nil where there is none, and so no content.
    private let blobs: Int32?
    private let problem = Problem()
    /// Keeps what was read, beside reading more.
    private let keeper = DispatchQueue(label: "references")

    /// Why the store was of no use.
    var trouble: String? { problem.text.withLock(\.self) }

    private final class Problem: Sendable {
        let text = Mutex<String?>(nil)

        func note(_ error: any Error) { text.withLock { $0 = "\(error)" } }
    }

    init(root: StorageRoot, crew: Crew, store: any ReferenceStore) throws(StorageError) {
        self.root = root
        self.crew = crew
        self.store = store
        blobs = try root.folder(.sha256Blobs)
    }

    deinit { if let blobs { close(blobs) } }

    /// Makes the contents of `numbers` known, one way or the other.
    func load(
        _ numbers: [UInt32],
        _ table: inout DigestTable,
        _ contents: inout Contents
    ) throws(StorageError) {
        for start in stride(from: 0, to: numbers.count, by: Self.batch) {
            let part = numbers[start..<min(start + Self.batch, numbers.count)]
            let known = ask(part.map { table[$0] })
            var unknown: [UInt32] = []
            for number in part {
                if let references = known[table[number]] {
                    contents.set(number, references, &table)
                } else {
                    unknown.append(number)
                }
            }
            try read(unknown, &table, &contents)
        }
        keeper.sync {}
    }

    /// A store that fails costs time only: all is read again.
    private func ask(_ digests: [PackedDigest]) -> [PackedDigest: PackedReferences] {
        do {
            return try store.references(of: digests)
        } catch {
            problem.note(error)
            return [:]
        }
    }

    private func read(
        _ numbers: [UInt32],
        _ table: inout DigestTable,
        _ contents: inout Contents
    ) throws(StorageError) {
        guard !numbers.isEmpty else { return }
        guard let folder = blobs else {
            for number in numbers { contents.setMissing(number) }
            return
        }
        let digests = numbers.map { table[$0] }
        let jobs = (digests.count + Self.share - 1) / Self.share
        let makeReader = { [root] in ManifestReader(root: root, blobs: folder) }
        let workers = try crew.run(jobs, makeReader) {
            worker,
            job in
            let start = job * Self.share
            for digest in digests[start..<min(start + Self.share, digests.count)] {
                worker.read(digest)
            }
        }
        var read: [(digest: PackedDigest, references: PackedReferences)] = []
        for (digest, finding) in workers.lazy.flatMap(\.found) {
            let number = table.add(digest)
            switch finding {
            case .references(let references):
                contents.set(number, references, &table)
                read.append((digest, references))
            case .missing: contents.setMissing(number)
            case .unreadable(let text): contents.setUnreadable(number, text)
            case .tooLarge: contents.set(number, .none, &table)
            }
        }
        keep(read)
    }

    /// Keeps it when what was read before is kept: that waits for a disk, and reading need not.
    private func keep(_ read: [(digest: PackedDigest, references: PackedReferences)]) {
        keeper.sync {}
        keeper.async { [store, problem] in
            do { try store.keep(read) } catch { problem.note(error) }
        }
    }

    /// How many references are asked for and kept at once: some megabytes.
    private static let batch = 2_048
    /// How many manifests one thread reads at a time.
    private static let share = 32
}
