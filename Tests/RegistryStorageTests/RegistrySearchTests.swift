import Foundation
import TestSupport
import Testing

@testable import RegistryStorage

struct RegistrySearchTests {
    /// How a shell becomes another process, and whether that one is called as a registry is.
    private static let calls: [(call: String, isFound: Bool)] = [
        ("exec -a /opt/registry sleep 600", true),
        ("exec -a docker-registry sleep 600", true),
        ("exec -a /opt/build-of-distribution sleep 600", true),
        ("exec -a \(String(repeating: "/deep", count: 800))/registry sleep 600", true),
        ("exec -a /srv/registry-data/tool sleep 600", false),
        ("exec -a '' sleep 600", false),
    ]

    @Test(arguments: calls)
    func findsARegistryByWhatItIsCalled(_ call: String, _ isFound: Bool) async throws {
        let process = try Self.shell(call)
        let pid = process.processIdentifier
        // A child may have its parent's signals blocked, but for this one.
        defer { kill(pid, SIGKILL) }
        try await Self.untilCalledOtherwise(pid)
        let search = RegistrySearch()
        #expect(search.doubt == nil)
        #expect(search.candidates.contains { $0.pid == pid } == isFound)
    }

    @Test func tellsAllArgumentsHoweverMany() async throws {
        let long = String(repeating: "x", count: 20_000)
        let process = try Self.shell(
            "exec -a registry bash -c 'read; :' serve \(long) settings.yml"
        )
        let pid = process.processIdentifier
        defer { kill(pid, SIGKILL) }
        try await Self.untilCalledOtherwise(pid)
        let found = RegistrySearch().candidates.first { $0.pid == pid }
        #expect(
            found?.arguments == ["registry", "-c", "read; :", "serve", long, "settings.yml"]
        )
    }

    // Registries come and go on a machine. One that has ended, of whatever storage, hides nothing: by
    // it a restart of ours would prove nothing for this turn.
    @Test func whatHasEndedSinceIsNoDoubt() async throws {
        let root = try TreeScene().root()
        // Only the last reference waits for it: till then it has ended, and is still listed.
        let process = try ChildProcess("/bin/bash", ["-c", "exec -a docker-registry sleep 600"])
        try await Self.untilCalledOtherwise(process.id)
        let found = RegistrySearch().candidates.filter { $0.pid == process.id }
        let unreadable = "the settings of process \(process.id) can't be read"
        #expect(RegistryPresence.onStorage(root, found, nil) == .unknown(unreadable))
        kill(process.id, SIGKILL)
        try await eventually("it has ended") {
            RegistryPresence.contents("/proc/\(process.id)/cmdline")?.isEmpty ?? true
        }
        #expect(RegistryPresence.onStorage(root, found, nil) != .unknown(unreadable))
        try await process.wait(within: .seconds(15))
        #expect(RegistryPresence.onStorage(root, found, nil) != .unknown(unreadable))
    }

    private static func shell(_ call: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", call]
        process.standardInput = Pipe()
        try process.run()
        return process
    }

    private static func untilCalledOtherwise(_ pid: Int32) async throws {
        try await eventually("the shell became another process") {
            RegistryPresence.contents("/proc/\(pid)/cmdline")
                .map { !$0.isEmpty && !$0.starts(with: Array("/bin/bash\0-c".utf8)) } ?? false
        }
    }
}
