import EventDecoding
import RegistryModel
import Testing

struct EventKeyTests {
    @Test(arguments: [
        "0123456789abcdef0123456789ABCDEF", "01234567-89ab-cdef-0123-456789abcdef",
        "01234567-89AB-CDEF-0123-456789ABCDEF",
    ])
    func isTheUUIDHoweverWritten(_ id: String) throws {
        let key = try EventSample(id: "\"\(id)\"").access.key
        #expect(key == EventKey(high: 0x0123_4567_89AB_CDEF, low: 0x0123_4567_89AB_CDEF))
    }

    /// SHA-256 of "event-1" begins with these bytes.
    @Test func isTheHashOfAnyOtherId() throws {
        let key = try EventSample(id: "\"event-1\"").access.key
        #expect(key == EventKey(high: 0xCE36_863F_51B6_BAF9, low: 0xD163_97FF_B3E9_AF50))
    }

    @Test(arguments: ["0123456789abcdef0123456789abcdeg", "0123456-789ab-cdef-0123-456789abcdef"])
    func isNotHalfAUUID(_ id: String) throws {
        let key = try EventSample(id: "\"\(id)\"").access.key
        let other = try EventSample(id: "\"\(id) \"").access.key
        #expect(key != other && key.high != 0x0123_4567_89AB_CDEF)
    }

    /// Without an id the same event is still counted once, and another one by itself.
    @Test(arguments: [nil, "null", "\"\""])
    func isTheHashOfTheEventWithoutId(_ id: String?) throws {
        let event = EventSample(id: id)
        #expect(try event.access.key == event.access.key)
        var other = event
        other.tag = "\"v2\""
        #expect(try event.access.key != other.access.key)
    }
}
