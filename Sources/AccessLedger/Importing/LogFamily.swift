/// What the files of one log have in common in their places: rotated, they differ in numbers and dates.
///
/// `access.log`, `access.log.1`, `access.log.2.gz` and `access.log-20260304` of a folder are one log, and
/// so are the hours that a cloud writes (`y=2026/m=03/d=04/PT1H.json`) and the files of a trail, which
/// have times and random words in their names. `reads-1.log` and `reads-2.log` are two: hosts may be
/// set up in different ways.
struct LogFamily: Hashable {
    private let words: [String]

    init(of place: String) {
        let parts = place.split(separator: "/")
        words = Self.folders(parts.dropLast()) + [""] + (parts.last.map(Self.words(of:)) ?? [])
    }

    /// The folders that are not those of a year, a day or an hour.
    private static func folders(_ parts: ArraySlice<Substring>) -> [String] {
        var isInDate = false
        return parts.filter { folder in
            let pair = folder.split(separator: "=", omittingEmptySubsequences: false)
            if pair.count == 2 { return !dateKeys.contains(pair[0].lowercased()) }
            isInDate = isDate(folder) || isInDate && folder.isNumber && folder.count <= 2
            return !isInDate
        }.map(String.init)
    }

    /// Whether it is a year, or a date that begins with one.
    private static func isDate(_ word: Substring) -> Bool {
        let digits = word.filter(\.isASCIIDigit)
        return (word.hasPrefix("19") || word.hasPrefix("20"))
            && word.allSatisfy { $0.isASCIIDigit || $0 == "-" }
            && [4, 6, 8, 10, 12, 14].contains(digits.count)
    }

    /// The words of a file's name that stay.
    private static func words(of name: Substring) -> [String] {
        var words = name.split { "._-".contains($0) }
        while let last = words.last, packings.contains(String(last)) || last.isNumber {
            words.removeLast()
        }
        var isInDate = false
        return words.filter { word in
            isInDate = isStamp(word) || isInDate && isPartOfDate(word)
            return !isInDate
        }.map(String.init)
    }

    /// Whether it is a date, or a random word: one with digits elsewhere than at its end.
    private static func isStamp(_ word: Substring) -> Bool {
        let digits = word.prefix(while: \.isASCIIDigit)
        if isDate(digits), digits.count == word.count || digits.count >= 8 { return true }
        guard word.count >= shortestRandom, let last = word.lastIndex(where: { !$0.isASCIIDigit })
        else { return false }
        return word[..<last].contains(where: \.isASCIIDigit)
    }

    /// Whether it may be a month, a day or a time behind a year.
    private static func isPartOfDate(_ word: Substring) -> Bool {
        word.first?.isASCIIDigit == true && word.count(where: { !$0.isASCIIDigit }) <= 2
    }

    private static let dateKeys: Set = [
        "y", "m", "d", "h", "year", "month", "day", "hour", "minute", "date", "dt",
    ]
    private static let packings: Set = ["gz", "gzip", "z", "Z"]
    private static let shortestRandom = 12
}

extension Substring {
    fileprivate var isNumber: Bool { allSatisfy(\.isASCIIDigit) }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
