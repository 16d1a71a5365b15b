import AccessLedger
import Logging
import RegistryClients
import RegistryModel

// What really came back, and the end of a run.
extension EnginePruner {
    /// Bytes of all layers that the engine has, each once; nil where it can't be found out.
    ///
    /// Docker says it; Podman says only sizes that count shared layers as often as they are shared, so
    /// there the layers are added up here.
    func layers(_ usage: EngineUsage, _ work: EngineWork) async throws -> Int64? {
        guard work.kinds.contains(EnginePart.images.kind) else { return nil }
        if let layers = usage.layers { return layers }
        return try await layers(of: work.target.client)
    }

    private func layers(of client: EngineClient) async throws -> Int64 {
        var sizes: [[String]: Int64] = [:]
        for image in try await client.images(all: true) {
            guard let layers = try await client.image(image.id)?.layers else { continue }
            let steps = try await client.layerSizes(of: image.id)
            for (index, size) in steps.enumerated() where index < layers.count {
                sizes[Array(layers[...index])] = size
            }
        }
        return sizes.values.reduce(0, +)
    }

    /// Measures one kind, and writes down what came back of it.
    func measure(_ kind: String, _ work: inout EngineWork) async throws {
        let done = work.run.engine.filter {
            $0.kind == kind && work.outcomes[$0.ordinal]?.state == .done
        }
        let reclaimed: Int64 =
            switch kind {
            case EnginePart.images.kind: await freedLayers(done, work)
            case EnginePart.buildCache.kind: await freedCache(work)
            default: done.reduce(0) { $0 + $1.bytes }
            }
        work.freed[kind] = reclaimed
        try await ledger.freed(reclaimed, of: kind, by: work.run.name)
    }

    /// The difference of the sums, kept between what the images alone held and all they consist of:
    /// a pull or another prune meanwhile is not ours.
    private func freedLayers(_ done: [EngineItem], _ work: EngineWork) async -> Int64 {
        guard !done.isEmpty else { return 0 }
        return Self.freed(
            before: work.layersBefore,
            after: await layersNow(work.target.client),
            done
        )
    }

    static func freed(before: Int64?, after: Int64?, _ done: [EngineItem]) -> Int64 {
        let least = done.reduce(0) { $0 + $1.bytes }
        let most = max(least, done.reduce(0) { $0 + $1.size })
        guard let before, let after else { return least }
        return min(most, max(least, before - after))
    }

    /// All that an engine keeps on its disk, as far as it says.
    package func bytes(of target: EngineTarget) async throws -> Int64 {
        let usage = try await target.client.usage()
        let layers: Int64 =
            if let known = usage.layers { known } else { try await layers(of: target.client) }
        return layers + usage.containerBytes + usage.volumeBytes + usage.cacheBytes
    }

    func layersNow(_ client: EngineClient) async -> Int64? {
        guard let identity = try? await client.identity() else { return nil }
        if identity.isPodman { return try? await layers(of: client) }
        return try? await client.usage().layers
    }

    /// What the engine says, unless its own measurement says that it was less.
    private func freedCache(_ work: EngineWork) async -> Int64 {
        guard let after = try? await work.target.client.usage().cacheBytes else {
            return work.cacheReclaimed ?? 0
        }
        let difference = max(0, work.usage.cacheBytes - after)
        guard let said = work.cacheReclaimed else { return difference }
        return difference > 0 ? min(difference, said) : said
    }

    // MARK: The end

    func end(_ work: EngineWork) async throws -> RunRecord {
        guard var run = try await ledger.run(work.run.name) else {
            throw CleanupError.unknownRun(work.run.name.description)
        }
        var notes = [work.note]
        let left = run.engine.filter { $0.isEnforced && $0.state == .planned }
        var reason = "not reached"
        if work.isSatisfied {
            reason = "notNeeded: the low mark is reached without it"
        } else if work.interruption.isRaised {
            reason = "interrupted"
            notes.append("interrupted; \(left.count) things were not looked at any more")
        } else if let obstacle = work.obstacle {
            reason = obstacle
            notes.append(obstacle)
        }
        for item in left {
            let state: RunItem.State = work.obstacle == nil ? .skipped : .failed
            try await ledger.set(state, of: item, in: run.name, detail: reason, at: now())
        }
        run = try await ledger.run(run.name) ?? run
        run.state = Self.state(run, work)
        run.note = notes.filter { !$0.isEmpty }.joined(separator: "; ")
        run.endedAt = now()
        let events = events(of: run, work)
        try await ledger.set(run.state, of: run.name, note: run.note, at: now(), events: events)
        logger.info(
            "prune ended",
            metadata: [
                "engine": "\(work.target.name)", "run": "\(run.name)",
                "state": "\(run.state.rawValue)",
                "removed": "\(run.engine.count { $0.state == .done })",
                "reclaimed": "\(run.reclaimed)", "note": "\(run.note)",
            ]
        )
        return run
    }

