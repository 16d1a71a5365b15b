import AccessLedger
import Foundation
import RegistryModel
import TestSupport

/// Deletes at an Azure Container Registry with a latency, 32 at a time.
struct AzureBench {
    let digests: Int
    /// Milliseconds.
    let latency: Int

    func measure() async throws -> [Figure] {
        let azure = try await FakeAzure.start()
        let (digests, latency) = (digests, latency)
        await azure.set { azure in
            azure.recordsRequests = false
            for seed in 0..<digests {
                azure.add(
                    "team/api",
                    tag: "v\(seed)",
                    seed: seed,
                    time: Date(timeIntervalSinceNow: -86_400 * 120)
                )
            }
            azure.beforeAnswer = { azure, method, _ in
                // Reading ten thousand manifests first is not what is measured.
                if method == "DELETE" { azure.latency = .milliseconds(latency) }
            }
        }
        let scene = try CloudScene(
            kind: "acr",
            url: azure.url,
            user: "admin",
            secret: "s3cret",
            keep: "{ pushed: { within: 30d } }"
        )
        defer { scene.workplace.remove() }
        let run = try await CloudScene.clean(scene.config)
        let (deletes, most) = await (azure.deletes, azure.mostDeletesAtOnce)
        await azure.stop()
        guard let deletes, deletes.count == digests, run.state == .done else {
            throw BenchError("\(deletes?.count ?? 0) of \(digests) were deleted: \(run.note)")
        }
        let seconds = (deletes.last - deletes.first) / .seconds(1)
        let rate = Double(digests) / seconds
        let possible = 32_000 / Double(latency)
        Output.tell("azure: \(digests) deletes in \(seconds) s, at most \(most) at a time")
        return [
            Figure(
                "Azure with \(latency) ms of latency, 32 at a time",
                "\(digests) digests: of what that latency permits",
                100 * rate / possible,
                "%",
                goal: "at least 95 %",
                isMet: rate / possible >= 0.95
            ),
            Figure(
                "the same",
                "deletes at a time, at most",
                Double(most),
                "",
                goal: "at most 32",
                isMet: most <= 32
            ),
        ]
    }
}
