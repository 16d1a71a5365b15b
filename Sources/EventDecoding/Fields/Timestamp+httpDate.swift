package import RegistryModel

extension Timestamp {
    /// Reads the date of an HTTP field, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7, the
    /// form that is sent nowadays).
    package init?(httpDate bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 29, bytes.part(26, 29).equals("GMT"),
            let day = bytes.decimal(at: 5, count: 2),
            let month = Self.month(bytes.part(8, 11)), let year = bytes.decimal(at: 12, count: 4),
            let hour = bytes.decimal(at: 17, count: 2),
            let minute = bytes.decimal(at: 20, count: 2),
            let second = bytes.decimal(at: 23, count: 2)
        else { return nil }
        let civil = CivilTime(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second
        )
        guard let timestamp = civil.timestamp else { return nil }
        self = timestamp
    }
}
