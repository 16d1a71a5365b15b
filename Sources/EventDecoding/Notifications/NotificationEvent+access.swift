import RegistryModel

extension NotificationEvent {
    /// What the event says of a manifest, or nil when it says nothing: blobs, mounts, renames,
    /// unknown actions, whole repositories.
    ///
    /// An event without id is named by `bytes`, which is the whole of it.
    func access(bytes: UnsafeRawBufferPointer) throws(FieldProblem) -> Access? {
        guard let action, !action.withBytes({ $0.isAbsent }) else {
            throw misfit.map(FieldProblem.wrongType) ?? .missing("action")
        }
        guard let accessClass = accessClass(of: action), !isBlob else { return nil }
        if let misfit { throw .wrongType(misfit) }
        let digest = try FieldTexts.digest(digest, "target.digest")
        let tag = try FieldTexts.tag(tag, "target.tag")
        let repository = try FieldTexts.repository(repository, "target.repository")
        if digest == nil, tag == nil {
            guard accessClass != .delete else { return nil }
            throw .missing("target.digest")
        }
        return Access(
            key: key(bytes),
            time: try FieldTexts.time(timestamp, "timestamp"),
            class: accessClass,
            repository: repository,
            digest: digest,
            tag: tag,
            mediaType: FieldTexts.string(mediaType),
            size: FieldTexts.size(size) ?? FieldTexts.size(length),
            address: FieldTexts.address(address),
            actor: FieldTexts.string(actor),
            userAgent: FieldTexts.string(userAgent),
            instance: FieldTexts.string(instance)
        )
    }

    /// The content that somebody else's event of a blob is about: a push, a mount, a pull.
    var blob: Digest? {
        guard isBlob, let action,
            action.equals("push") || action.equals("pull")
                || action.equals("mount"), !OwnUserAgent.matches(FieldTexts.string(userAgent))
        else { return nil }
        return digest?.withBytes { Digest(String(decoding: $0, as: UTF8.self)) }
    }

    private func accessClass(of action: JSONText) -> AccessClass? {
        if action.equals("pull") { return method?.equals("HEAD") == true ? .resolve : .pull }
        if action.equals("push") { return .push }
        if action.equals("delete") { return .delete }
        return nil
    }

    /// Whether the event is about a blob: by the path of its URL, else by its media type, which in
    /// a pull-through cache may be anything.
    private var isBlob: Bool {
        url?.withBytes { RegistryPath.isBlob(RegistryPath.path(of: $0)) }
            ?? mediaType?.equals("application/octet-stream") ?? false
    }

    private func key(_ bytes: UnsafeRawBufferPointer) -> EventKey {
        id?.withBytes { $0.isAbsent ? nil : EventKey(id: $0) } ?? EventKey(hashing: bytes)
    }
}
