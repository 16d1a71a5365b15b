import Foundation

/// A moment in the life of this machine, whatever its clocks were set to since.
package struct MachineMoment: Sendable, Equatable {
    /// The machine's start: `/proc/sys/kernel/random/boot_id`.
    package var boot: String
    /// Milliseconds since that start, sleep included (`CLOCK_BOOTTIME`).
    package var uptime: Int64

    package init(boot: String, uptime: Int64) {
        self.boot = boot
        self.uptime = uptime
    }

    /// Now; nil where the system does not tell.
    package static var now: MachineMoment? {
        var time = timespec()
        guard let boot, clock_gettime(CLOCK_BOOTTIME, &time) == 0 else { return nil }
        return MachineMoment(
            boot: boot,
            uptime: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        )
    }

    /// When a process began, rounded down: field 22 of its `stat`, in ticks since the machine's
    /// start (Linux, `proc_pid_stat(5)`).
    static func start(ofTicks ticks: Double) -> MachineMoment? {
        let milliseconds = ticks * 1_000 / Double(sysconf(Int32(_SC_CLK_TCK)))
        guard let boot, let uptime = Int64(exactly: milliseconds.rounded(.down)) else {
            return nil
        }
        return MachineMoment(boot: boot, uptime: uptime)
    }

    /// Whether it is certainly later than another: in a later life of the machine, too.
    package func isAfter(_ other: MachineMoment) -> Bool {
        boot != other.boot || uptime > other.uptime
    }

    private static var boot: String? {
        RegistryPresence.contents("/proc/sys/kernel/random/boot_id")
            .map { String(decoding: $0, as: UTF8.self) }
            .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            .flatMap { $0.isEmpty ? nil : $0 }
    }
}
