import Foundation
import RegistryModel
package import RetentionPlanning

/// What a cleanup is planned over; stored with the plan, so that it can be planned again.
package struct CleanupScope: Sendable, Codable, Equatable {
    /// Nil for every registry.
    package var registry: String?
    /// The engine, where it is about one and no registry.
    package var engine: String?
    /// Globs; empty for every repository.
    package var repositories: [String] = []
    package var targets: [String] = ["tags", "untagged"]
    package var olderThanMilliseconds: Int64?
    package var maximum: Int?
    /// How much is needed: `release`, `tags` or `untagged` with a number; nil for everything.
    package var goal: String?
    package var goalAmount: Int64 = 0
    package var waivesEvidence = false
    package var sweepDefault = false
    /// Images named by hand (`delete`): policies are not asked.
    package var images: [String] = []

    package init() {}

    package init(_ text: String) throws {
        self = try JSONDecoder().decode(CleanupScope.self, from: Data(text.utf8))
    }

    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    package mutating func set(_ goal: Goal) {
        switch goal {
        case .everything: self.goal = nil
        case .release(let bytes):
            self.goal = "release"
            goalAmount = bytes
        case .tags(let count):
            self.goal = "tags"
            goalAmount = Int64(count)
        case .untagged(let count):
            self.goal = "untagged"
            goalAmount = Int64(count)
        }
    }

    var planningGoal: Goal {
        switch goal {
        case "release": .release(bytes: goalAmount)
        case "tags": .tags(count: Int(goalAmount))
        case "untagged": .untagged(count: Int(goalAmount))
        default: .everything
        }
    }

    func matches(_ repository: RepositoryName) -> Bool {
        repositories.isEmpty
            || repositories.contains { Glob($0).matches(repository.description) }
    }
}
