package import Foundation
import RegistryModel

/// How far clocks on the wall are ahead of UTC at each moment.
package struct LocalClock: Sendable {
    let offset: @Sendable (Timestamp) -> Span

    package init(_ zone: TimeZone) {
        offset = { moment in
            let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1_000)
            return .seconds(Int64(zone.secondsFromGMT(for: date)))
        }
    }

    private init(offset: @escaping @Sendable (Timestamp) -> Span) { self.offset = offset }

    /// The machine's, as localtime(3) has it, which understands each form of `TZ`.
    package static let ofMachine = LocalClock { moment in
        var seconds = time_t(moment.milliseconds / 1_000)
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? .zero : .seconds(Int64(parts.tm_gmtoff))
    }

    /// The moment at which these clocks show what those of UTC show at `clock`.
    ///
    /// Where they show it twice, it is the first time; where they skip it, it is before the gap.
    func moment(showing clock: Timestamp) -> Timestamp? {
        let moments = [clock - .days(1), clock + .days(1)].map { clock - offset($0) }
        return moments.filter { $0 + offset($0) == clock }.min() ?? moments.min()
    }
}
