import RegistryModel
import Testing

struct RunNameTests {
    @Test func sortsByTime() {
        let early = RunName(time: Timestamp(milliseconds: 1_000), random: (.max, .max))
        let late = RunName(time: Timestamp(milliseconds: 1_001), random: (0, 0))
        #expect(early < late)
    }

    /// github.com/ulid/spec: ten characters of time, sixteen of chance, in Crockford's base 32.
    @Test func isWrittenAsTheSpecificationSays() {
        let time = Timestamp(milliseconds: 1_469_918_176_385)
        #expect(RunName(time: time, random: (0, 0)).description == "01ARYZ6S410000000000000000")
        #expect(
            RunName(time: time, random: (.max, .max)).description == "01ARYZ6S41ZZZZZZZZZZZZZZZZ"
        )
        #expect(
            RunName(time: Timestamp(milliseconds: -1), random: (1, 1)).description
                == "0000000000000G000000000001"
        )
    }

    @Test func readsWhatItWroteInEitherCase() {
        let name = RunName(time: Timestamp(milliseconds: 1_469_918_176_385), random: (77, 7))
        #expect(RunName(name.description) == name)
        #expect(RunName(name.description.lowercased()) == name)
    }

    @Test(arguments: [
        "", "01ARYZ6S41", "01ARYZ6S4100000000000000000", "01ARYZ6S41000000000000000I",
        "01ARYZ6S41000000000000000-", "01ARYZ6S410000000000000 00", "01ARYZ6S41000000000000000ſ",
        "01ARYZ6S4100000000000000ß",
    ])
    func refusesOtherTexts(_ text: String) {
        #expect(RunName(text) == nil)
    }
}

struct SecretTests {
    @Test func doesNotPrintItself() {
        let secret = Secret("hunter2")
        let shown = "\(secret) \(String(reflecting: secret)) \(String(describing: [secret]))"
        #expect(!shown.contains("hunter2") && shown.contains("<redacted>"))
    }

    @Test func matchesItselfOnly() {
        let secret = Secret("hunter2")
        #expect(secret.matches("hunter2") && secret.matches("xhunter2".dropFirst()))
        for other in ["", "hunter", "hunter22", "Hunter2", "hunter3", "hunter2hunter2"] {
            #expect(!secret.matches(other))
        }
        #expect(!Secret("").matches("x") && Secret("").matches(""))
    }
}

struct OwnUserAgentTests {
    @Test func isRecognised() {
        #expect(OwnUserAgent.matches(OwnUserAgent.product))
        #expect(OwnUserAgent.matches(OwnUserAgent.probe("x1")))
        #expect(OwnUserAgent.matches("lastpull/9.9"))
        for other in [nil, "", "lastpull", "containerd/v2.0.2", "x lastpull/0.1.0"] {
            #expect(!OwnUserAgent.matches(other))
        }
    }

    @Test func carriesTheNameOfAProbe() {
        #expect(OwnUserAgent.probeName(OwnUserAgent.probe("01JD-x")) == "01JD-x")
        for other in [
            nil, "", OwnUserAgent.product, "curl/8 probe/x", "lastpull/0.1.0 x probe/y",
            "lastpull/0.1.0 probes/x",
        ] {
            #expect(OwnUserAgent.probeName(other) == nil)
        }
    }
}
