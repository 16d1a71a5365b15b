import RegistryModel

extension Timestamp {
    /// How long `02/Jan/2006:15:04:05 -0700` is.
    static let commonLogLength = 26

    /// Reads the time of an access log line, `02/Jan/2006:15:04:05 -0700`.
    init?(commonLog bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.commonLogLength, let day = bytes.decimal(at: 0, count: 2),
            let month = Self.month(bytes.part(3, 6)), let year = bytes.decimal(at: 7, count: 4),
            let hour = bytes.decimal(at: 12, count: 2),
            let minute = bytes.decimal(at: 15, count: 2),
            let second = bytes.decimal(at: 18, count: 2),
            let offsetHours = bytes.decimal(at: 22, count: 2), offsetHours < 24,
            let offsetMinutes = bytes.decimal(at: 24, count: 2), offsetMinutes < 60,
            bytes[2] == UInt8(ascii: "/"), bytes[6] == UInt8(ascii: "/"),
            bytes[11] == UInt8(ascii: ":"), bytes[14] == UInt8(ascii: ":"),
            bytes[17] == UInt8(ascii: ":"), bytes[20] == UInt8(ascii: " "),
            bytes[21] == UInt8(ascii: "+") || bytes[21] == UInt8(ascii: "-")
        else { return nil }
        let offset = offsetHours * 60 + offsetMinutes
        let civil = CivilTime(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second,
            offset: bytes[21] == UInt8(ascii: "-") ? -offset : offset
        )
        guard let timestamp = civil.timestamp else { return nil }
        self = timestamp
    }

    static func month(_ name: UnsafeRawBufferPointer) -> Int? {
        for (index, month) in months.enumerated() where name.equals(month) { return index + 1 }
        return nil
    }

    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
