import Foundation

/// A wall clock that a test sets ahead or back, for processes that are started with `environment`.
///
/// It moves what a machine's clock shows and nothing else: the time since the machine's start goes on
/// as it is, as it does when somebody sets a clock.
package struct MovedClock: Sendable {
    /// What a process needs to have this clock.
    package let environment: [String: String]
    private let folder: TemporaryFolder

    /// Makes one that is right.
    package init() async throws {
        guard let compiler = Command.find("cc", "gcc", "clang") else {
            throw HarnessError("no C compiler; install gcc")
        }
        folder = try TemporaryFolder()
        let library = folder.file("clock.so")
        let built = try await Command.run(
            compiler,
            ["-shared", "-fPIC", "-O1", "-o", library, folder.write(Self.source, to: "clock.c")]
        )
        guard built.status == 0 else { throw HarnessError("\(compiler): \(built.errors)") }
        environment = ["LD_PRELOAD": library, "MOVED_CLOCK": folder.file("seconds")]
        try set(ahead: .zero)
    }

    package static var isAvailable: Bool { Command.find("cc", "gcc", "clang") != nil }

    /// Sets it ahead of the real one by whole seconds; at once for whoever has it.
    package func set(ahead span: Duration) throws {
        try "\(span.components.seconds)".write(
            toFile: folder.file("seconds"),
            atomically: true,
            encoding: .utf8
        )
    }

    /// Adds to the real-time clock what the file says, whoever asks for it.
    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static long ahead(void) {
            char text[24] = {0};
            const char *path = getenv("MOVED_CLOCK");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file < 0) return 0;
            ssize_t length = read(file, text, sizeof text - 1);
            close(file);
            return length > 0 ? atol(text) : 0;
        }

        int clock_gettime(clockid_t clock, struct timespec *now) {
            int status = syscall(SYS_clock_gettime, clock, now);
            if (status == 0 && clock == CLOCK_REALTIME) now->tv_sec += ahead();
            return status;
        }

        int gettimeofday(struct timeval *restrict now, void *restrict zone) {
            struct timespec moment;
            (void)zone;
            int status = clock_gettime(CLOCK_REALTIME, &moment);
            now->tv_sec = moment.tv_sec;
            now->tv_usec = moment.tv_nsec / 1000;
            return status;
        }

        time_t time(time_t *now) {
            struct timespec moment;
            clock_gettime(CLOCK_REALTIME, &moment);
            if (now) *now = moment.tv_sec;
            return moment.tv_sec;
        }

        """
}