    private static func state(_ run: RunRecord, _ work: EngineWork) -> RunRecord.State {
        let enforced = run.engine.filter(\.isEnforced)
        let isDone = enforced.allSatisfy { item in
            item.state == .done || work.outcomes[item.ordinal]?.wasGone == true
                || work.isSatisfied && work.outcomes[item.ordinal] == nil
        }
        if isDone, !work.interruption.isRaised { return .done }
        let isAnyDone = enforced.contains { $0.state == .done }
        let isAnyFailed = enforced.contains { $0.state == .failed }
        return isAnyFailed && !isAnyDone ? .failed : .partly
    }

    /// One prune event for each kind (design, section 5.10), whether the engine tells of it or not.
    func events(of run: RunRecord, _ work: EngineWork) -> [PruneEvent] {
        run.freed.compactMap { freed in
            let items = run.engine.filter { $0.kind == freed.kind && $0.state == .done }
            guard !items.isEmpty || freed.reclaimed > 0 else { return nil }
            var attributes = [
                "reclaimed": "\(freed.reclaimed)",
                "released": "\(items.reduce(0) { $0 + $1.bytes })",
                "engine": work.target.name,
                "run": run.name.description,
                "trigger": run.cause,
                "measured": run.measured,
                "policy": Set(items.compactMap(\.policy)).sorted().joined(separator: ","),
                "items": "\(items.count)",
                "mode": "enforce",
            ]
            attributes["disk"] = work.freedOnDisk[freed.kind].map { "\($0)" }
            return PruneEvent(
                type: freed.kind,
                action: "prune",
                actor: work.target.name,
                attributes: attributes,
                time: now()
            )
        }
    }

    /// Does the same at a start; not while another process works on the engine.
    package func resume(_ target: EngineTarget) async throws {
        do {
            let lock = try lock(target)
            defer { withExtendedLifetime(lock) {} }
            try await finishCutOff(target)
        } catch CleanupError.engineBusy {
            // That one reports it.
        }
    }

    /// Reports the runs that a kill has cut off, with what they had freed until then.
    package func finishCutOff(_ target: EngineTarget) async throws {
        for name in try await ledger.runs(in: .running) {
            guard let run = try await ledger.run(name),
                run.engine.contains(where: { $0.engine == target.row })
            else { continue }
            logger.notice("reporting a run that was cut off", metadata: ["run": "\(name)"])
            let usage = EngineUsage(images: [], containers: [], volumes: [], cache: [])
            var work = EngineWork(
                target: target,
                run: run,
                filters: EngineFilters(),
                usage: usage,
                interruption: Interruption()
            )
            for item in run.engine where item.state == .started {
                let isThere = try await isThere(item, target.client)
                let state: RunItem.State = isThere ? .skipped : .done
                try await ledger.set(state, of: item, in: name, detail: "cut off", at: now())
            }
            work.run = try await ledger.run(name) ?? run
            for freed in work.run.freed where freed.reclaimed == 0 {
                let done = work.run.engine.filter { $0.kind == freed.kind && $0.state == .done }
                guard !done.isEmpty else { continue }
                let after = freed.before == nil ? nil : await layersNow(target.client)
                let bytes = Self.freed(before: freed.before, after: after, done)
                try await ledger.freed(bytes, of: freed.kind, by: name)
            }
            work.note = "it was cut off; what it had not removed by then was left alone"
            _ = try await end(work)
        }
    }

    private func isThere(_ item: EngineItem, _ client: EngineClient) async throws -> Bool {
        switch item.kind {
        case EnginePart.images.kind: try await client.image(item.subject) != nil
        case EnginePart.containers.kind: try await client.containerState(item.subject) != nil
        case EnginePart.networks.kind:
            try await client.networks().contains { $0.id == item.subject }
        case EnginePart.volumes.kind:
            try await client.unusedVolumes().contains { $0.name == item.subject }
        default: true
        }
    }
}
