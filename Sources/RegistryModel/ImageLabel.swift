/// A label of an image's configuration.
package struct ImageLabel: Sendable, Hashable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// The labels of a manifest, or of all that an index holds.
package struct LabelFacts: Sendable, Equatable {
    package var labels: Set<ImageLabel>
    /// Whether there may be more: a configuration is not read yet, or can't be.
    package var isIncomplete: Bool

    package init(labels: Set<ImageLabel> = [], isIncomplete: Bool = false) {
        self.labels = labels
        self.isIncomplete = isIncomplete
    }

    /// What an index takes over from what it holds.
    package mutating func add(_ other: LabelFacts) {
        labels.formUnion(other.labels)
        isIncomplete = isIncomplete || other.isIncomplete
    }
}
