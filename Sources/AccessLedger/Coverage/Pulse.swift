import GRDB
import RegistryModel

/// The time since the last heartbeat, by the clock, which may be set, and by the machine's own time,
/// which goes on as it is.
struct Pulse {
    /// The last heartbeat.
    let last: Int64
    let now: Int64
    /// The last heartbeat by the machine's own time; nil where that is not known.
    let before: MachineMoment?
    private let machine: MachineMoment?

    private init(from start: PulseMoment, to end: PulseMoment) {
        last = start.time.milliseconds
        before = start.machine
        now = end.time.milliseconds
        machine = end.machine
    }

    /// Nil where there was none yet; `machine` is nil where the system does not tell.
    init?(_ db: Database, now: Int64, machine: MachineMoment?) throws {
        let row = try db.row("SELECT at, boot, uptime FROM heartbeat WHERE id = 1")
        guard let row else { return nil }
        last = row[0]
        self.now = now
        let boot: String = row[1]
        before = boot.isEmpty ? nil : MachineMoment(boot: boot, uptime: row[2])
        self.machine = machine
    }

    private var byClock: Int64 { now - last }

    /// Nil where it can't be told, as after the machine's restart.
    private var byMachine: Int64? {
        guard let before, let machine else { return nil }
        return machine.elapsed(since: before)?.milliseconds
    }

    /// Whether the machine tells how long it was.
    var isTimed: Bool { byMachine != nil }

    /// Whether the clock went on by more than the machine's own time confirms.
    var isLeap: Bool {
        guard let byMachine else { return false }
        return byClock - byMachine > ClockLeap.limit.milliseconds
    }

    /// From when on a daemon that has not ended since stood still; nil where it did not.
    ///
    /// A stopped process, a paused container or a sleeping machine answers nobody, and a sender may
    /// have given up meanwhile.
    var stillSince: Int64? {
        longest > Self.standstill.milliseconds ? min(last, now - longest) : nil
    }

    /// The same of one that began this heartbeat at `woken`, and waited for the ledger since.
    ///
    /// Where it began in time, it stood still for no longer than it waited.
    func stillSince(wokenAt woken: PulseMoment) -> Int64? {
        let began = Timestamp(milliseconds: last)
        let asleep = Pulse(from: PulseMoment(time: began, machine: before), to: woken)
        let end = PulseMoment(time: Timestamp(milliseconds: now), machine: machine)
        let isInTime = asleep.longest <= Self.delay.milliseconds
        if isInTime, Pulse(from: woken, to: end).stillSince == nil { return nil }
        return stillSince
    }

    private var longest: Int64 { max(isLeap ? 0 : byClock, byMachine ?? 0) }

    /// How long a heartbeat may be missing.
    ///
    /// Four of them: a busy machine delays one by some seconds, and a forwarder that asks twice, with
    /// ten seconds each, has not given up yet.
    static let standstill = Span.seconds(20)

    /// How late one begins that has not stood still: by no more than its own pause.
    private static let delay = Span.seconds(10)
}
