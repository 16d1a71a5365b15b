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

    func remove(_ group: RemovalGroup, in round: Round) async throws -> Ending {
        let group = group.items(of: run)
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
    func refuse(_ groups: [RemovalGroup], because reason: String) async throws {
        for group in groups.lazy.map({ $0.items(of: run) }) {
            // What a kill left half done stays so until it is finished.
            try await end(group, .failed, reason, step: group[0].step)
        }
    }

    /// Leaves groups that an interruption came before; of what was begun nobody knows how it ended.
    func leave(_ groups: [RemovalGroup]) async throws {
        for group in groups.lazy.map({ $0.items(of: run) }) {
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
}
