/// Why something is kept or removed; the constants that JSON and people see.
package enum Reason: String, CaseIterable, Sendable, Hashable {
    /// Kept: no policy is for its repository.
    case noPolicy
    /// Kept: its policy has no `keep` rule, and does not say `keep: none`.
    case noKeepRule
    /// Kept: the clock leapt, and nobody knows yet whether it is right.
    case clockInDoubt
    /// Kept: the registry itself refuses to delete it until somebody unlocks it.
    case locked
    /// Kept: pushed, or first seen, a short while ago.
    case freshPush
    /// Kept: among the newest tags of its repository.
    case newest
    /// Kept: a pattern of the policy names the tag.
    case tagPattern
    /// Kept: a version that is among the newest of its repository.
    case version
    /// Kept: a label of its image configuration is one that the policy names.
    case label
    /// Kept: its labels are not known, not read yet, or not readable.
    case labelsUnread
    /// Kept: somebody asked for something of its like that was removed a short while ago.
    case regretted
    /// Kept: it was used often enough.
    case accessed
    /// Kept: not all accesses of the window were heard, so silence proves nothing.
    case historyIncomplete
    /// Kept: what the tag points to is not known, not read yet, or not readable.
    case manifestUnread
    /// Kept: some manifest of the repository could not be read, and may refer to it.
    case repositoryUnreadable
    /// Kept: its repository could not be listed, so what is known of it may be old.
    case repositoryUnlisted
    /// Kept: an index that stays holds it.
    case inKeptIndex
    /// Kept: it belongs to a manifest that stays, as a signature or another referrer.
    case referrerOfKept
    /// Kept: a tag that stays points to it.
    case taggedManifest
    /// Kept: it lost its tag, or was first seen, a short while ago.
    case untaggedRecently
    /// Kept: younger than the age that was asked for.
    case newerThanAsked
    /// Kept: as many as were asked for are removed already.
    case overMaximum
    /// Kept: the low mark is reached without it, or its removal would release no byte towards it.
    case notNeeded
    /// Removed: used less often than its policy asks, over a window that was heard whole.
    case notAccessed
    /// Removed: no rule of its policy protects it.
    case notProtected
    /// Removed: no tag, no index and no subject holds it, and nobody used it.
    case untagged
    /// Removed: every index that held it is removed.
    case removedWithIndex
    /// Removed: the manifest that it belongs to is removed.
    case removedWithSubject

    /// Whether something is removed for it, rather than kept.
    package var isRemoval: Bool {
        switch self {
        case .notAccessed, .notProtected, .untagged, .removedWithIndex, .removedWithSubject: true
        default: false
        }
    }
}

/// What becomes of an image, with one line of numbers for people.
package enum Verdict: Sendable, Hashable {
    case keep(Reason, detail: String)
    case remove(Reason, detail: String)

    package var reason: Reason {
        switch self {
        case .keep(let reason, _), .remove(let reason, _): reason
        }
    }

    package var detail: String {
        switch self {
        case .keep(_, let detail), .remove(_, let detail): detail
        }
    }

    package var isRemoval: Bool {
        switch self {
        case .keep: false
        case .remove: true
        }
    }
}

/// One rule that was looked at for an image.
package struct RuleOutcome: Sendable, Hashable {
    /// The constant of the reason for which the rule keeps.
    package var rule: String
    /// Whether it keeps the image.
    package var holds: Bool
    /// One line of numbers.
    package var detail: String

    package init(rule: String, holds: Bool, detail: String) {
        self.rule = rule
        self.holds = holds
        self.detail = detail
    }
}
