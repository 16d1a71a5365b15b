import AccessLedger
import RegistryModel
import RetentionPlanning
import Testing

@testable import Cleanup

/// Whose turn it is among triggers that have fired for one registry.
struct FiringLineTests {
    private func firing(_ name: String, measured: String = "") -> Firing {
        Firing(
            trigger: Trigger(name: name, measure: .every(.hours(1))),
            registry: "local",
            measured: measured,
            goal: .everything,
            needed: 0
        )
    }

    private func next(_ line: inout FiringLine) -> String? { line.popFirst()?.trigger.name }

    @Test func whoComesFirstIsServedFirst() {
        var line = FiringLine()
        for name in ["a", "b", "c"] { line.append(firing(name)) }
        #expect(next(&line) == "a")
        // It fires again, and two wait.
        line.append(firing("a"))
        #expect([next(&line), next(&line), next(&line), next(&line)] == ["b", "c", "a", nil])
    }

    @Test func whoFiresAgainKeepsItsPlaceWithTheNewerNumbers() {
        var line = FiringLine()
        line.append(firing("a", measured: "1"))
        line.append(firing("b"))
        line.append(firing("a", measured: "2"))
        #expect(line.all.count == 2)
        #expect(line.popFirst()?.measured == "2")
        #expect([next(&line), next(&line)] == ["b", nil])
    }

    // Each repository takes turns, too; and what is over takes no memory.
    @Test func manyInTurn() {
        var line = FiringLine()
        let names = (0..<1_000).map { "\($0)" }
        for name in names { line.append(firing(name)) }
        for name in names + names {
            #expect(next(&line) == name)
            line.append(firing(name))
        }
        #expect(line.all.count == 1_000)
    }
}
