import RegistryModel

/// A date and time of day as written, with its distance from UTC.
struct CivilTime {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    /// Sixty is allowed, as clocks show it in a leap second.
    var second: Int
    var millisecond = 0
    /// Minutes east of Greenwich.
    var offset = 0

    /// The moment, or nil when there is no such date or time.
    var timestamp: Timestamp? {
        guard (1...12).contains(month), day >= 1, day <= lengthOfMonth, hour < 24, minute < 60,
            second <= 60, abs(offset) < 24 * 60
        else { return nil }
        let minutes = (daysSince1970 * 24 + hour) * 60 + minute - offset
        return Timestamp(milliseconds: Int64((minutes * 60 + second) * 1_000 + millisecond))
    }

    private var lengthOfMonth: Int {
        switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// Counts years from March, so that the leap day is the last one of its year.
    private var daysSince1970: Int {
        let isBeforeMarch = month <= 2
        let marchYear = isBeforeMarch ? year - 1 : year
        let monthFromMarch = isBeforeMarch ? month + 9 : month - 3
        // Days before each month of a year that begins in March: 0, 31, 61, 92, …
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        // Four centuries more, so that divisions of the year zero round downwards.
        let shifted = marchYear + 400
        let leapDays = shifted / 4 - shifted / 100 + shifted / 400
        return shifted * 365 + leapDays + dayOfYear - Self.daysBefore1970
    }

    /// From the first of March four hundred years before the year zero.
    private static let daysBefore1970 = 719_468 + 146_097
}

extension Timestamp {
    /// Reads an RFC 3339 time with up to nine fractional digits; what is below a millisecond is cut
    /// off.
    init?(rfc3339 bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 20, let year = bytes.decimal(at: 0, count: 4),
            let month = bytes.decimal(at: 5, count: 2), let day = bytes.decimal(at: 8, count: 2),
            let hour = bytes.decimal(at: 11, count: 2),
            let minute = bytes.decimal(at: 14, count: 2),
            let second = bytes.decimal(at: 17, count: 2),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        var civil = CivilTime(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second
        )
        var index = 19
        guard let fraction = Self.milliseconds(in: bytes, &index),
            let offset = Self.offset(in: bytes, at: index)
        else { return nil }
        civil.millisecond = fraction
        civil.offset = offset
        guard let timestamp = civil.timestamp else { return nil }
        self = timestamp
    }

    private static func milliseconds(in bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Int? {
        guard bytes[index] == UInt8(ascii: ".") else { return 0 }
        let start = index + 1
        index = start
        var value = 0
        while index < bytes.count, bytes[index].isDigit {
            if index - start < 3 { value = value * 10 + Int(bytes[index] & 0x0F) }
            index += 1
        }
        switch index - start {
        case 1: return value * 100
        case 2: return value * 10
        case 3...9: return value
        default: return nil
        }
    }

    /// Reads `Z` or `+hh:mm` up to the end of the bytes, in minutes.
    private static func offset(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int? {
        guard index < bytes.count else { return nil }
        if bytes[index] | 0x20 == UInt8(ascii: "z") { return index + 1 == bytes.count ? 0 : nil }
        guard index + 6 == bytes.count, bytes[index + 3] == UInt8(ascii: ":"),
            let hours = bytes.decimal(at: index + 1, count: 2), hours < 24,
            let minutes = bytes.decimal(at: index + 4, count: 2), minutes < 60
        else { return nil }
        switch bytes[index] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }
}
