extension FakeAzure {
    /// The tags of a repository, found by name and by digest alike however many there are.
    package struct Tags: Sendable {
        private var byName: [String: Tag] = [:]
        private var byDigest: [String: Set<String>] = [:]

        package var count: Int { byName.count }
        package var names: [String] { byName.keys.sorted() }

        package subscript(name: String) -> Tag? {
            get { byName[name] }
            set {
                if let old = byName[name] {
                    byDigest[old.digest]?.remove(name)
                    if byDigest[old.digest]?.isEmpty == true { byDigest[old.digest] = nil }
                }
                byName[name] = newValue
                if let newValue { byDigest[newValue.digest, default: []].insert(name) }
            }
        }

        package func names(of digest: String) -> [String] { (byDigest[digest] ?? []).sorted() }
    }
}
