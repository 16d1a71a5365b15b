import AccessLedger
import RegistryClients
import RegistryModel

// One removal each; nothing is forced, and the engine has the last word about what is in use.
extension EnginePruner {
    func remove(_ item: EngineItem, from target: EngineTarget) async throws -> EngineOutcome {
        let client = target.client
        do throws(EngineError) {
            switch item.kind {
            case EnginePart.containers.kind: return try await removeContainer(item, client)
            case EnginePart.networks.kind: try await client.removeNetwork(item.subject)
            case EnginePart.volumes.kind: try await client.removeVolume(item.subject)
            case EnginePart.images.kind: return try await removeImage(item, client)
            default: return .skipped("\(item.kind) is nothing that can be removed by itself")
            }
            return .done
        } catch {
            switch error.kind {
            case .notFound: return .gone
            case .conflict: return .skipped(error.detail.isEmpty ? "it is in use" : error.detail)
            // A network in use is answered 403.
            case .forbidden where item.kind == EnginePart.networks.kind:
                return .skipped(error.detail)
            default: throw error
            }
        }
    }

    /// Removes a container unless it was started since the plan.
    private func removeContainer(
        _ item: EngineItem,
        _ client: EngineClient
    ) async throws(EngineError) -> EngineOutcome {
        guard let state = try await client.containerState(item.subject) else { return .gone }
        let stopped = EngineContainer(id: "", name: "", image: "", imageID: "", state: state.state)
        guard stopped.isStopped else { return .skipped("it is \(state.state) by now") }
        try await client.removeContainer(item.subject)
        return .done
    }

    /// Takes an image's tags away one by one, and the image with the last of them.
    ///
    /// What can't be finished is put back: an image is not left behind with a part of its tags.
    private func removeImage(
        _ item: EngineItem,
        _ client: EngineClient
    ) async throws(EngineError) -> EngineOutcome {
        guard let image = try await client.image(item.subject) else { return .gone }
        let added = Set(image.tags).subtracting(item.names)
        if let tag = added.min() { return .skipped("it was tagged \(tag) since the plan") }
        let users = try await client.containers().filter { $0.imageID == item.subject }
        if let user = users.first { return .skipped("container \(user.name) is made of it by now") }
        var untagged: [String] = []
        do throws(EngineError) {
            for tag in image.tags {
                let removed = try await client.removeImage(tag)
                if removed.deleted.contains(item.subject) { return .done }
                untagged.append(tag)
            }
            for digest in image.digests where image.digests.count > 1 {
                guard try await client.image(item.subject) != nil else { return .done }
                _ = try await removeIfThere(digest, client)
            }
            guard try await client.image(item.subject) != nil else { return .done }
            _ = try await removeIfThere(item.subject, client)
            return .done
        } catch {
            for tag in untagged { try? await client.tag(item.subject, as: tag) }
            throw error
        }
    }

    private func removeIfThere(_ name: String, _ client: EngineClient) async throws(EngineError) {
        do throws(EngineError) {
            _ = try await client.removeImage(name)
        } catch {
            guard error.kind == .notFound else { throw error }
        }
    }

    /// Lets the engine remove the records of its build cache, for which it has no other way.
    func removeCache(_ work: inout EngineWork) async throws {
        let items = work.run.engine.filter { $0.kind == EnginePart.buildCache.kind }
        guard !work.interruption.isRaised, work.obstacle == nil else { return }
        let until = work.filters.until?.moment(now: work.run.createdAt)
        let pruned = Pruned()
        let client = work.target.client
        let all = !work.filters.dangling
        let interruption = work.interruption
        let outcome = await patiently(work) {
            let filters = Self.cacheFilters(until: until, now: self.now())
            let result = try await interruption.run {
                try await client.pruneBuildCache(filters: filters, all: all)
            }
            await pruned.set(result.deleted, result.reclaimed)
            return .done
        }
        if outcome.isUnreachable { work.obstacle = outcome.detail }
        var deleted = await Set(pruned.ids)
        if outcome.state != .done, let left = try? await client.usage().cache {
            // It ended before it said what it had done.
            deleted = Set(items.map(\.subject)).subtracting(left.map(\.id))
        }
        for item in items {
            let own: EngineOutcome =
                if deleted.contains(item.subject) {
                    .done
                } else if outcome.state == .done {
                    .skipped("it is in use by now, or gone")
                } else {
                    outcome
                }
            work.outcomes[item.ordinal] = own
            try await ledger.set(
                own.state,
                of: item,
                in: work.run.name,
                detail: own.detail,
                at: now()
            )
        }
        work.cacheReclaimed = outcome.state == .done ? await pruned.reclaimed : nil
    }

    /// The filters of a prune of the build cache, which knows `until` as a duration back from when it
    /// begins: engines before 23.0 refuse every other form.
    ///
    /// A moment to come narrows nothing.
    static func cacheFilters(until: Timestamp?, now: Timestamp) -> [String: [String]] {
        guard let until, until < now else { return [:] }
        return ["until": ["\((now - until).milliseconds)ms"]]
    }

    /// What a prune said, which goes on in a task of its own.
    private actor Pruned {
        var ids: [String] = []
        var reclaimed: Int64 = 0

        func set(_ ids: [String], _ reclaimed: Int64) {
            self.ids = ids
            self.reclaimed = reclaimed
        }
    }
}
