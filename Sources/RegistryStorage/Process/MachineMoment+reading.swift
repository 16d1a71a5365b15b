import Foundation
package import RegistryModel

extension MachineMoment {
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

    private static var boot: String? {
        RegistryPresence.contents("/proc/sys/kernel/random/boot_id")
            .map { String(decoding: $0, as: UTF8.self) }
            .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            .flatMap { $0.isEmpty ? nil : $0 }
    }
}
