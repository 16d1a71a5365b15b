import RegistryModel

extension LogDecoder {
    /// What a record of Azure Container Registry says of a manifest, or nil when it says nothing:
    /// other categories and operations, and requests that failed.
    ///
    /// Source: Azure Monitor, table `ContainerRegistryRepositoryEvents`. A record does not tell HEAD
    /// from GET.
    mutating func azureRow() throws(FieldProblem) -> AccessTable.Row? {
        guard Self.isRepositoryEvent(fields[.category]),
            let operation = AzureOperation(plain(.operation)), succeeded(operation)
        else { return nil }
        if let misfit = fields.misfit { throw .wrongType(misfit.name) }
        let told = try azureReference()
        var digest = told.digest
        let tag = told.tag
        if operation == .untag {
            // It takes a name away, not the manifest.
            digest = -1
        }
        guard digest >= 0 || tag >= 0 else {
            guard operation.accessClass != .delete else { return nil }
            throw .missing("properties.tag")
        }
        let repository = try texts.repository(
            plain(.repository),
            of: told.digest,
            "properties.repository"
        )
        // Who has it already was told that it is the same.
        let accessClass = plain(.status).equals("304") ? .resolve : operation.accessClass
        let text = plain(.time)
        guard let (time, isSecondGranular) = times.read(text) else {
            guard !text.isEmpty else { throw .missing("time") }
            throw .invalid("time", String(decoding: text, as: UTF8.self), isNot: "time")
        }
        return AccessTable.Row(
            key: azureKey(time, accessClass),
            time: time,
            size: plain(.size).wholeNumber ?? 0,
            repository: repository,
            digest: digest,
            tag: tag,
            client: texts.client(
                address: plain(.address),
                actor: plain(.user),
                userAgent: plain(.userAgent)
            ),
            mediaType: texts.mediaType(plain(.mediaType)),
            class: accessClass,
            isSecondGranular: isSecondGranular
        )
    }

    /// The pull of something that was not there; nil for any other record.
    mutating func azureMiss() -> Miss? {
        guard Self.isRepositoryEvent(fields[.category]), plain(.status).equals("404"),
            AzureOperation(plain(.operation)) == .pull, fields.misfit == nil,
            let repository = try? texts.repository(plain(.repository), "repository"),
            let (time, isSecondGranular) = times.read(plain(.time))
        else { return nil }
        // A request by digest has the digest for its tag.
        let named = plain(.tag)
        let told = plain(.digest).isAbsent ? named : plain(.digest)
        let digest = Self.isDigest(told) ? (try? texts.digest(told, "digest")) ?? -1 : -1
        let tag = Self.isDigest(named) ? -1 : (try? texts.tag(named, "tag")) ?? -1
        guard digest >= 0 || tag >= 0 else { return nil }
        let row = AccessTable.Row(
            key: azureKey(time, .pull),
            time: time,
            size: 0,
            repository: repository,
            digest: digest,
            tag: tag,
            client: texts.client(
                address: plain(.address),
                actor: plain(.user),
                userAgent: plain(.userAgent)
            ),
            mediaType: -1,
            class: .pull,
            isSecondGranular: isSecondGranular
        )
        return Miss(access: texts.table.access(row))
    }

    private static func isDigest(_ text: UnsafeRawBufferPointer) -> Bool {
        text.firstIndex(of: UInt8(ascii: ":"), from: 0) != nil
    }

    /// Without a category it is a row of a query that did not ask for it.
    private static func isRepositoryEvent(_ category: JSONText?) -> Bool {
        guard let category else { return true }
        return category.equals("ContainerRegistryRepositoryEvents")
            || category.equals(ignoringCase: "containerregistryrepositoryevents")
    }

    /// Whether the status is the one of success; failures carry the same operation.
    ///
    /// A query may leave the status out, or it says nothing. Then a pull counts, and a push that has a digest; that
    /// something was deleted is not to be believed.
    private func succeeded(_ operation: AzureOperation) -> Bool {
        guard fields[.status] != nil else {
            switch operation {
            case .pull: return true
            case .push: return fields[.digest] != nil
            case .untag, .delete: return false
            }
        }
        let status = plain(.status)
        return switch operation {
        case .pull: status.equals("200") || status.equals("304")
        case .push: status.equals("201")
        case .untag, .delete: status.equals("200") || status.equals("202")
        }
    }

    private mutating func azureKey(_ time: Timestamp, _ accessClass: AccessClass) -> EventKey {
        keys.begin(time, accessClass)
        keys.add(plain(.repository))
        keys.add(plain(.tag))
        keys.add(plain(.digest))
        keys.add(plain(.status))
        keys.add(plain(.address))
        keys.add(plain(.user))
        keys.add(plain(.userAgent))
        keys.add(plain(.requestId))
        keys.add(plain(.duration))
        return keys.finish()
    }

    /// A request by digest puts the digest into `tag`.
    private mutating func azureReference() throws(FieldProblem) -> (digest: Int32, tag: Int32) {
        let digest = try texts.digest(plain(.digest), "properties.digest")
        let tag = plain(.tag)
        guard Self.isDigest(tag) else {
            return (digest, try texts.tag(tag, of: digest, "properties.tag"))
        }
        let named = try texts.digest(tag, after: digest, "properties.tag")
        return (digest >= 0 ? digest : named, -1)
    }
}

/// What Azure calls the things that happen to a manifest.
private enum AzureOperation {
    case pull
    case push
    case untag
    case delete

    init?(_ text: UnsafeRawBufferPointer) {
        // As it is written, mostly.
        if text.equals("Pull") {
            self = .pull
        } else if text.equals(ignoringCase: "pull") {
            self = .pull
        } else if text.equals(ignoringCase: "push") {
            self = .push
        } else if text.equals(ignoringCase: "untag") {
            self = .untag
        } else if text.equals(ignoringCase: "delete") || text.starts(ignoringCase: "purge") {
            // The documents speak of purging tags and of purging manifests, but don't show the words.
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
}
