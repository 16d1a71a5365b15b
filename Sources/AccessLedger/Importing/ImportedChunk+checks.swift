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
        let pushes = next.pushes.compactMap { place in
            next.records[place].time <= edge
                ? translated(next.push(next.records[place]), next) : nil
        }
        if !pushes.isEmpty { markChecks(of: pushes) }
    }

    /// A push of another chunk by our numbers; nil where nothing in here can be about it.
    private func translated(_ push: Push, _ other: ImportedChunk) -> Push? {
        if origin === other.origin {
            // What came later has no number here.
            return push.client < names.clients.count ? push : nil
        }
        guard let ours = translation, let theirs = other.translation else { return nil }
        func number(_ number: Int32, _ kind: KeyPath<ImportNames.Translation, [Int32]>) -> Int32 {
            guard number >= 0 else { return -1 }
            let common = theirs[keyPath: kind][Int(number)]
            return ours[keyPath: kind].firstIndex(of: common).map { Int32($0) } ?? -1
        }
        let translated = Push(
            repository: number(push.repository, \.repositories),
            digest: number(push.digest, \.digests),
            tag: number(push.tag, \.tags),
            client: number(push.client, \.clients),
            time: push.time
        )
        guard translated.repository >= 0, (0..<Int32(names.clients.count)) ~= translated.client
        else { return nil }
        return translated
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
            guard isPusher[Int(record.client)], uses[Int(record.use)].name.class.isRead else {
                continue
            }
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
        guard !other.pushes.isEmpty else { return }
        let pushes = other.pushes.map { other.records[$0] }
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
        let name = uses[Int(push.use)].name
        let client = AccessTable.Client(
            address: access.address,
            actor: access.actor,
            userAgent: access.userAgent
        )
        return names.repositories[Int(name.repository)] == access.repository
            && names.clients[Int(push.client)] == client
            && (name.tag >= 0 && names.tags[Int(name.tag)] == access.tag
                || name.digest >= 0 && names.digests[Int(name.digest)] == access.digest)
    }

    /// Forgets what only the search for checks needs; nothing that comes later can be a push of it.
    mutating func settle() { names = AccessTable() }

    private static let window = Span.seconds(60)
}
