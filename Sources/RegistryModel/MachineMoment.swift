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

    /// Whether it is certainly later than another: in a later life of the machine, too.
    package func isAfter(_ other: MachineMoment) -> Bool {
        boot != other.boot || uptime > other.uptime
    }

    /// The time that the machine says has passed since another moment; nil where it can't tell,
    /// having been started anew since.
    package func elapsed(since other: MachineMoment) -> Span? {
        guard boot == other.boot, uptime >= other.uptime else { return nil }
        return Span(milliseconds: uptime - other.uptime)
    }
}
