import RegistryModel

/// What the texts of a record's fields mean; absent ones are nil, bad ones are problems.
enum FieldTexts {
    static func repository(
        _ text: JSONText?,
        _ field: StaticString
    ) throws(FieldProblem) -> RepositoryName {
        guard let string = string(text) else { throw .missing(field) }
        guard let name = RepositoryName(string) else {
            throw .invalid(field, string, isNot: "repository name")
        }
        return name
    }

    static func digest(_ text: JSONText?, _ field: StaticString) throws(FieldProblem) -> Digest? {
        guard let string = string(text) else { return nil }
        guard let digest = Digest(string) else { throw .invalid(field, string, isNot: "digest") }
        return digest
    }

    static func tag(_ text: JSONText?, _ field: StaticString) throws(FieldProblem) -> TagName? {
        guard let string = string(text) else { return nil }
        guard let tag = TagName(string) else { throw .invalid(field, string, isNot: "tag") }
        return tag
    }

    static func time(_ text: JSONText?, _ field: StaticString) throws(FieldProblem) -> Timestamp {
        // The year one is Go's way to write no time.
        guard let text, !text.withBytes({ $0.isAbsent || $0.starts(with: "0001-01-01T00:00:00") })
        else { throw .missing(field) }
        guard let time = text.withBytes({ Timestamp(rfc3339: $0) }) else {
            throw .invalid(field, text.string, isNot: "time")
        }
        return time
    }

    static func string(_ text: JSONText?) -> String? {
        text?.withBytes { $0.isAbsent ? nil : String(decoding: $0, as: UTF8.self) }
    }

    static func address(_ text: JSONText?) -> String? {
        text?.withBytes { bytes in
            let bare = ClientAddress.bare(bytes)
            return bare.isAbsent ? nil : String(decoding: bare, as: UTF8.self)
        }
    }

    /// A size in bytes; zero stands for none, since no manifest is empty.
    static func size(_ text: JSONText?) -> Int64? {
        guard let size = text?.wholeNumber, size > 0 else { return nil }
        return size
    }
}
