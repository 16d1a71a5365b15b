import RegistryModel

/// Why one record cannot be used, naming the field.
struct FieldProblem: Error {
    let reason: String

    static func missing(_ field: StaticString) -> FieldProblem {
        FieldProblem(reason: "\(field) is missing")
    }

    static func invalid(_ field: StaticString, _ text: String, isNot kind: String) -> FieldProblem {
        FieldProblem(reason: "\(field) \(quoted(text)) is not a \(kind)")
    }

    static func wrongType(_ field: StaticString) -> FieldProblem {
        FieldProblem(reason: "\(field) has the wrong type")
    }

    /// The beginning of `text` in quotes, fit for one line of a log.
    private static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(longestName).map { $0.escaped(asASCII: true) }
        let rest = text.unicodeScalars.dropFirst(longestName).isEmpty ? "" : "…"
        return "\"\(shown.joined())\(rest)\""
    }

    /// Enough to recognise a name.
    private static let longestName = 80
}

extension DecodedBody {
    /// Puts down that `bytes` could not be used.
    ///
    /// The first hundred keep their reason and bytes; a body of nothing but faults must not take
    /// many times its own size.
    mutating func reject(_ bytes: UnsafeRawBufferPointer, _ reason: @autoclosure () -> String) {
        guard rejections.count < Self.mostDetailed else {
            rejections.append(Rejection(reason: "as above", excerpt: []))
            return
        }
        let excerpt = bytes.prefix(Rejection.longestExcerpt)
        rejections.append(Rejection(reason: reason(), excerpt: Redaction.redacted(excerpt)))
    }

    /// Adds what another part of the same body could not use.
    mutating func append(_ rejection: Rejection) {
        let isDetailed = rejections.count < Self.mostDetailed
        rejections.append(isDetailed ? rejection : Rejection(reason: "as above", excerpt: []))
    }

    private static let mostDetailed = 100
}
