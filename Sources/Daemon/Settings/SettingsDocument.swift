import Yams

/// The tree of a settings file, and what had to be done to the text to get it.
///
/// The parser refuses a file at the first key that stands twice, and so would hide every other
/// problem. Such a key gets a letter that occurs nowhere else as its first one, in the text, and
/// the parser another try; ``key(_:)`` gives it back.
struct SettingsDocument {
    /// Why a text is not YAML.
    struct SyntaxError: Error {
        var place: SettingsPlace
        var message: String
    }

    /// The top of the tree; nil when the file holds nothing.
    let root: Node?
    /// The letters that were replaced, by what replaced them.
    private let hidden: [Unicode.Scalar: Unicode.Scalar]

    init(_ text: String) throws(SyntaxError) {
        var scalars = Array(text.unicodeScalars)
        var hidden: [Unicode.Scalar: Unicode.Scalar] = [:]
        let used = Set(scalars)
        var masks = Self.privateUse.lazy.compactMap(Unicode.Scalar.init)
            .filter { !used.contains($0) }.makeIterator()
        while true {
            do {
                root = try compose(yaml: String(String.UnicodeScalarView(scalars)))
                self.hidden = hidden
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                guard let mask = masks.next(), hidden.count < Self.mostDuplicates,
                    let index = Self.index(of: context.mark, in: scalars),
                    let letter = Self.firstLetter(of: keys.sorted().first, at: index, in: scalars)
                else { throw Self.duplicate(keys, context.mark) }
                hidden[mask] = scalars[letter]
                scalars[letter] = mask
            } catch {
                throw Self.explain(error)
            }
        }
    }

    /// The key as the file has it.
    func key(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, let letter = hidden[first] else {
            return text
        }
        return String(letter) + String(text.unicodeScalars.dropFirst())
    }

    /// Scalars that no text uses by itself and YAML allows.
    private static let privateUse = UInt32(0xE000)...UInt32(0xF8FF)

    /// Each costs a pass over the file; whoever has more of them finds the rest the next time.
    private static let mostDuplicates = 100

    /// Where the first letter of `key` stands, past an opening quote; nil when it is not there.
    private static func firstLetter(
        of key: String?,
        at index: Int,
        in scalars: [Unicode.Scalar]
    ) -> Int? {
        guard let key, !key.isEmpty else { return nil }
        let isQuoted = scalars[index] == "\"" || scalars[index] == "'"
        let letter = isQuoted ? index + 1 : index
        return scalars[letter...].starts(with: key.unicodeScalars) ? letter : nil
    }

    private static func index(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var start = 0
        for (index, scalar) in scalars.enumerated() where line < mark.line {
            guard scalar == "\n" else { continue }
            line += 1
            start = index + 1
        }
        let index = start + mark.column - 1
        return line == mark.line && index < scalars.count ? index : nil
    }

    private static func duplicate(_ keys: [String], _ mark: Mark) -> SyntaxError {
        SyntaxError(
            place: SettingsPlace(mark),
            message: "\(keys.sorted().joined(separator: ", ")): is there twice; keep one"
        )
    }
}

extension SettingsDocument {
    /// Says where and why the parser stopped, in one line and without the text of the file.
    private static func explain(_ error: any Error) -> SyntaxError {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // libyaml's problem may go on from its context: "expected one, but found another".
            let flaw = problem.hasPrefix("but ") ? String(problem.dropFirst(4)) : problem
            let start = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            return SyntaxError(
                place: SettingsPlace(mark),
                message: "not valid YAML: \(flaw)\(start); "
                    + "check indentation, quotes and brackets here and above"
            )
        case .reader(let problem, let offset, _, let text):
            let before = text.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            return SyntaxError(
                place: SettingsPlace(line: line, column: column),
                message: "not valid YAML: \(problem); save the file as UTF-8 text"
            )
        default:
            return SyntaxError(place: .start, message: "not valid YAML; write it anew")
        }
    }
}

extension SettingsPlace {
    init(_ mark: Mark) {
        self.init(line: mark.line, column: mark.column)
    }
}
