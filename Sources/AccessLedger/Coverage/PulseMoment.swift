package import RegistryModel

/// A moment by the clock, and by the machine's own time; nil where the system does not tell.
package struct PulseMoment: Sendable, Equatable {
    package var time: Timestamp
    package var machine: MachineMoment?

    package init(time: Timestamp, machine: MachineMoment?) {
        self.time = time
        self.machine = machine
    }
}
