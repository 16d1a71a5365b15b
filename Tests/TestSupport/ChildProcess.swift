import Foundation
package import Glibc
import Synchronization

/// A process of a test's own, that does not outlive this object.
///
/// It starts with default signal handling and no open files but its three streams. Waiting never
/// blocks a thread. It is killed, and waited for, when the last reference goes.
package final class ChildProcess: Sendable {
    package let id: pid_t
    /// Nil while it runs.
    private let ending = Mutex<Int32?>(nil)

    /// Starts `executable`, a path.
    ///
    /// `environment` is set on top of this process's own. `input` is the path of the file to read
    /// as standard input; `output` and `errors` are those that the two streams are appended to.
    package init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null",
        output: String = "/dev/null",
        errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        let appending = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output, appending, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, appending, 0o600)
        for descriptor in Self.openDescriptors where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        Self.resetSignals(&attributes)

        let argumentList = CStrings([executable] + arguments)
        let variables = CStrings(Self.variables(environment))
        var started: pid_t = 0
        let status = posix_spawn(
            &started,
            executable,
            &actions,
            &attributes,
            argumentList.pointers,
            variables.pointers
        )
        guard status == 0 else {
            throw HarnessError("can't start \(executable): \(String(cString: strerror(status)))")
        }
        id = started
    }

    deinit {
        guard exitStatus == nil else { return }
        Glibc.kill(id, SIGKILL)
        var status: Int32 = 0
        while waitpid(id, &status, 0) == -1, errno == EINTR {}
    }

    /// The exit status, 128 plus the number of the signal that ended it, or nil while it runs.
    package var exitStatus: Int32? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            guard waitpid(id, &status, WNOHANG) == id else { return nil }
            let signal = status & 0x7f
            ending = signal == 0 ? (status >> 8) & 0xff : 128 + signal
            return ending
        }
    }

    /// Whether a signal has stopped it, and none has let it go on (Linux, `/proc/PID/stat`).
    package var isStopped: Bool {
        let text = TextFile.read("/proc/\(id)/stat")
        guard let end = text.lastIndex(of: ")") else { return false }
        return text[text.index(after: end)...].split(separator: " ").first == "T"
    }

    /// Throws when it has ended, for a condition that waits for something of it.
    package func checkIsRunning() throws {
        guard let exitStatus else { return }
        throw HopelessError("process \(id) ended with status \(exitStatus)")
    }

    /// Sends a signal, or does nothing when the process has ended.
    package func send(_ signal: Int32) {
        guard exitStatus == nil else { return }
        Glibc.kill(id, signal)
    }

    /// Waits for the end and returns the exit status; throws when it takes longer than `limit`.
    @discardableResult
    package func wait(within limit: Duration) async throws -> Int32 {
        try await eventualValue("end of process \(id)", within: limit, every: .milliseconds(5)) {
            exitStatus
        }
    }

    /// Sends SIGTERM and waits for the end.
    @discardableResult
    package func terminate(within limit: Duration = .seconds(15)) async throws -> Int32 {
        send(SIGTERM)
        return try await wait(within: limit)
    }

    /// Sends SIGKILL and waits for the end.
    package func kill() async throws {
        send(SIGKILL)
        try await wait(within: .seconds(15))
    }

    /// A test runner may ignore SIGPIPE and the like; a child must not start out so.
    private static func resetSignals(_ attributes: inout posix_spawnattr_t) {
        var all = sigset_t()
        sigfillset(&all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        let flags = Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    /// Not every library marks its sockets to be closed in children; one that has closed
    /// meanwhile does no harm.
    private static var openDescriptors: [Int32] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return (names ?? []).compactMap { Int32($0) }
    }

    private static func variables(_ changes: [String: String]) -> [String] {
        Command.environment.merging(changes) { _, new in new }.map { "\($0.key)=\($0.value)" }
    }
}

/// An array of C strings that ends in null, as `posix_spawn` takes it.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
