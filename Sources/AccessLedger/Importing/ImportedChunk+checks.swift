import RegistryModel

// A pushing client's own checks: its reads of the tag or digest in the minute before it pushes that
// (design, section 5.1).
extension ImportedChunk {
    /// A push by the numbers of this chunk's table; -1 for what is not in it.
    struct Push {
        var repository: Int32
        var digest: Int32
        var tag: Int32
        var client: Int32
        var time: Int64
    }

    /// What is pushed: a tag or a digest of a repository.
    private struct Pushed: Hashable {
        var repository: Int32
        var digest: Int32 = -1
        var tag: Int32 = -1
    }

    func push(_ record: Record) -> Push {
        let name = uses[Int(record.use)].name
        return Push(
            repository: name.repository,
            digest: name.digest,
            tag: name.tag,
            client: record.client,
            time: record.time
        )
    }

    /// Marks the reads in here that were part of pushes of the next chunk.
    mutating func markChecks(ofNext next: ImportedChunk) {
        forgetMisses(before: next)
        guard let last, let first = next.first, first - Self.window <= last else { return }
        let edge = (last + Self.window).milliseconds
        var pushes: [Push] = []
        for record in next.records where record.time <= edge {
            guard next.uses[Int(record.use)].class == .push, let push = translated(record, next)
            else { continue }
            pushes.append(push)
        }
        if !pushes.isEmpty { markChecks(of: pushes) }
    }

    /// A push of another chunk by our numbers; nil where nothing in here can be about it.
    private func translated(_ record: Record, _ other: ImportedChunk) -> Push? {
        let use = other.uses[Int(record.use)]
        guard let repository = names.repositories.firstIndex(of: use.repository),
            let client = names.clients.firstIndex(of: other.names.clients[Int(record.client)])
        else { return nil }
        return Push(
            repository: Int32(repository),
            digest: use.digest.flatMap(names.digests.firstIndex(of:)).map { Int32($0) } ?? -1,
            tag: use.tag.flatMap(names.tags.firstIndex(of:)).map { Int32($0) } ?? -1,
            client: Int32(client),
            time: record.time
        )
    }

    mutating func markChecks(of pushes: [Push]) {
        // Few clients push: what the others read needs no search.
        var isPusher = [Bool](repeating: false, count: names.clients.count)
        for push in pushes { isPusher[Int(push.client)] = true }
        var pushed: [Pushed: [Push]] = [:]
        for push in pushes {
            if push.digest >= 0 {
                pushed[
                    Pushed(repository: push.repository, digest: push.digest),
                    default: []
                ].append(push)
            }
            if push.tag >= 0 {
                pushed[Pushed(repository: push.repository, tag: push.tag), default: []]
                    .append(push)
            }
        }
        for place in records.indices {
            let record = records[place]
            guard isPusher[Int(record.client)], uses[Int(record.use)].class.isRead else { continue }
            let name = uses[Int(record.use)].name
            let byDigest = pushed[Pushed(repository: name.repository, digest: name.digest)]
            let byTag = pushed[Pushed(repository: name.repository, tag: name.tag)]
            func isCheck(_ push: Push) -> Bool {
                push.client == record.client && record.time <= push.time
                    && record.time >= push.time - Self.window.milliseconds
            }
            let isPart =
                name.digest >= 0 && byDigest?.contains(where: isCheck) ?? false
                || name.tag >= 0 && byTag?.contains(where: isCheck) ?? false
            if isPart { records[place].isCheck = true }
        }
    }

    /// Forgets misses that were part of another piece's pushes, or of our own: what the client that
    /// pushes had looked for just before is nothing that somebody misses.
    mutating func forgetMisses(before other: ImportedChunk) {
        guard !misses.isEmpty else { return }
        let pushes = other.records.filter { other.uses[Int($0.use)].class == .push }
        guard !pushes.isEmpty else { return }
        misses.removeAll { miss, time in
            // A stamp of whole seconds may be up to that much too early.
            let first = time.milliseconds
            let last = first + Self.window.milliseconds + 999
            return pushes.contains { push in
                push.time >= first && push.time <= last && other.tells(push, of: miss.access)
            }
        }
    }

    /// Whether a push is of what `access` is about, by the same client.
    private func tells(_ push: Record, of access: Access) -> Bool {
        let use = uses[Int(push.use)]
        let client = AccessTable.Client(
            address: access.address,
            actor: access.actor,
            userAgent: access.userAgent
        )
        return use.repository == access.repository && names.clients[Int(push.client)] == client
            && (use.tag != nil && use.tag == access.tag
                || use.digest != nil && use.digest == access.digest)
    }

    /// Forgets what only the search for checks needs; nothing that comes later can be a push of it.
    mutating func settle() { names = AccessTable() }

    private static let window = Span.seconds(60)
}
