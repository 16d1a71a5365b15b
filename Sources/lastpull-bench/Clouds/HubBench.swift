import AccessLedger
import Foundation
import RegistryModel
import TestSupport

/// Deletes at a Docker Hub that permits 650 a minute, in twenty times its time.
struct HubBench {
    let tags: Int
    let stale: Int

    func measure() async throws -> [Figure] {
        let hub = try await FakeHub.start()
        let (tags, stale) = (tags, stale)
        await hub.set { hub in
            hub.recordsRequests = false
            hub.limit = RequestLimit(
                capacity: Self.perMinute,
                perSecond: Self.perMinute / 60 * Self.speed
            )
            for seed in 0..<tags {
                let pulled = Date(timeIntervalSinceNow: -86_400 * (seed < stale ? 90 : 1))
                hub.add(
                    "team/api",
                    "v\(seed)",
                    seed: seed,
                    pushed: Date(timeIntervalSinceNow: -86_400 * 120 - Double(seed)),
                    pulled: pulled
                )
            }
        }
        let scene = try CloudScene(
            kind: "dockerhub",
            url: hub.url,
            user: "ci-bot",
            secret: "dckr_pat_secret",
            keep: "{ accessed: { within: 30d } }"
        )
        defer { scene.workplace.remove() }
        let run = try await CloudScene.clean(scene.config)
        let (limit, deletes, deleted) = await (hub.limit, hub.deletes, hub.deleted)
        await hub.stop()
        guard let limit, let deletes, deleted == stale, run.items.count == stale else {
            throw BenchError("\(deleted) of \(stale) tags were deleted: \(run.note)")
        }
        let seconds = (deletes.last - deletes.first) / .seconds(1)
        // All that could have gone in that time, what was saved up before it included.
        let permitted = Self.perMinute + Self.perMinute / 60 * Self.speed * seconds
        let share = 100 * Double(deleted) / permitted
        let refused = 100 * Double(limit.refused) / Double(limit.permitted + limit.refused)
        Output.tell("hub: \(deleted) deletes in \(seconds) s, \(limit.refused) refused")
        return [
            Figure(
                "Docker Hub at 20 × 650 deletes a minute",
                "\(stale) stale tags of \(tags): of the permitted rate",
                share,
                "%",
                goal: "at least 95 %",
                isMet: share >= 95
            ),
            Figure(
                "the same",
                "deletes refused with 429",
                refused,
                "%",
                goal: "at most 2 %",
                isMet: refused <= 2
            ),
        ]
    }

    private static let perMinute = 650.0
    private static let speed = 20.0
}
