import RegistryModel
import RetentionPlanning

extension SettingsEntry {
    /// Reads a time such as `7d`; more than nothing, unless zero is allowed.
    func span(allowsZero: Bool = false) -> Span? {
        guard let text = text() else { return nil }
        if Self.isNumber(text), text != "0" {
            refuse("\(Excerpt.of(text)) has no unit; write a unit, such as 7d")
            return nil
        }
        guard let span = Span(text) else {
            refuse("\(Excerpt.of(text)) is not a time; write one such as 90s, 10m, 1h30m or 7d")
            return nil
        }
        guard allowsZero || span > .zero else {
            refuse("must be more than 0; write a time such as 5m")
            return nil
        }
        return span
    }

    /// Reads a size such as `50GB`; more than nothing, unless zero is allowed.
    func size(allowsZero: Bool = false) -> ByteCount? {
        guard let text = text() else { return nil }
        if Self.isNumber(text), text != "0" {
            refuse("\(Excerpt.of(text)) has no unit; write a unit, such as 500MB")
            return nil
        }
        guard text.first?.isASCII == true, let size = ByteCount(parsing: text) else {
            refuse("\(Excerpt.of(text)) is not a size; write one such as 500MB, 50GB or 20GiB")
            return nil
        }
        guard allowsZero || size > .zero else {
            refuse("must be more than 0; write a size such as 500MB")
            return nil
        }
        return size
    }

    /// Reads a whole number of at least `minimum`.
    func count(atLeast minimum: Int) -> Int? {
        guard let text = text() else { return nil }
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text) else {
            refuse("\(Excerpt.of(text)) is not a whole number; write one of at least \(minimum)")
            return nil
        }
        guard number >= minimum else {
            refuse("\(number) is too small; write at least \(minimum)")
            return nil
        }
        return number
    }

    /// Reads a share such as `50%`, from 0 to 100.
    func percent() -> Double? {
        guard let text = text() else { return nil }
        guard text.hasSuffix("%") else {
            let advice = Self.isNumber(text) ? "\(Excerpt.of(text))%" : "a share such as 50%"
            refuse("\(Excerpt.of(text)) has no percent sign; write \(advice)")
            return nil
        }
        let number = text.dropLast()
        guard Self.isNumber(number), let share = Double(number), share <= 100 else {
            refuse("\(Excerpt.of(text)) is not a share; write one from 0% to 100%")
            return nil
        }
        return share
    }

    /// Reads how full a file system is: `80%` of it, or `500GB` used.
    func volumeMark(allowsZero: Bool = false) -> Trigger.VolumeMark? {
        guard let text = plainText, text.hasSuffix("%") else {
            if let text = plainText, Self.isNumber(text), text != "0" {
                refuse("\(Excerpt.of(text)) has no unit; write \(Excerpt.of(text))% or a size")
                return nil
            }
            return size(allowsZero: allowsZero).map { .bytes($0) }
        }
        guard let share = percent() else { return nil }
        guard allowsZero || share > 0 else {
            refuse("must be more than 0%; write a share such as 80%")
            return nil
        }
        return .percent(share)
    }

    /// Reads a date, `2026-01-31` for its first moment in UTC, or a date and time of RFC 3339.
    func moment() -> Timestamp? {
        guard let text = text() else { return nil }
        guard let moment = Timestamp(dateOrTime: text) else {
            refuse(
                "\(Excerpt.of(text)) is not a date; "
                    + "write one such as 2026-01-31 or 2026-01-31T08:00:00Z"
            )
            return nil
        }
        return moment
    }

    /// Whether `text` is digits, with a point among them at most: something that lacks its unit.
    private static func isNumber(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && $0.isNumber }
            }
    }
}
