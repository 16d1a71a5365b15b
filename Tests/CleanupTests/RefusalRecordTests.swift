import RegistryClients
import RegistryModel
import Testing

@testable import Cleanup

/// What follows from refusals for repositories that are not asked yet.
struct RefusalRecordTests {
    private func name(_ text: String) throws -> RepositoryName {
        try #require(RepositoryName(text))
    }

    private func refusal(_ name: String) -> DeletePowers.Answer {
        .power(.forbidden("try deletes in \(name): not permitted"))
    }

    private func refuse(_ record: inout RefusalRecord, _ names: [String]) throws {
        for text in names {
            record.note(refusal(text), in: try name(text), isOfAll: false)
        }
    }

    // A project that refuses as a whole says nothing of another.
    @Test func aProjectIsGivenUpByItself() throws {
        var record = RefusalRecord()
        try refuse(&record, (1...4).map { "proxy/a\($0)" })
        #expect(record.takenFor(try name("proxy/z")) == nil)
        try refuse(&record, ["proxy/a5"])
        #expect(record.takenFor(try name("proxy/z")) != nil)
        #expect(record.takenFor(try name("team/a")) == nil)
    }

    @Test func whereOneIsPermittedAllAreAsked() throws {
        var record = RefusalRecord()
        record.note(.power(.byTag), in: try name("team/good"), isOfAll: false)
        try refuse(&record, (1...50).map { "team/a\($0)" })
        #expect(record.takenFor(try name("team/z")) == nil)
        #expect(record.takenFor(try name("other/z")) == nil)
    }

    // Other reasons are news each.
    @Test func onlyTheSameRefusalCounts() throws {
        var record = RefusalRecord()
        for number in 1...9 {
            let answer: DeletePowers.Answer =
                number.isMultiple(of: 2) ? .power(.disabled) : refusal("team/a\(number)")
            record.note(answer, in: try name("team/a\(number)"), isOfAll: false)
        }
        #expect(record.takenFor(try name("team/z")) == nil)
    }

    @Test func aRegistryIsGivenUpInTheEnd() throws {
        var record = RefusalRecord()
        try refuse(&record, (1...19).map { "app\($0)" })
        #expect(record.takenFor(try name("zebra")) == nil)
        try refuse(&record, ["app20"])
        #expect(record.takenFor(try name("zebra")) != nil)
    }

    // A registry that is not there need not be asked again.
    @Test func whatSpeaksOfAllHoldsForAll() throws {
        var record = RefusalRecord()
        record.note(.failed("connection refused"), in: try name("team/a"), isOfAll: true)
        let taken = record.takenFor(try name("other/b"))
        guard case .failed(let reason)? = taken else {
            Issue.record("\(String(describing: taken))")
            return
        }
        #expect(reason.hasPrefix("connection refused"))
    }
}
