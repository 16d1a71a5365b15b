import RegistryModel

/// What comes over HTTP: its senders keep what is refused, and send it again.
struct RepeatableIntake: AccessSink {
    let intake: Intake

    func knows(registry: String) -> Bool { intake.knows(registry: registry) }

    func record(
        _ body: DecodedBody,
        from source: AccessSource,
        of registry: String
    ) async throws -> DeliveryAnswer {
        try await intake.record(body, from: source, of: registry, isRepeatable: true)
    }
}
