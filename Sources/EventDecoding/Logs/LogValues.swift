import RegistryModel

/// Values read from log fields, each made once while the same text keeps coming.
///
/// A log names few repositories, clients and images very often: what was checked is not checked
/// again, and equal texts share their memory.
struct LogValues {
    private var repositories: ValueCache<RepositoryName>
    private var digests: ValueCache<Digest>
    private var tags: ValueCache<TagName>
    private var texts: ValueCache<String>

    init(expecting count: Int) {
        // One slot for every few records, but never more than fit in the processor's cache.
        let slots = min(1_024, count / 1_024 + 1)
        repositories = ValueCache(slots: slots)
        digests = ValueCache(slots: slots)
        tags = ValueCache(slots: slots)
        texts = ValueCache(slots: slots)
    }

    mutating func repository(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> RepositoryName {
        guard !bytes.isAbsent else { throw .missing(field) }
        guard let name = repositories.value(of: bytes, RepositoryName.init(_:)) else {
            throw .invalid(field, String(decoding: bytes, as: UTF8.self), isNot: "repository name")
        }
        return name
    }

    mutating func digest(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> Digest? {
        guard !bytes.isAbsent else { return nil }
        guard let digest = digests.value(of: bytes, Digest.init(_:)) else {
            throw .invalid(field, String(decoding: bytes, as: UTF8.self), isNot: "digest")
        }
        return digest
    }

    mutating func tag(
        _ bytes: UnsafeRawBufferPointer,
        _ field: StaticString
    ) throws(FieldProblem) -> TagName? {
        guard !bytes.isAbsent else { return nil }
        guard let tag = tags.value(of: bytes, TagName.init(_:)) else {
            throw .invalid(field, String(decoding: bytes, as: UTF8.self), isNot: "tag")
        }
        return tag
    }

    mutating func text(_ bytes: UnsafeRawBufferPointer) -> String? {
        bytes.isAbsent ? nil : texts.value(of: bytes) { $0 }
    }

    mutating func address(_ bytes: UnsafeRawBufferPointer) -> String? {
        text(ClientAddress.bare(bytes))
    }
}

extension LogValues {
    mutating func repository(
        _ text: JSONText?,
        _ field: StaticString
    ) throws(FieldProblem) -> RepositoryName {
        guard let text, !text.isEscaped else { return try FieldTexts.repository(text, field) }
        return try repository(text.bytes, field)
    }

    mutating func digest(
        _ text: JSONText?,
        _ field: StaticString
    ) throws(FieldProblem) -> Digest? {
        guard let text, !text.isEscaped else { return try FieldTexts.digest(text, field) }
        return try digest(text.bytes, field)
    }

    mutating func tag(
        _ text: JSONText?,
        _ field: StaticString
    ) throws(FieldProblem) -> TagName? {
        guard let text, !text.isEscaped else { return try FieldTexts.tag(text, field) }
        return try tag(text.bytes, field)
    }

    mutating func text(_ text: JSONText?) -> String? {
        guard let text, !text.isEscaped else { return FieldTexts.string(text) }
        return self.text(text.bytes)
    }

    mutating func address(_ text: JSONText?) -> String? {
        guard let text, !text.isEscaped else { return FieldTexts.address(text) }
        return address(text.bytes)
    }
}
