import AccessLedger
import RegistryModel
import Testing

/// Refused deliveries are counted for people, and touch nothing else.
struct RefusedDeliveryTests {
    @Test func countsAddUpAndTheLastIsKept() async throws {
        let fixture = try await LedgerFixture()
        func one(_ registry: String?, _ count: Int, _ address: String) -> RefusedDelivery {
            RefusedDelivery(
                registry: registry,
                reason: .wrongToken,
                count: count,
                lastAt: fixture.now + .seconds(Int64(count)),
                address: address
            )
        }
        try await fixture.ledger.add([one("local", 1, "10.0.0.1"), one(nil, 2, "10.0.0.2")])
        try await fixture.ledger.add([one("local", 4, "::1"), one("gone", 3, "10.0.0.3")])
        let known = try await fixture.ledger.refusedDeliveries()
        #expect(known.map(\.registry) == [nil, "local"])
        #expect(known.map(\.count) == [5, 5])
        #expect(known.map(\.address) == ["10.0.0.3", "::1"])
        #expect(try await fixture.ledger.firstKnown(of: fixture.registry) == nil)
        #expect(try await fixture.ledger.sources(now: fixture.now).isEmpty)
    }
}
