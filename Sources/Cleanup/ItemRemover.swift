import AccessLedger
import Logging
import RegistryClients
import RegistryModel
import RetentionPlanning

/// Removes the items of one registry, a group at a time.
struct ItemRemover: Sendable {
    let executor: RunExecutor
    let run: RunRecord
    let target: CleanupTarget
    let power: DeletePower
    let doubts: RepositoryDoubts
    let tally: RunTally

    var ledger: Ledger { executor.ledger }

    /// Why an item was not removed.
    enum Obstacle: Error {
        case skipped(String)
        /// Something holds it that may go in the same run.
        case held(String)
        /// It is not there any more: nothing is left to do.
        case gone
        /// Its tags are gone, but its manifest is not.
        case left(String)
        /// The tag may point to a throw-away manifest; the next cleanup finishes it.
        case halfDone(String, step: String)
    }

    /// How often the removals of a run were gone through.
    struct Round: Sendable {
        var number: Int
        /// What is still held now stays.
        var isLast: Bool
    }

    /// What became of a group.
    enum Ending: Sendable {
        case settled
        /// To be looked at again once others are through.
        case open
        /// The same, and it may have been removed already.
        case unsure
        /// It failed because the registry does not let us in; the rest may fare alike.
        case refused(String)
    }

    func remove(_ group: [RunItem], in round: Round) async throws -> Ending {
        do {
            let present = try await compared(group)
            if !present.isEmpty { try await removeCompared(present) }
        } catch Obstacle.skipped(let reason) {
            try await end(group, .skipped, reason)
        } catch Obstacle.held(let reason) {
            guard round.isLast else { return .open }
            try await end(group, .skipped, reason)
        } catch Obstacle.halfDone(let reason, let step) {
            try await end(group, .failed, reason, step: step)
        } catch Obstacle.left(let reason) {
            try await end(group, .failed, reason)
        } catch let error as RegistryError {
            return try await end(group, after: error, in: round)
        }
        return .settled
    }

    private func end(
        _ group: [RunItem],
        after error: RegistryError,
        in round: Round
    ) async throws -> Ending {
        switch error.kind {
        case .protected:
            try await end(group, .skipped, "\(error)")
        case .unauthorized where group[0].step.isEmpty:
            try await end(group, .failed, "\(error)")
            return .refused("\(error)")
        case .serverError, .timeout, .unreachable:
            // It may have been done all the same, or be done a little later: looked at again.
            if round.number == 1, !round.isLast, target.client is any TellingRegistry {
                return .unsure
            }
            fallthrough
        default:
            // What a kill left half done stays so until it is finished.
            try await end(group, .failed, "\(error)", step: group[0].step)
        }
        return .settled
    }

    /// Notes for groups that are not tried why the registry refuses.
    func refuse(_ groups: [ArraySlice<RunItem>], because reason: String) async throws {
        for group in groups.map({ Array($0) }) {
            // What a kill left half done stays so until it is finished.
            try await end(group, .failed, reason, step: group[0].step)
        }
    }

    /// Leaves groups that an interruption came before; of what was begun nobody knows how it ended.
    func leave(_ groups: [ArraySlice<RunItem>]) async throws {
        for group in groups.map({ Array($0) }) {
            let isBegun = group[0].state == .started
            try await end(
                group,
                isBegun ? .failed : .skipped,
                isBegun
                    ? "interrupted before it could be looked at again" : RunExecutor.interrupted,
                step: group[0].step
            )
        }
    }

    private func end(
        _ group: [RunItem],
        _ state: RunItem.State,
        _ reason: String,
        step: String = ""
    ) async throws {
        executor.logger.notice(
            "not removed",
            metadata: [
                "run": "\(run.name)", "registry": "\(target.row.name)",
                "repository": "\(group[0].repository)", "tag": "\(group[0].tag?.description ?? "")",
                "state": "\(state.rawValue)", "reason": "\(reason)",
            ]
        )
        for item in group {
            try await ledger.set(
                state,
                of: item,
                in: run.name,
                detail: reason,
                step: step,
                at: executor.now()
            )
        }
        await tally.count(group.count, as: state)
    }

