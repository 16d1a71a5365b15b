import Foundation
import RegistryModel

/// The times that logs write, in whichever form.
///
/// The last one is remembered, since lines that follow each other share all but their seconds.
struct LogTime {
    private var commonLog: (text: [UInt8], time: Timestamp) = ([], Timestamp(milliseconds: 0))
    /// The first 16 bytes of an RFC 3339 time, up to its minute, in UTC.
    private var minute: (first: UInt64, second: UInt64, time: Timestamp)?

    /// A moment, and whether only its whole seconds are known.
    typealias Reading = (time: Timestamp, isSecondGranular: Bool)

    /// Reads RFC 3339 (with a space instead of the `T`, and without a zone, which is UTC, too),
    /// `02/Jan/2006:15:04:05 -0700`, `2006/01/02 15:04:05.000` and the seconds, milliseconds,
    /// microseconds or nanoseconds since 1970.
    mutating func read(_ text: UnsafeRawBufferPointer) -> Reading? {
        // The year one is Go's way to write no time.
        guard text.count >= 5, !text.starts(with: "0001-01-01") else { return nil }
        if text.count == Timestamp.commonLogLength, text[2] == UInt8(ascii: "/") {
            return commonLog(text).map { ($0, true) }
        }
        if text[4] == UInt8(ascii: "-") { return rfc3339(text) }
        if text[4] == UInt8(ascii: "/") { return Self.wallTime(text) }
        return Self.sinceEpoch(text)
    }

    mutating func commonLog(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        if text.count == Timestamp.commonLogLength, commonLog.text.withUnsafeBytes(text.equals) {
            return commonLog.time
        }
        guard let time = Timestamp(commonLog: text) else { return nil }
        commonLog = (Array(text), time)
        return time
    }

    mutating func rfc3339(_ text: UnsafeRawBufferPointer) -> Reading? {
        if let reading = known(text) { return reading }
        guard text.count > 19 else { return Self.rfc3339(text, zone: "Z") }
        let isFraction = text[19] == UInt8(ascii: ".")
        if let time = Timestamp(rfc3339: text) {
            if text.last == UInt8(ascii: "Z"), time.milliseconds >= 0 {
                minute = (text.word(at: 0), text.word(at: 8), time.startOfMinute)
            }
            return (time, !isFraction)
        }
        return Self.rfc3339(text, zone: "") ?? Self.rfc3339(text, zone: "Z")
    }

    /// The time of `2006-01-02T15:04:05Z` or `…05.123…Z` in the minute that was read last.
    private func known(_ text: UnsafeRawBufferPointer) -> Reading? {
        guard let minute, text.count >= 20, text[text.count - 1] == UInt8(ascii: "Z"),
            text.word(at: 0) == minute.first, text.word(at: 8) == minute.second,
            text[16] == UInt8(ascii: ":"),
            let second = text.decimal(at: 17, count: 2), second < 60
        else { return nil }
        let base = minute.time.milliseconds + Int64(second) * 1_000
        if text.count == 20 { return (Timestamp(milliseconds: base), true) }
        guard text[19] == UInt8(ascii: "."), (24...30).contains(text.count),
            let fraction = text.decimal(at: 20, count: 3)
        else { return nil }
        for index in 23..<text.count - 1 where !text[index].isDigit { return nil }
        return (Timestamp(milliseconds: base + Int64(fraction)), false)
    }

    /// Times of a form that is only near to RFC 3339.
    private static func rfc3339(_ text: UnsafeRawBufferPointer, zone: String) -> Reading? {
        guard text.count >= 19, text.count <= 40 else { return nil }
        var repaired = Array(text)
        if repaired[10] == UInt8(ascii: " ") { repaired[10] = UInt8(ascii: "T") }
        // An offset without colon: +0000.
        let sign = repaired.count - 5
        if zone.isEmpty, repaired[sign] == UInt8(ascii: "+") || repaired[sign] == UInt8(ascii: "-")
        {
            repaired.insert(UInt8(ascii: ":"), at: sign + 3)
        }
        repaired += Array(zone.utf8)
        guard let time = repaired.withUnsafeBytes(Timestamp.init(rfc3339:)) else { return nil }
        return (time, repaired[19] != UInt8(ascii: "."))
    }

    /// Caddy's and Go's `2006/01/02 15:04:05.000`, in UTC.
    private static func wallTime(_ text: UnsafeRawBufferPointer) -> Reading? {
        guard text.count >= 19, text.count <= 29, text[7] == UInt8(ascii: "/") else { return nil }
        var repaired = Array(text)
        repaired[4] = UInt8(ascii: "-")
        repaired[7] = UInt8(ascii: "-")
        return repaired.withUnsafeBytes { rfc3339($0, zone: "Z") }
    }

    /// A number of seconds, or of smaller units, which its digits tell: since 2001 seconds have ten.
    private static func sinceEpoch(_ text: UnsafeRawBufferPointer) -> Reading? {
        let point = text.firstIndex(of: UInt8(ascii: "."), from: 0) ?? text.count
        guard (9...19).contains(point), point < 19 || text[0] < UInt8(ascii: "9"),
            let whole = text.decimal(at: 0, count: point)
        else { return scientific(text) }
        switch point {
        case ...11:
            var fraction = 0
            var unit = 100
            for index in min(point + 1, text.count)..<min(point + 4, text.count) {
                guard text[index].isDigit else { return scientific(text) }
                fraction += Int(text[index] & 0x0F) * unit
                unit /= 10
            }
            for index in min(point + 4, text.count)..<text.count where !text[index].isDigit {
                return scientific(text)
            }
            let isWhole = point == text.count
            return (Timestamp(milliseconds: Int64(whole * 1_000 + fraction)), isWhole)
        case ...14: return (Timestamp(milliseconds: Int64(whole)), false)
        case ...17: return (Timestamp(milliseconds: Int64(whole / 1_000)), false)
        default: return (Timestamp(milliseconds: Int64(whole / 1_000_000)), false)
        }
    }

    /// `1.772600767123e9`.
    private static func scientific(_ text: UnsafeRawBufferPointer) -> Reading? {
        guard text.count <= 32, let seconds = Double(String(decoding: text, as: UTF8.self)),
            seconds > 1e8, seconds < 1e11
        else { return nil }
        return (Timestamp(milliseconds: Int64((seconds * 1_000).rounded())), false)
    }
}

extension Timestamp {
    /// Only for moments since 1970.
    fileprivate var startOfMinute: Timestamp {
        Timestamp(milliseconds: milliseconds - milliseconds % 60_000)
    }
}
