import Foundation
import RegistryModel
import Testing

@testable import RegistryStorage

struct MachineMomentTests {
    private let taken = MachineMoment(boot: "a", uptime: 5_000)

    @Test(
        arguments: [
            ("a", 4_999, false), ("a", 5_000, false), ("a", 5_001, true), ("b", 1, true),
        ] as [(String, Int64, Bool)]
    )
    func isAfter(_ boot: String, _ uptime: Int64, _ isAfter: Bool) {
        #expect(MachineMoment(boot: boot, uptime: uptime).isAfter(taken) == isAfter)
    }

    // A process that starts now is not before what was read first, and not after what is read next,
    // but for the hundredth of a second in which the system tells it.
    @Test func agreesWithTheStartOfAProcess() throws {
        let before = try #require(MachineMoment.now)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sleep")
        process.arguments = ["30"]
        try process.run()
        defer { process.terminate() }
        let after = try #require(MachineMoment.now)
        let ticks = try #require(RegistryPresence.startTicks(of: process.processIdentifier))
        let start = try #require(MachineMoment.start(ofTicks: ticks))
        #expect(start.boot == before.boot)
        #expect(start.uptime >= before.uptime - 10)
        #expect(start.uptime <= after.uptime)
    }
}
