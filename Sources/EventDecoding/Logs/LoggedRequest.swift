import RegistryModel

/// One HTTP request as a log tells of it; what it does not tell is empty.
struct LoggedRequest {
    var time: Timestamp
    var isSecondGranular: Bool
    var method: UnsafeRawBufferPointer
    /// Path and query, or a whole URL.
    var target: UnsafeRawBufferPointer
    /// 0 where there was no answer.
    var status: Int
    var address = UnsafeRawBufferPointer(start: nil, count: 0)
    var user = UnsafeRawBufferPointer(start: nil, count: 0)
    var userAgent = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The answer's `Docker-Content-Digest`: what a tag stood for.
    var digest = UnsafeRawBufferPointer(start: nil, count: 0)
    var id = UnsafeRawBufferPointer(start: nil, count: 0)

    /// How the manifest was used, had it been one; nil for failures and other methods.
    var accessClass: AccessClass? {
        switch status {
        case 200:
            if isGet { return .pull }
            return isHead ? .resolve : nil
        case 201: return method.equals("PUT") || method.equals("put") ? .push : nil
        case 202: return method.equals("DELETE") || method.equals("delete") ? .delete : nil
        // Not modified: the client has it, and asked whether it is still the one.
        case 304: return isRead ? .resolve : nil
        default: return nil
        }
    }

    /// Whether it says anything, whatever it is about: how something was used, or that it was missed.
    var isHeeded: Bool { accessClass != nil || status == 404 || isPartOfBlob }

    /// Whether an answer as those to reads of blobs only: a part, or another place where it is.
    var isPartOfBlob: Bool {
        (status == 206 || status == 302 || status == 307) && isRead
    }

    fileprivate var isRead: Bool { isGet || isHead }

    /// Elastic's schema had methods in lower case before its version 1.6 (`http.request.method`).
    fileprivate var isGet: Bool { method.equals("GET") || method.equals("get") }
    private var isHead: Bool { method.equals("HEAD") || method.equals("head") }
}

extension LogDecoder {
    /// What a request says of a manifest, or nil when it says nothing: other paths, failures.
    ///
    /// A mirror's client names the upstream in the query (`?ns=docker.io`). It is counted for the
    /// path's repository all the same: where the registry does hold that name, to count too much
    /// keeps, to count too little removes.
    mutating func row(of request: LoggedRequest) throws(FieldProblem) -> AccessTable.Row? {
        guard let accessClass = request.accessClass else { return nil }
        guard let path = plainPath(of: request.target) else {
            try LoggedRequest.refuse(request.target, as: "path", request.status)
            return nil
        }
        guard let (name, reference) = RegistryPath.manifest(in: path) else { return nil }
        let repository = try texts.repository(name, "repository")
        let isDigest = reference.firstIndex(of: UInt8(ascii: ":"), from: 0) != nil
        var digest = isDigest ? try texts.digest(reference, "reference") : -1
        let tag = isDigest ? -1 : try texts.tag(reference, "reference")
        guard digest >= 0 || tag >= 0 else { throw .missing("reference") }
        if digest < 0, accessClass != .delete {
            // A wrong one is no reason to forget the request.
            digest = (try? texts.digest(request.digest, "digest")) ?? -1
        }
        keys.begin(request.time, accessClass)
        keys.add(name)
        keys.add(reference)
        keys.add(UInt64(request.status))
        keys.add(request.address)
        keys.add(request.user)
        keys.add(request.userAgent)
        if !request.id.isEmpty { keys.add(request.id) }
        return AccessTable.Row(
            key: keys.finish(),
            time: request.time,
            size: 0,
            repository: repository,
            digest: digest,
            tag: tag,
            client: texts.client(
                address: request.address,
                actor: request.user,
                userAgent: request.userAgent
            ),
            mediaType: -1,
            class: accessClass,
            isSecondGranular: request.isSecondGranular
        )
    }

    /// What somebody else asked for and did not find: a manifest or a blob.
    ///
    /// Nil for any other request, and for names that no registry can hold.
    private mutating func miss(of request: LoggedRequest) -> Miss? {
        guard request.status == 404, request.isRead,
            !request.userAgent.starts(with: "lastpull/"), let path = plainPath(of: request.target)
        else { return nil }
        let manifest = RegistryPath.manifest(in: path)
        guard let (name, reference) = manifest ?? RegistryPath.blob(in: path),
            let repository = RepositoryName(String(decoding: name, as: UTF8.self))
        else { return nil }
        let text = String(decoding: reference, as: UTF8.self)
        let digest = text.contains(":") ? Digest(text) : nil
        let tag = text.contains(":") || manifest == nil ? nil : TagName(text)
        guard digest != nil || tag != nil else { return nil }
        let accessClass: AccessClass = request.isGet ? .pull : .resolve
        keys.begin(request.time, accessClass)
        keys.add(name)
        keys.add(reference)
        keys.add(UInt64(request.status))
        keys.add(request.address)
        keys.add(request.user)
        keys.add(request.userAgent)
        if !request.id.isEmpty { keys.add(request.id) }
        let access = Access(
            key: keys.finish(),
            time: request.time,
            class: accessClass,
            repository: repository,
            digest: digest,
            tag: tag,
            address: LogTexts.text(ClientAddress.bare(request.address)),
            actor: LogTexts.text(request.user),
            userAgent: LogTexts.text(request.userAgent),
            isSecondGranular: request.isSecondGranular
        )
        return Miss(access: access, isBlob: manifest == nil)
    }

    /// Takes note of a blob that somebody else asked for and found.
    private mutating func noteBlob(of request: LoggedRequest) {
        guard dialect.notesBlobs, !decoded.namesFurtherBlobs, request.isRead,
            request.status == 200 || request.status == 304 || request.isPartOfBlob,
            !request.userAgent.starts(with: "lastpull/"), let path = plainPath(of: request.target),
            let (_, reference) = RegistryPath.blob(in: path), blobs.number(of: reference).isNew,
            let digest = Digest(String(decoding: reference, as: UTF8.self))
        else { return }
        decoded.note(blob: digest)
    }

    /// The path without percent encoding; nil where that is malformed.
    private func plainPath(of target: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let path = RegistryPath.path(of: target)
        guard path.firstIndex(of: UInt8(ascii: "%"), from: 0) != nil else { return path }
        return RegistryPath.percentDecoded(path).map { decoded in
            decoded.withUnsafeBytes { arena.copy($0) }
        }
    }

    /// Counts a request, or passes over it.
    mutating func add(
        _ request: LoggedRequest,
        isOwnLog: Bool = false,
        as kind: StaticString,
        from bytes: UnsafeRawBufferPointer,
        at offset: Int
    ) {
        do throws(FieldProblem) {
            if let row = try row(of: request) {
                if isOwnLog { ownLog.append(row) } else { texts.append(row) }
                return
            }
            decoded.ignored += 1
            if let miss = miss(of: request) { decoded.note(miss) } else { noteBlob(of: request) }
        } catch {
            decoded.reject(bytes, "\(kind) at byte \(offset): \(error.reason)")
        }
    }
}
