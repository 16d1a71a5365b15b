import HTTPTypes
import Publishing
import RegistryModel
import Testing

struct EventFilterTests {
    private let event = Samples.event(
        attributes: [
            "registry": "local", "run": "r1", "trigger": "disk", "policy": "cache", "a": "1",
        ]
    )

    @Test(arguments: [
        "", "{}", #"{"event":["prune"]}"#, #"{"event":{"prune":true}}"#,
        #"{"event":{"prune":false}}"#, #"{"event":["plan","prune"]}"#, #"{"type":["blob","tag"]}"#,
        #"{"type":[]}"#, #"{"label":["a"]}"#, #"{"label":["a=1"]}"#, #"{"label":["b","a=1"]}"#,
        #"{"registry":["local"],"run":["r1"],"trigger":["disk"],"policy":["cache"]}"#,
        #"{"event":{"prune":true},"type":{"blob":true}}"#, #"{"scope":["local"]}"#,
        #"{"scope":["swarm","local"]}"#, #"{"image":["local"]}"#, #"{"daemon":["loc"]}"#,
        #"{"container":[]}"#, #"{"node":{}}"#,
    ])
    func wantsTheEvent(text: String) throws {
        #expect(try EventFilter(text).matches(event))
    }

    @Test(arguments: [
        #"{"event":["plan"]}"#, #"{"event":["prun"]}"#, #"{"type":["tag"]}"#,
        #"{"event":["prune"],"type":["tag"]}"#, #"{"label":["b"]}"#, #"{"label":["a=2"]}"#,
        #"{"label":["a="]}"#, #"{"registry":["other"]}"#, #"{"run":["r"]}"#,
        #"{"event":{"prune":true},"policy":{"other":true}}"#, #"{"scope":["swarm"]}"#,
        #"{"image":["loc"]}"#, #"{"image":["team/api"]}"#, #"{"container":["web"]}"#,
        #"{"daemon":["other"]}"#, #"{"event":["prune"],"node":["n1"]}"#, #"{"volume":["v"]}"#,
        #"{"network":["n"]}"#, #"{"plugin":["p"]}"#, #"{"service":["s"]}"#, #"{"secret":["s"]}"#,
        #"{"config":["c"]}"#,
    ])
    func doesNotWantTheEvent(text: String) throws {
        #expect(try !EventFilter(text).matches(event))
    }

    @Test(arguments: ["prune", "[]", "{", #"{"event":"prune"}"#, #"{"event":{"prune":"yes"}}"#])
    func refusesWhatIsNoFilter(text: String) {
        let error = #expect(throws: EventRefusal.self) { try EventFilter(text) }
        #expect(error?.reason.hasPrefix("filters are not understood") == true)
        #expect(error?.status == .badRequest)
    }

    @Test func refusesAnUnknownKeyByItsName() {
        let error = #expect(throws: EventRefusal.self) {
            try EventFilter(#"{"event":["prune"],"colour":["red"]}"#)
        }
        #expect(error?.reason.hasPrefix("invalid filter 'colour'") == true)
        #expect(error?.status == .badRequest)
    }
}
