/// What became of one delivery (design, section 6.3).
package struct DeliveryAnswer: Sendable, Equatable {
    package var accepted: Int
    package var duplicates: Int
    package var ignored: Int
    package var rejected: Int

    package init(accepted: Int = 0, duplicates: Int = 0, ignored: Int = 0, rejected: Int = 0) {
        self.accepted = accepted
        self.duplicates = duplicates
        self.ignored = ignored
        self.rejected = rejected
    }
}

/// Where decoded bodies go: the listener's view of the ledger.
package protocol AccessSink: Sendable {
    /// Whether a registry of this name is in the settings.
    func knows(registry: String) -> Bool

    /// Records a body, and returns only when it is safe on the disk.
    ///
    /// - Throws: When it could not be recorded; nothing of it is recorded then, and the sender is to
    ///   try again.
    func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer
}
