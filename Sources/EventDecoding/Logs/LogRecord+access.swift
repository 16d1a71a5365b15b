import RegistryModel

extension LogRecord {
    /// What a record of Azure Container Registry says of a manifest, or nil when it says nothing:
    /// other categories and operations, and requests that failed.
    ///
    /// Source: Azure Monitor, table `ContainerRegistryRepositoryEvents`. A record does not tell HEAD
    /// from GET.
    func access(
        _ keys: inout RecordKeys,
        _ values: inout LogValues
    ) throws(FieldProblem) -> Access? {
        guard category?.equals(ignoringCase: "containerregistryrepositoryevents") == true,
            let operation = AzureOperation(operation), operation.succeeded(status)
        else { return nil }
        if let misfit { throw .wrongType(misfit) }
        var (digest, tag) = try reference(&values)
        if operation == .untag {
            // It takes a name away, not the manifest.
            digest = nil
        }
        guard digest != nil || tag != nil else {
            guard operation.accessClass != .delete else { return nil }
            throw .missing("properties.tag")
        }
        let repository = try values.repository(repository, "properties.repository")
        let time = try FieldTexts.time(time, "time")
        return Access(
            key: key(time, operation.accessClass, &keys),
            time: time,
            class: operation.accessClass,
            repository: repository,
            digest: digest,
            tag: tag,
            mediaType: values.text(mediaType),
            size: FieldTexts.size(size),
            address: values.address(address),
            actor: values.text(identity),
            userAgent: values.text(userAgent)
        )
    }

    /// The pull of something that was not there; nil for any other record.
    func miss(_ keys: inout RecordKeys, _ values: inout LogValues) -> Miss? {
        guard category?.equals(ignoringCase: "containerregistryrepositoryevents") == true,
            AzureOperation(operation) == .pull, status?.equals("404") == true, misfit == nil,
            let (digest, tag) = try? reference(&values), digest != nil || tag != nil,
            let repository = try? values.repository(repository, "properties.repository"),
            let time = try? FieldTexts.time(time, "time")
        else { return nil }
        return Miss(
            access: Access(
                key: key(time, .pull, &keys),
                time: time,
                class: .pull,
                repository: repository,
                digest: digest,
                tag: tag,
                address: values.address(address),
                actor: values.text(identity),
                userAgent: values.text(userAgent)
            )
        )
    }

    private func key(
        _ time: Timestamp,
        _ accessClass: AccessClass,
        _ keys: inout RecordKeys
    ) -> EventKey {
        keys.begin(time, accessClass)
        keys.add(repository)
        keys.add(tag)
        keys.add(digest)
        keys.add(status)
        keys.add(address)
        keys.add(identity)
        keys.add(userAgent)
        keys.add(correlation)
        keys.add(duration)
        return keys.finish()
    }

    /// A request by digest puts the digest into `tag`.
    private func reference(
        _ values: inout LogValues
    ) throws(FieldProblem) -> (digest: Digest?, tag: TagName?) {
        let digest = try values.digest(digest, "properties.digest")
        guard let tag, tag.withBytes({ $0.firstIndex(of: UInt8(ascii: ":"), from: 0) != nil })
        else { return (digest, try values.tag(tag, "properties.tag")) }
        let named = try values.digest(tag, "properties.tag")
        return (digest ?? named, nil)
    }
}

/// What Azure calls the things that happen to a manifest.
private enum AzureOperation {
    case pull
    case push
    case untag
    case delete

    init?(_ text: JSONText?) {
        guard let text else { return nil }
        if text.equals(ignoringCase: "pull") {
            self = .pull
        } else if text.equals(ignoringCase: "push") {
            self = .push
        } else if text.equals(ignoringCase: "untag") {
            self = .untag
        } else if text.equals(ignoringCase: "delete") || Self.isPurge(text) {
            self = .delete
        } else {
            return nil
        }
    }

    var accessClass: AccessClass {
        switch self {
        case .pull: .pull
        case .push: .push
        case .untag, .delete: .delete
        }
    }

    /// Whether the status is the one of success; failures carry the same operation.
    func succeeded(_ status: JSONText?) -> Bool {
        guard let status else { return false }
        return switch self {
        case .pull: status.equals("200")
        case .push: status.equals("201")
        case .untag, .delete: status.equals("200") || status.equals("202")
        }
    }

    /// The documents speak of purging tags and of purging manifests, but don't show the words.
    private static func isPurge(_ text: JSONText) -> Bool {
        text.withBytes { $0.starts(ignoringCase: "purge") }
    }
}