    // MARK: Compare

    /// Looks once more, in the ledger and in the registry, right before the removal.
    ///
    /// - Returns: What is still there; the rest is written down as done.
    private func compared(_ group: [RunItem]) async throws -> [RunItem] {
        var present: [RunItem] = []
        let looks = GroupLook(group: group, target: target)
        for item in group {
            do {
                guard try await !finishOverwrite(item) else { throw Obstacle.gone }
                if try await wasRemovedBeforeTheKill(item) { throw Obstacle.gone }
                let tag = try await compareWithLedger(item, in: group)
                if let look = try await looks.look(at: item) {
                    try compare(item, tag, with: look, in: group)
                } else {
                    try await compareWithRegistry(item)
                }
                present.append(item)
            } catch Obstacle.gone {
                try await gone(item)
            }
        }
        return present
    }

    /// Whether a kill came between the registry's answer and its being written down: what was heard
    /// of the image since then is no reason to call it kept.
    private func wasRemovedBeforeTheKill(_ item: RunItem) async throws -> Bool {
        guard item.state == .started, let digest = item.digest else { return false }
        if item.tag != nil,
            let look = try await GroupLook(group: [item], target: target).look(at: item)
        {
            return look == .gone
        }
        let reference: ManifestReference = item.tag.map { .tag($0) } ?? .digest(digest)
        return try await fetch(reference, in: item.repository) == nil
    }

    /// Writes down that an item needs no removal; its manifest stays if the registry has it.
    ///
    /// One that a kill cut off was removed by us, so its manifest still has to follow.
    private func gone(_ item: RunItem) async throws {
        let isOurs = item.state == .started
        var item = item
        if power != .tagOnly, item.tagId != nil, item.removesManifest, let digest = item.digest,
            try await exists(digest, in: item.repository)
        {
            item.removesManifest = isOurs ? try await isUnheld(item) : false
            if item.removesManifest {
                _ = try await target.client.delete(item.repository, .digest(digest))
            }
        }
        try await ledger.removed(
            [item],
            in: run.name,
            detail: isOurs ? "" : RunItem.wasGone,
            at: executor.now(),
            leavingManifests: power == .tagOnly
        )
        await tally.count(1, as: .done)
    }

    /// Whether nothing but the item's own tag holds its manifest, and nobody used it.
    private func isUnheld(_ item: RunItem) async throws -> Bool {
        guard let id = item.manifestId else { return false }
        let slice = try await ledger.slice(
            of: [.untagged(id, repository: item.repositoryId)],
            rule: executor.planMaker.rule(run.createdAt)
        )
        guard let manifest = slice.manifests[id] else { return false }
        do {
            try compareUse(item, nil, manifest)
            try compareHolders(manifest, [item])
        } catch is Obstacle {
            return false
        }
        return true
    }

    private func exists(_ digest: Digest, in repository: RepositoryName) async throws -> Bool {
        do {
            _ = try await target.client.head(repository, .digest(digest))
            return true
        } catch let error where error.kind == .notFound {
            return false
        }
    }

    func fetch(
        _ reference: ManifestReference,
        in repository: RepositoryName
    ) async throws -> FetchedManifest? {
        do {
            return try await target.client.manifest(repository, reference)
        } catch let error where error.kind == .notFound {
            return nil
        }
    }

    // MARK: Remove

    private func removeCompared(_ group: [RunItem]) async throws {
        guard let last = group.last, let digest = last.digest else { return }
        let isWhole = last.tagId == nil || last.removesManifest
        guard isWhole || power != .digestOnly else {
            for item in group {
                try await overwrite(item)
                try await removed([item])
            }
            return
        }
        try await ledger.begin(group, in: run.name, step: "", at: executor.now())
        if power == .byTag || power == .tagOnly || !isWhole {
            for item in group {
                guard let tag = item.tag, let id = item.tagId else { continue }
                _ = try await target.client.delete(item.repository, .tag(tag))
                // Elsewhere the end of the item notes that, at once.
                if power == .byTag {
                    try await ledger.markGone(tag: id, of: target.row, at: executor.now())
                }
            }
        }
        if isWhole, power != .tagOnly { try await deleteManifest(digest, of: last) }
        try await removed(group)
    }

