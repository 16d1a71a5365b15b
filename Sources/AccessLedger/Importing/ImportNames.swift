import RegistryModel

/// The names of all pieces of an import, by numbers that mean the same in all of them.
///
/// Each decoder numbers its own; what it has numbered before is looked up here once.
struct ImportNames {
    /// Names of one kind, by the order in which they came.
    struct Numbers<Name: Hashable> {
        private(set) var names: [Name] = []
        private var numbers: [Name: Int32] = [:]

        mutating func number(_ name: Name) -> Int32 {
            let next = Int32(names.count)
            let number = numbers[name] ?? next
            guard number == next else { return number }
            numbers[name] = next
            names.append(name)
            return next
        }

        /// Numbers the names that `own` has more than `translated`.
        fileprivate mutating func extend(_ translated: inout [Int32], with own: [Name]) {
            guard translated.count < own.count else { return }
            translated.reserveCapacity(own.count)
            for name in own[translated.count...] { translated.append(number(name)) }
        }
    }

    /// Our numbers by those of a decoder.
    final class Translation: @unchecked Sendable {
        // Unchecked: only the thread that imports uses it.

        /// Kept, so that no other one takes its identity.
        private let origin: NameOrigin
        fileprivate(set) var repositories: [Int32] = []
        fileprivate(set) var digests: [Int32] = []
        fileprivate(set) var tags: [Int32] = []
        fileprivate(set) var clients: [Int32] = []
        fileprivate(set) var mediaTypes: [Int32] = []

        fileprivate init(_ origin: NameOrigin) { self.origin = origin }
    }

    private(set) var repositories = Numbers<RepositoryName>()
    private(set) var digests = Numbers<Digest>()
    private(set) var tags = Numbers<TagName>()
    private(set) var clients = Numbers<AccessTable.Client>()
    private(set) var mediaTypes = Numbers<String>()
    private var translations: [ObjectIdentifier: Translation] = [:]

    /// What the numbers of a piece's names are here.
    mutating func translation(of chunk: ImportedChunk) -> Translation {
        let identity = ObjectIdentifier(chunk.origin)
        let translation = translations[identity] ?? Translation(chunk.origin)
        translations[identity] = translation
        let own = chunk.names
        repositories.extend(&translation.repositories, with: own.repositories)
        digests.extend(&translation.digests, with: own.digests)
        tags.extend(&translation.tags, with: own.tags)
        clients.extend(&translation.clients, with: own.clients)
        mediaTypes.extend(&translation.mediaTypes, with: own.mediaTypes)
        return translation
    }

    /// Whether it takes so much memory that to begin anew is better.
    var isLarge: Bool {
        repositories.names.count + digests.names.count + tags.names.count + clients.names.count
            + mediaTypes.names.count > Self.most || translations.count > Self.mostOrigins
    }

    /// About 10 MB.
    private static let most = 65_536
    private static let mostOrigins = 64
}
