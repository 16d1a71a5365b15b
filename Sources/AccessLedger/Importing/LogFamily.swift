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
        words =
            parts.dropLast().filter { !Self.isDate($0) }.map(String.init)
            + [""] + (parts.last.map(Self.words(of:)) ?? [])
    }

    /// Whether a folder is that of a year, a day or an hour.
    private static func isDate(_ folder: Substring) -> Bool {
        let value = folder.split(separator: "=").last ?? folder
        return value.allSatisfy { $0.isASCIIDigit || $0 == "-" }
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

    /// Whether it is a date, the number of an account, or a random word.
    private static func isStamp(_ word: Substring) -> Bool {
        let digits = word.count(where: \.isASCIIDigit)
        return digits >= 4 || digits > 0 && word.count >= shortestRandom
    }

    /// Whether it may be a month, a day or a time behind a year.
    private static func isPartOfDate(_ word: Substring) -> Bool {
        word.first?.isASCIIDigit == true && word.count(where: { !$0.isASCIIDigit }) <= 2
    }

    private static let packings: Set = ["gz", "gzip", "z", "Z"]
    private static let shortestRandom = 12
}

extension Substring {
    fileprivate var isNumber: Bool { allSatisfy(\.isASCIIDigit) }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