    private func removed(_ group: [RunItem]) async throws {
        try await ledger.removed(
            group,
            in: run.name,
            detail: "",
            at: executor.now(),
            leavingManifests: power == .tagOnly
        )
        await tally.count(group.count, as: .done)
    }

    private func deleteManifest(_ digest: Digest, of item: RunItem) async throws {
        do {
            _ = try await target.client.delete(item.repository, .digest(digest))
        } catch {
            guard power == .byTag, item.tag != nil else { throw error }
            throw Obstacle.left("the tag is removed, but its manifest is not: \(error)")
        }
    }

    /// Takes one tag away where a delete by digest would take its siblings along: points it at a
    /// throw-away manifest of its own, and deletes that (design, section 5.6).
    private func overwrite(_ item: RunItem) async throws {
        guard let tag = item.tag else { return }
        let config = Array(#"{"lastpull":"\#(run.name) \#(item.ordinal)"}"#.utf8)
        let manifest = Self.throwAway(config)
        try await ledger.begin(
            [item],
            in: run.name,
            step: "\(Self.overwriting)\(manifest.digest)",
            at: executor.now()
        )
        do {
            _ = try await target.client.uploadBlob(item.repository, bytes: config)
            _ = try await target.client.put(
                item.repository,
                .tag(tag),
                bytes: manifest.bytes,
                mediaType: MediaType.ociManifest
            )
            _ = try await target.client.delete(item.repository, .digest(manifest.digest))
        } catch {
            do {
                try await undoOverwrite(item, tag, manifest.digest)
            } catch let undoing {
                throw Obstacle.halfDone(
                    "\(error); the next cleanup finishes it, as it could not be undone: \(undoing)",
                    step: "\(Self.overwriting)\(manifest.digest)"
                )
            }
            throw error
        }
    }

    /// How the journal marks an overwrite that has begun, before the throw-away digest.
    private static let overwriting = "overwrite "

    static func throwAway(_ config: [UInt8]) -> (digest: Digest, bytes: [UInt8]) {
        let text =
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":"#
            + #"{"mediaType":"application/vnd.oci.image.config.v1+json","#
            + #""digest":"\#(Digest(hashing: config))","size":\#(config.count)},"layers":[]}"#
        let bytes = Array(text.utf8)
        return (Digest(hashing: bytes), bytes)
    }

    /// After a kill between overwriting and deleting: deletes the throw-away manifest.
    ///
    /// - Returns: Whether the tag pointed to it.
    private func finishOverwrite(_ item: RunItem) async throws -> Bool {
        guard item.step.hasPrefix(Self.overwriting), let tag = item.tag,
            let found = try await fetch(.tag(tag), in: item.repository)?.digest,
            item.step == "\(Self.overwriting)\(found)"
        else { return false }
        _ = try await target.client.delete(item.repository, .digest(found))
        return true
    }

    /// After a refusal between overwriting and deleting: points the tag back.
    private func undoOverwrite(_ item: RunItem, _ tag: TagName, _ throwAway: Digest) async throws {
        guard let digest = item.digest,
            try await fetch(.tag(tag), in: item.repository)?.digest == throwAway,
            let kept = try await ledger.keptManifest(digest, in: item.repositoryId)
        else { return }
        _ = try await target.client.put(
            item.repository,
            .tag(tag),
            bytes: kept.bytes,
            mediaType: kept.mediaType
        )
        // Untagged now; where this is refused too, it stays for the registry's own collector.
        _ = try? await target.client.delete(item.repository, .digest(throwAway))
    }
}
