import AccessLedger
import RegistryModel
import RegistryStorage

// What is missing after a registry was started while things went at once.
extension StorageSweeper {
    /// Ends a run during which a registry was started: marks once more, and says what manifests
    /// need by now of that which was deleted.
    func endInterfered(_ draft: Draft, _ target: CleanupTarget) async throws -> RunRecord {
        let missing = try await missing(draft)
        guard !missing.isEmpty else {
            let note = "\(Self.interfered), so the rest went by way of the quarantine"
            return try await end(
                draft.run.name,
                of: target,
                note: Cleaner.joined([note, draft.run.note]),
                isPurgedNext: true
            )
        }
        let loss = Loss(missing)
        let why = "\(Self.interfered), and \(loss)"
        let run = draft.run.name
        let lost = Set(missing.map(\.digest))
        let items = draft.run.storage.filter { item in
            item.ordinal < draft.begun && item.digest.map(lost.contains) ?? false
        }
        try await ledger.set(
            .done,
            ofStorageItems: items.map(\.ordinal),
            in: run,
            detail: "needed by now: restart the registry, and push the image again",
            at: now()
        )
        try await say(
            .missingContent,
            of: target,
            why: why,
            isNew: true,
            [
                "run": run.description, "items": "\(lost.count)",
                Self.digests: lost.sorted().prefix(Self.digestsSaid).map(\.description)
                    .joined(separator: ","),
            ]
        )
        let note = Cleaner.joined([why, draft.run.note])
        return try await end(run, of: target, note: note, isHarmful: true, isPurgedNext: true)
    }

    private static let interfered = "a registry was started on the storage while files went at once"

    /// What was deleted and is needed by now; a link that only lacks is written anew.
    private func missing(_ draft: Draft) async throws -> [MissedContent] {
        let references = LedgerReferences(ledger: ledger)
        let time = now()
        let root = draft.root
        let gone = Set(
            draft.removals[..<draft.begun].lazy
                .filter { $0.kind == .blob || $0.kind == .manifest }.compactMap(\.digest)
        )
        return try await offPool {
            let quarantine = Quarantine(root: root)
            let mark = try Marker(root: root, references: references)
                .mark(Condemned(gone: gone), now: time)
            return try mark.missed.filter { missed in
                let repository = missed.manifest.repository
                guard try root.facts(.blobData(missed.digest)) != nil else { return true }
                if missed.isManifest {
                    let link = StoragePath.revisionLink(repository, missed.digest)
                    return try missed.tag != nil && root.facts(link) == nil
                }
                try quarantine.restoreLink(.layerLink(repository, missed.digest))
                return false
            }
        }
    }

    // MARK: Afterwards

    /// Says that nothing is missing any more, once all of it was pushed again.
    func endMissingContent(_ target: CleanupTarget, _ root: StorageRoot) async throws {
        guard try await missingContent(target, root) == nil else { return }
        try await end(.missingContent, of: target)
    }

    /// What a run has deleted and nobody has pushed again, though manifests need it.
    func missingContent(
        _ target: CleanupTarget,
        _ root: StorageRoot
    ) async throws -> StorageState.Missing? {
        let last = try await ledger.lastEvent(
            of: target.row.name,
            among: [Standing.missingContent.rawValue, Standing.missingContent.ended]
        )
        guard let last, last.action == Standing.missingContent.rawValue else { return nil }
        let digests = (last.attributes[Self.digests] ?? "").split(separator: ",")
            .compactMap { Digest(String($0)) }
        let isBack = try await offPool {
            try digests.allSatisfy { try root.facts(.blobData($0)) != nil }
        }
        guard !isBack else { return nil }
        return StorageState.Missing(
            run: last.attributes["run"] ?? "",
            why: last.attributes["why"] ?? ""
        )
    }

    /// The event's attribute with what is missing.
    private static let digests = "digests"

    /// Some 70 kB in an event.
    private static let digestsSaid = 1_000
}

/// In words, what is missing and what is to be done about it.
private struct Loss: CustomStringConvertible {
    let digests: [Digest]
    let images: [String]

    init(_ missing: [MissedContent]) {
        digests = Set(missing.map(\.digest)).sorted()
        images = Set(
            missing.map { missed in
                let manifest = missed.manifest
                return missed.tag.map { "\(manifest.repository):\($0)" }
                    ?? "\(manifest.repository)@\(manifest.digest)"
            }
        ).sorted()
    }

    var description: String {
        "images that it took lack what is gone: \(Self.said(digests.map(\.description))); "
            + "restart the registry, then push again: \(Self.said(images))"
    }

    private static func said(_ names: [String]) -> String {
        let rest = names.count - namesSaid
        return names.prefix(namesSaid).joined(separator: ", ")
            + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let namesSaid = 20
}
