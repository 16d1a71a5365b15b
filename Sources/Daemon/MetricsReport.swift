import AccessLedger
import Cleanup
import Publishing
import RegistryModel
import RetentionPlanning

/// What `GET /metrics` shows: one number for a registry, a source, a type or a name of the settings,
/// never for a repository, of which there may be thousands.
struct MetricsReport {
    private let deployment: Deployment
    private let now: Timestamp

    init(_ deployment: Deployment) {
        self.deployment = deployment
        now = deployment.now()
    }

    func families() async throws -> [MetricFamily] {
        let numbers = try await deployment.ledger.metrics(now: now)
        var build = MetricFamily("build_info", .gauge, "Which lastpull this is.")
        build.add(1, ["version": OwnUserAgent.version])
        var size = MetricFamily("ledger_bytes", .gauge, "Size of the ledger file.")
        size.add(numbers.fileBytes)
        return [build, size] + Self.heard(numbers.sources) + [refused(numbers.refused)]
            + (try await coverage()) + (try await probes(numbers.registries))
            + Self.held(numbers.registries)
            + runs(numbers.runs, former: numbers.formerRuns)
            + Self.events(numbers.events, of: numbers.registries)
            + (try await webhooks())
    }

    // MARK: Hearing

    private static func heard(_ sources: [SourceStatistics]) -> [MetricFamily] {
        var accesses = MetricFamily("accesses_total", .counter, "Accesses that were recorded.")
        var others = [
            MetricFamily("duplicates_total", .counter, "Accesses that came a second time."),
            MetricFamily("ignored_total", .counter, "Records that say nothing of use."),
            MetricFamily("rejected_total", .counter, "Parts of bodies that were not understood."),
        ]
        var last = MetricFamily(
            "last_heard_timestamp_seconds",
            .gauge,
            "When something came last."
        )
        var offset = MetricFamily(
            "clock_offset_seconds",
            .gauge,
            "How far the registry's clock is ahead of ours."
        )
        for source in sources {
            let name = "\(source.source)"
            for accessClass in AccessClass.allCases {
                accesses.add(
                    source.accepted[accessClass] ?? 0,
                    ["registry": source.registry, "source": name, "class": accessClass.rawValue]
                )
            }
            let counts = [
                source.answer.duplicates, source.answer.ignored, source.answer.rejected,
            ]
            for (index, count) in counts.enumerated() {
                others[index].add(count, ["registry": source.registry, "source": name])
            }
            let labels: KeyValuePairs = ["registry": source.registry, "source": name]
            last.add(source.lastAt.inSeconds, labels)
            offset.add(Double(source.clockOffset) / 1_000, labels)
        }
        return [accesses] + others + [last, offset]
    }

    /// Those for names that are not in the settings have an empty registry; all begin with 0, since an
    /// alarm needs a number that grows.
    private func refused(_ refused: [RefusedDelivery]) -> MetricFamily {
        var family = MetricFamily(
            "refused_total",
            .counter,
            "Deliveries that were refused for their token, signature or registry."
        )
        for registry in deployment.targets.map(\.row.name) + [nil] {
            for reason in RefusedDelivery.Reason.allCases
            where registry == nil || reason != .unknownRegistry {
                let known = refused.first { $0.registry == registry && $0.reason == reason }
                family.add(
                    known?.count ?? 0,
                    ["registry": registry ?? "", "reason": reason.rawValue]
                )
            }
        }
        return family
    }

    private func coverage() async throws -> [MetricFamily] {
        var since = MetricFamily(
            "covered_since_timestamp_seconds",
            .gauge,
            "Every access is known since then."
        )
        var uncovered = MetricFamily(
            "uncovered_seconds",
            .gauge,
            "Time within `history`, since the registry was first known, that was not heard."
        )
        var losses = MetricFamily(
            "known_losses",
            .gauge,
            "Times within `history` for which accesses are known to be lost."
        )
        for target in deployment.targets {
            let labels: KeyValuePairs = ["registry": target.row.name]
            let coverage = try await deployment.cleaner.planMaker.coverage(target, now)
            losses.add(coverage.losses.count, labels)
            let answer = coverage.answer(window: .hours(1), now: now)
            if let start = answer.coveredSince, answer.coveredUntil == nil {
                since.add(start.inSeconds, labels)
            }
            guard let known = try await deployment.ledger.firstKnown(of: target.row) else {
                continue
            }
            let start = max(known, now - deployment.settings.history)
            let span = coverage.uncovered(from: start, to: now)
            uncovered.add(Double(span.milliseconds) / 1_000, labels)
        }
        return [since, uncovered, losses]
    }

