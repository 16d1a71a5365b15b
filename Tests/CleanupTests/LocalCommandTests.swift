import Foundation
import Synchronization
import Testing

@testable import Cleanup

/// Commands of the operator's, whatever they say and leave behind.
struct LocalCommandTests {
    private func run(
        _ script: String,
        within limit: Duration? = .seconds(20),
        until interruption: Interruption = Interruption()
    ) async throws -> (outcome: LocalCommand.Outcome, lines: [String]) {
        let lines = Mutex<[String]>([])
        let outcome = try await LocalCommand.run(
            ["sh", "-c", script],
            within: limit,
            until: interruption
        ) { line in
            lines.withLock { $0.append(line) }
        }
        return (outcome, lines.withLock(\.self))
    }

    // More than a pipe holds, and not one line end.
    @Test func allThatItSaysIsRead() async throws {
        let (outcome, lines) = try await run("head -c 300000 /dev/zero")
        #expect(outcome == .ended(0))
        #expect(lines.map(\.utf8.count).reduce(0, +) == 300_000)
    }

    // A registry that a script starts in the background keeps the script's output.
    @Test func whatItLeavesBehindIsNotWaitedFor() async throws {
        let (outcome, lines) = try await run("sleep 30 & echo started; echo $!")
        #expect(outcome == .ended(0))
        #expect(lines.first == "started")
        let child = try #require(lines.last.flatMap { Int32($0) })
        #expect(kill(child, SIGKILL) == 0, "it was ended with the command")
    }

    @Test(arguments: [("exit 3", 3), ("kill -9 $$", 137), ("exec /no/such/command", 127)])
    func tellsHowItEnded(script: String, status: Int) async throws {
        #expect(try await run(script).outcome == .ended(status))
    }

    @Test(arguments: ["exec sleep 60", "trap '' TERM; while :; do sleep 1; done"])
    func isEndedWhenItsTimeIsOver(script: String) async throws {
        let outcome = try await run("echo $$; \(script)", within: .milliseconds(200))
        #expect(outcome.outcome == .tookTooLong)
        let pid = try #require(outcome.lines.first.flatMap { Int32($0) })
        #expect(kill(pid, 0) != 0)
    }

    @Test func isNotBegunWhenSomebodyWantsToStop() async throws {
        let interruption = Interruption()
        interruption.raise()
        let (outcome, lines) = try await run("echo begun", until: interruption)
        #expect(outcome == .interrupted)
        #expect(lines.isEmpty)
    }

    @Test func aCancellationEndsIt() async throws {
        let task = Task { try await run("exec sleep 60", within: nil).outcome }
        task.cancel()
        #expect(try await task.value == .interrupted)
    }
}
