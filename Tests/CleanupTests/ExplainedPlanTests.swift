import AccessLedger
import RegistryModel
import RetentionPlanning
import TestSupport
import Testing

@testable import Cleanup

/// What `explain` says of an image is what a plan does with it.
struct ExplainedPlanTests {
    // Of every tag and every manifest of many small repositories, whatever holds them.
    @Test func explainsEachImageAsThePlanHasIt() async throws {
        let stock = try await GeneratedStock(repositories: 120)
        let plan = try await stock.plan()
        var verdicts: [String: Int] = [:]
        for image in stock.images {
            let answer = try await stock.explainer.explain(
                image.repository,
                tag: image.tag,
                digest: image.tag == nil ? image.digest : nil,
                of: stock.target
            )
            let isPlanned = plan.contains(image)
            let found = answer.verdict == "remove"
            #expect(found == isPlanned, "\(answer.image): \(answer.reason), \(answer.detail)")
            verdicts["\(answer.verdict) \(answer.reason)", default: 0] += 1
        }
        // Else it would hold for stocks in which nothing belongs to anything.
        let needed = [
            "remove removedWithIndex", "remove removedWithSubject", "remove notAccessed",
            "remove untagged", "keep accessed", "keep inKeptIndex", "keep referrerOfKept",
            "keep taggedManifest", "keep repositoryUnreadable",
        ]
        for verdict in needed { #expect(verdicts[verdict, default: 0] > 5, "\(verdict)") }
    }
}
