import CLinux
import Foundation

/// A command of the operator's on this machine.
enum LocalCommand {
    /// How it came to its end.
    enum Outcome: Sendable, Equatable {
        /// With its exit status; 128 and more for a signal.
        case ended(Int)
        /// It was ended, since its time was over.
        case tookTooLong
        /// It was ended, or not begun, since somebody wants to stop.
        case interrupted
    }

    /// Runs it, and hands each line of what it says to `line` as it comes.
    ///
    /// When the command has ended, nothing more is waited for: who it has left behind may hold its
    /// output open for ever. An interruption leaves it some time; a cancellation none.
    static func run(
        _ words: [String],
        within limit: Duration? = nil,
        until interruption: Interruption = Interruption(),
        line: @escaping @Sendable (String) async -> Void
    ) async throws -> Outcome {
        let cancelled = Interruption()
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let work = Task {
            try await offPool { () -> Outcome in
                defer { continuation.finish() }
                guard !interruption.isRaised, !cancelled.isRaised else { return .interrupted }
                var child = try LocalChild(words) { continuation.yield($0) }
                defer { child.close() }
                return child.outcome(within: limit, until: interruption, cancelled)
            }
        }
        return try await withTaskCancellationHandler {
            for await text in lines { await line(text) }
            return try await work.value
        } onCancel: {
            cancelled.raise()
        }
    }
}

/// A process whose output is read while it runs.
private struct LocalChild {
    private let pid: pid_t
    private let output: Int32
    private let tell: (String) -> Void
    private var pending: [UInt8] = []
    private var isOpen = true

    init(_ words: [String], _ tell: @escaping (String) -> Void) throws {
        var ends: [Int32] = [0, 0]
        guard clinux_pipe(&ends) == 0 else { throw Self.failure(errno) }
        defer { Glibc.close(ends[1]) }
        do {
            pid = try Self.spawn(["/usr/bin/env"] + words, output: ends[1])
        } catch {
            Glibc.close(ends[0])
            throw error
        }
        output = ends[0]
        self.tell = tell
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
    }

    /// With nothing to read, no open file, and signals as a shell gives them: ours are not its.
    private static func spawn(_ words: [String], output: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        _ = clinux_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let variables = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        var arguments = words.map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        let problem = posix_spawn(
            &pid,
            words[0],
            &actions,
            &attributes,
            &arguments,
            &environment
        )
        guard problem == 0 else { throw failure(problem) }
        return pid
    }

    private static func failure(_ number: Int32) -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
    }

    func close() { Glibc.close(output) }

    /// Waits for its end, and ends it where it has to.
    mutating func outcome(
        within limit: Duration?,
        until interruption: Interruption,
        _ cancelled: Interruption
    ) -> LocalCommand.Outcome {
        let clock = ContinuousClock()
        let began = clock.now
        var stopped: ContinuousClock.Instant?
        while true {
            listen()
            if let status = exitStatus(WNOHANG) {
                listen()
                if !pending.isEmpty { say() }
                return .ended(status)
            }
            if interruption.isRaised, stopped == nil { stopped = clock.now }
            let isLate = stopped.map { clock.now - $0 >= Self.respite } ?? false
            if cancelled.isRaised || isLate { return end(as: .interrupted) }
            if let limit, clock.now - began >= limit { return end(as: .tookTooLong) }
        }
    }

    /// Asks it to end, then makes it.
    private mutating func end(as outcome: LocalCommand.Outcome) -> LocalCommand.Outcome {
        let clock = ContinuousClock()
        kill(pid, SIGTERM)
        let deadline = clock.now + Self.courtesy
        while clock.now < deadline {
            listen()
            if exitStatus(WNOHANG) != nil { return outcome }
        }
        kill(pid, SIGKILL)
        _ = exitStatus(0)
        return outcome
    }

    private func exitStatus(_ options: Int32) -> Int? {
        var status: Int32 = 0
        guard waitpid(pid, &status, options) == pid else { return nil }
        let signal = Int(status & 0x7F)
        return signal == 0 ? Int((status >> 8) & 0xFF) : 128 + signal
    }

    // MARK: Its output

    /// Takes what there is, and waits a moment where there is nothing.
    private mutating func listen() {
        guard isOpen else {
            usleep(Self.moment * 1_000)
            return
        }
        var wait = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, Int32(Self.moment)) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for _ in 0..<Self.readsAtOnce {
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else {
                isOpen = count < 0 && (errno == EAGAIN || errno == EINTR)
                return
            }
            take(buffer[..<count])
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            let isEnd = byte == UInt8(ascii: "\n")
            if isEnd || pending.count >= Self.longestLine { say() }
            if !isEnd { pending.append(byte) }
        }
    }

    private mutating func say() {
        tell(String(decoding: pending, as: UTF8.self))
        pending = []
    }

    /// Bytes; longer lines are cut.
    private static let longestLine = 16_384
    /// Milliseconds.
    private static let moment: UInt32 = 20
    /// A command that never stops talking must not keep its time from being looked at.
    private static let readsAtOnce = 64
    /// What an interruption leaves a command that runs: a daemon has 45 s for its end.
    private static let respite = Duration.seconds(20)
    /// Between the wish to end and the end.
    private static let courtesy = Duration.seconds(3)
}