    private func probes(_ registries: [LedgerMetrics.Registry]) async throws -> [MetricFamily] {
        var up = MetricFamily("probe_up", .gauge, "1 while probes of the registry come back.")
        var returned = MetricFamily(
            "probe_returned_timestamp_seconds",
            .gauge,
            "When the newest probe that came back was sent."
        )
        for target in deployment.targets {
            let gap = try await deployment.prober.gap(of: target)
            up.add(gap == nil ? 1 : 0, ["registry": target.row.name])
        }
        for registry in registries {
            guard let time = registry.lastReturnedProbe else { continue }
            returned.add(time.inSeconds, ["registry": registry.name])
        }
        return [up, returned]
    }

    // MARK: Registries and runs

    private static func held(_ registries: [LedgerMetrics.Registry]) -> [MetricFamily] {
        var repositories = MetricFamily("repositories", .gauge, "Repositories that are known.")
        var tags = MetricFamily("tags", .gauge, "Tags that are there.")
        var untagged = MetricFamily("untagged_manifests", .gauge, "Manifests that nothing holds.")
        var bytes = MetricFamily(
            "registry_bytes",
            .gauge,
            "Sizes of all blobs that manifests refer to."
        )
        var quarantined = MetricFamily(
            "quarantine_bytes",
            .gauge,
            "Out of the registry's sight and not yet off the disk."
        )
        for registry in registries {
            repositories.add(registry.repositories, ["registry": registry.name])
            tags.add(registry.tags, ["registry": registry.name])
            untagged.add(registry.untagged, ["registry": registry.name])
            bytes.add(registry.bytes, ["registry": registry.name])
            quarantined.add(registry.quarantinedBytes, ["registry": registry.name])
        }
        return [repositories, tags, untagged, bytes, quarantined]
    }

    private func runs(
        _ runs: [LedgerMetrics.Runs],
        former: [String: Int]
    ) -> [MetricFamily] {
        var all = MetricFamily("runs", .gauge, "Plans and runs, by what asked for them and state.")
        for run in runs { all.add(run.count, ["cause": run.cause, "state": run.state]) }
        var fired = MetricFamily("trigger_runs_total", .counter, "Runs that a trigger asked for.")
        for trigger in deployment.settings.triggers {
            let known = runs.filter { $0.cause == trigger.name }.reduce(0) { $0 + $1.count }
            let count = known + (former[trigger.name] ?? 0)
            fired.add(count, ["trigger": trigger.name])
        }
        return [all, fired]
    }

    private static func events(
        _ events: [LedgerMetrics.Events],
        of registries: [LedgerMetrics.Registry]
    ) -> [MetricFamily] {
        var all = MetricFamily("events_total", .counter, "Events, as /events tells them.")
        var items = MetricFamily("pruned_items_total", .counter, "What was removed.")
        var released = MetricFamily(
            "released_bytes_total",
            .counter,
            "Bytes that no manifest refers to any more."
        )
        var reclaimed = MetricFamily(
            "reclaimed_bytes_total",
            .counter,
            "Bytes that were really freed."
        )
        var regrets = MetricFamily(
            "regrets_total",
            .counter,
            "Removed things that somebody asked for afterwards, each once."
        )
        for event in events {
            let labels: KeyValuePairs = ["registry": event.actor, "type": event.type]
            all.add(
                event.count,
                ["registry": event.actor, "type": event.type, "action": event.action]
            )
            guard event.action == "prune" else { continue }
            items.add(event.items, labels)
            released.add(event.released, labels)
            reclaimed.add(event.reclaimed, labels)
        }
        for registry in registries {
            // From the first scrape on: an alarm needs a number that grows.
            for type in ["tag", "manifest", "blob"] {
                let known = events.first {
                    $0.action == "regret" && $0.type == type && $0.actor == registry.name
                }
                regrets.add(known?.count ?? 0, ["registry": registry.name, "type": type])
            }
        }
        return [all, items, released, reclaimed, regrets]
    }

    // MARK: Webhooks

    private func webhooks() async throws -> [MetricFamily] {
        var delivered = MetricFamily(
            "webhook_deliveries_total",
            .counter,
            "Events that a webhook took."
        )
        var failures = MetricFamily("webhook_failures_total", .counter, "Attempts that failed.")
        var pending = MetricFamily("webhook_pending", .gauge, "Events that are still to be sent.")
        var failed = MetricFamily("webhook_failed", .gauge, "Events that were given up.")
        var up = MetricFamily("webhook_up", .gauge, "0 while a webhook is not reached.")
        for webhook in try await deployment.webhookStates() {
            delivered.add(webhook.delivered, ["webhook": webhook.name])
            failures.add(webhook.failures, ["webhook": webhook.name])
            pending.add(webhook.pending, ["webhook": webhook.name])
            failed.add(webhook.failed, ["webhook": webhook.name])
            let isUp = webhook.attempts == 0 && webhook.stoppedAt == nil
            up.add(isUp ? 1 : 0, ["webhook": webhook.name])
        }
        return [delivered, failures, pending, failed, up]
    }
}

extension Timestamp {
    fileprivate var inSeconds: Double { Double(milliseconds) / 1_000 }
}
