import EventDecoding
import Testing

/// Every sample decodes to what stands beside it.
struct FixtureTests {
    @Test(arguments: try Fixture.all("events"))
    func decodesNotificationsAsExpected(_ fixture: Fixture) throws {
        let decoded = NotificationEnvelope.decode(try fixture.body)
        #expect(BodySummary(decoded) == (try fixture.expected))
    }

    @Test(arguments: try Fixture.all("logs"))
    func decodesLogsAsExpected(_ fixture: Fixture) throws {
        let decoded = AccessLog.decode(try fixture.body, format: nil)
        #expect(BodySummary(decoded) == (try fixture.expected))
    }

    /// Indentation and line ends are the sender's affair.
    @Test(arguments: try Fixture.all("logs"))
    func readsLogsWithWindowsLineEnds(_ fixture: Fixture) throws {
        let body = try fixture.body.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        #expect(BodySummary(AccessLog.decode(body, format: nil)) == (try fixture.expected))
    }
}
