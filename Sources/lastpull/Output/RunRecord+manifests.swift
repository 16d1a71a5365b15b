import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import RegistryModel
import RegistryStorage

// A sweep of the disk, and that of the manifests before it: one command tells of both.
extension RunRecord {
    /// This sweep of the disk with what became of the manifests; where nothing of the disk is in
    /// question, it is their run that is told of.
    func after(_ manifests: RunRecord?) -> RunRecord {
        guard let manifests else { return self }
        var run = storage.isEmpty ? manifests : self
        let other = storage.isEmpty ? self : manifests
        run.items = manifests.items
        run.kept += other.kept
        run.keptReasons.merge(other.keptReasons, uniquingKeysWith: +)
        if run.state == .done, other.status != Outcome.done { run.state = .partly }
        if run.state == .failed, other.hasRemovedSomething { run.state = .partly }
        let isEnforced = !storage.isEmpty || manifests.items.contains(where: \.isEnforced)
        run.mode = isEnforced ? mode : manifests.mode
        if storage.isEmpty || !manifests.items.isEmpty {
            let own = note == Cleaner.nothingToRemove || manifests.note.contains(note) ? "" : note
            let told = state == .waiting ? manifests.toldBeforeApproval : ""
            run.note = [told, manifests.note, own].filter { !$0.isEmpty }.joined(separator: "; ")
        }
        return run
    }

    /// That of the whole; where the disk waits for approval, what became of the manifests.
    func status(after manifests: RunRecord?) -> ExitCode {
        let whole = after(manifests).status
        guard let manifests, state == .waiting else { return whole }
        return [whole, manifests.status].worst
    }

    private var hasRemovedSomething: Bool {
        items.contains { $0.isEnforced && $0.state == .done }
    }

    /// What became of the manifests, for whoever is to approve what waits of the disk.
    private var toldBeforeApproval: String {
        let enforced = items.count(where: \.isEnforced)
        guard !state.isPlan, enforced > 0 else { return "" }
        let done = items.count { $0.isEnforced && $0.state == .done }
        return "run \(name) (\(state.rawValue)) has removed \(done) of \(enforced) manifests before"
    }

    /// How many bytes of these blobs the sweep of the disk releases, or would.
    func released(of blobs: [Digest: Int64]) -> Int64 {
        var left = blobs
        return storage.reduce(0) { sum, item in
            guard state.isPlan ? item.state == .planned : item.isTaken,
                let size = item.digest.flatMap({ left.removeValue(forKey: $0) })
            else { return sum }
            return sum + min(size, item.bytes)
        }
    }
}

/// The sweep of manifests over a registry's API, before that of its disk.
struct ManifestSweep: Sendable {
    var run: RunRecord
    /// What a plan would remove; nil where it was carried out.
    var goes: Set<RevisionKey>?
    /// The blobs that it has released, with their bytes.
    var released: [Digest: Int64] = [:]
}

extension Deployment {
    func foretellManifests(_ scope: CleanupScope) async throws -> ManifestSweep {
        let (run, goes) = try await cleaner.foretell(scope, cause: .init(name: "sweep"))
        let keys = goes.compactMap { item in
            item.digest.map { RevisionKey(repository: item.repository, digest: $0) }
        }
        return ManifestSweep(run: run, goes: Set(keys))
    }

    func sweepManifests(
        _ scope: CleanupScope,
        _ target: CleanupTarget
    ) async throws -> ManifestSweep {
        let before = try await releasedBlobs(of: target)
        let run = try await cleaner.clean(scope, cause: .init(name: "sweep"))
        let released = try await releasedBlobs(of: target).filter { before[$0.key] == nil }
        return ManifestSweep(run: run, released: released)
    }

    /// The blobs of a registry to which no manifest refers any more, with their bytes.
    private func releasedBlobs(of target: CleanupTarget) async throws -> [Digest: Int64] {
        let blobs = try await ledger.releasedBlobs(of: target.row)
        return Dictionary(blobs.map { ($0.digest, $0.size) }, uniquingKeysWith: { $1 })
    }
}
