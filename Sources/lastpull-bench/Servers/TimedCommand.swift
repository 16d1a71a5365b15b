import Foundation

/// A program that runs once and ends, with the time from its start to its end.
struct TimedCommand {
    var program: String
    var arguments: [String]
    /// Where its standard output goes.
    var output = "/dev/null"
    /// Where its standard error goes.
    var log = "/dev/null"

    func run() throws -> Duration {
        let began = ContinuousClock.now
        let pid = try start()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw BenchError("\(program) was lost") }
        }
        let took = ContinuousClock.now - began
        try check(status)
        return took
    }

    /// Runs it, and says the most memory it had resident, in bytes; looking slows it down.
    ///
    /// Its own high-water mark, looked up again and again: the one that comes with the exit status has
    /// that of this process in it, by which it was spawned.
    func peakMemory() throws -> Int64 {
        let pid = try start()
        var peak: Int64 = 0
        var status: Int32 = 0
        while true {
            let ended = waitpid(pid, &status, WNOHANG)
            guard ended == 0 else { break }
            peak = max(peak, Self.highWater(of: pid) ?? 0)
            usleep(1_000)
        }
        try check(status)
        return peak
    }

    private func check(_ status: Int32) throws {
        guard status == 0 else {
            let words = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw BenchError("\(program) failed (status \(status)): \(words.suffix(500))")
        }
    }

    private func start() throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, flags, 0o600)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let problem = posix_spawnp(&pid, program, &actions, nil, words, environ)
        guard problem == 0 else {
            throw BenchError("\(program) can't be run: \(String(cString: strerror(problem)))")
        }
        return pid
    }

    static func highWater(of pid: pid_t) -> Int64? {
        let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
            .flatMap { Int64($0) }.map { $0 * 1_024 }
    }
}
