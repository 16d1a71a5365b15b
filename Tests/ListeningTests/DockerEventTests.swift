import Publishing
import RegistryModel
import Testing

struct DockerEventTests {
    /// The design's example, byte for byte.
    @Test func itIsWrittenInDockersShape() {
        let event = DockerEvent(
            id: 491_000,
            event: Samples.event(attributes: ["run": "01JD", "reclaimed": "0", "policy": "x"])
        )
        let expected =
            #"{"status":"prune","Type":"blob","Action":"prune","#
            + #""Actor":{"ID":"local","Attributes":{"policy":"x","reclaimed":"0","run":"01JD"}},"#
            + #""scope":"local","time":1595679129,"timeNano":1595679129268491000}"#
        #expect(event.json == expected)
    }

    @Test func textIsEscapedToOneLine() {
        let attributes = ["a\"b": "\\ \n\r\t\u{1}\u{7F}\u{E9}\u{1F600}"]
        let event = DockerEvent(id: 1, event: Samples.event(attributes: attributes))
        let expected = #"{"a\"b":"\\ \n\r\t\u0001"# + "\u{7F}\u{E9}\u{1F600}\"}"
        #expect(event.json.contains(expected))
        #expect(!event.json.contains("\n"))
    }

    /// Clients resume from the last `timeNano` they saw.
    @Test func eventsOfOneMillisecondAreToldApartAndOrdered() {
        let events = (1...3).map { DockerEvent(id: $0, event: Samples.event()) }
        #expect(events.map(\.moment.nanoseconds).map { $0 % 1_000_000 } == [1, 2, 3])
        #expect(DockerEvent(id: 1_000_002, event: Samples.event()).moment == events[1].moment)
    }
}
