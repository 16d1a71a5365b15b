import Foundation
import TestSupport
import Testing

/// `lastpull explain --json`, as far as tests look.
struct Explanation: Decodable {
    let verdict: String
    let reason: String
    let lastAccess: Int64?
    let accesses: Int
    let coveredSince: Int64?

    var lastAccessDate: Date? {
        lastAccess.map { Date(timeIntervalSince1970: Double($0) / 1_000) }
    }
}

/// `lastpull plan --json`, as far as tests look.
struct PlanAnswer: Decodable {
    struct Item: Decodable {
        let repository: String
        let tag: String?
        let state: String
    }

    let items: [Item]
    let keptReasons: [String: Int]

    /// What would go, as `REPOSITORY:TAG`.
    var images: [String] { items.map { "\($0.repository):\($0.tag ?? "-")" }.sorted() }

    /// Whether nothing goes, and at least one image stays only because silence proves nothing.
    var isHeldBack: Bool { items.isEmpty && (keptReasons["historyIncomplete"] ?? 0) > 0 }
}

/// `lastpull ledger stats --json`, as far as tests look.
struct LedgerAnswer: Decodable {
    struct Source: Decodable {
        let registry: String
        let source: String
        let accepted: Int
        let duplicates: Int
        let rejected: Int
    }

    let repositories: Int
    let manifests: Int
    let sources: [Source]
}

/// What `POST /hooks/…` and `POST /logs/…` answer.
struct DeliveryCounts: Decodable, Equatable {
    var accepted = 0
    var duplicates = 0
    var ignored = 0
    var rejected = 0
}

extension LastpullDaemon {
    nonisolated func explain(
        _ image: String,
        registry: String = "local"
    ) async throws -> Explanation {
        try answer(
            await run("explain", image, "--registry", registry, "--json"),
            "explain \(image)"
        )
    }

    nonisolated func plan() async throws -> PlanAnswer {
        try answer(await run("plan", "--registry", "local", "--json"), "plan")
    }

    nonisolated func statistics() async throws -> LedgerAnswer {
        try answer(await run("ledger", "stats", "--json"), "ledger stats")
    }

    /// Posts a body that must be taken, and returns what was made of it.
    nonisolated func deliver(
        _ body: [UInt8],
        to path: String = "hooks/local",
        headers: [String: String] = [:]
    ) async throws -> DeliveryCounts {
        let answer = try await LoopbackHTTP.send(
            "POST",
            "\(url)/\(path)",
            headers: ["Content-Type": "application/json"].merging(headers) { _, new in new },
            body: body
        )
        try #require(answer.status == 202, "POST /\(path): \(answer.status) \(answer.text)")
        return try JSONDecoder().decode(DeliveryCounts.self, from: Data(answer.body))
    }

    nonisolated func deliver(
        _ body: String,
        to path: String = "hooks/local"
    ) async throws -> DeliveryCounts {
        try await deliver(Array(body.utf8), to: path)
    }

    private nonisolated func answer<Answer: Decodable>(
        _ result: Command.Result,
        _ command: String
    ) throws -> Answer {
        guard result.status == 0 else {
            throw HarnessError("lastpull \(command): status \(result.status): \(result.errors)")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }
}
