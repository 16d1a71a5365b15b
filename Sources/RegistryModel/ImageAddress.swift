/// The name of an image as engines write it: `[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST]`.
///
/// Grammar and short names: distribution's `reference` package. A name without a host is Docker
/// Hub's, and one of a single word there is in `library/`; without tag and digest it is `latest`.
package struct ImageAddress: Sendable, Hashable {
    /// In lower case, with the port where one is written; `docker.io` for Docker Hub.
    package var host: String
    package var repository: RepositoryName
    package var tag: TagName?
    package var digest: Digest?

    /// Parses `text`, or returns nil when it names nothing that a registry could have: an id, a file.
    package init?(_ text: some StringProtocol) {
        var name = Substring(text)
        if let transport = name.firstRange(of: "://") {
            guard name[..<transport.lowerBound] == "docker" else { return nil }
            name = name[transport.upperBound...]
        }
        guard !Self.isID(name) else { return nil }
        if let at = name.firstIndex(of: "@") {
            guard let digest = Digest(name[name.index(after: at)...]) else { return nil }
            self.digest = digest
            name = name[..<at]
        }
        // A colon before the last slash is that of a port.
        let path = name.lastIndex(of: "/").map { name[name.index(after: $0)...] } ?? name
        if let colon = path.lastIndex(of: ":") {
            guard let tag = TagName(String(name[name.index(after: colon)...])) else { return nil }
            self.tag = tag
            name = name[..<colon]
        }
        guard let (host, repository) = Self.place(name) else { return nil }
        self.host = host
        self.repository = repository
        if tag == nil, digest == nil { tag = TagName("latest") }
    }

    private static func place(_ name: Substring) -> (host: String, repository: RepositoryName)? {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var host = dockerHub
        var path = String(name)
        let first = parts[0]
        let isHost =
            first.contains(".") || first.contains(":") || first == "localhost"
            || first.contains { $0.isUppercase }
        if parts.count == 2, isHost {
            host = first.lowercased()
            path = String(parts[1])
        }
        if hubNames.contains(host) {
            host = dockerHub
            if !path.contains("/") { path = "library/\(path)" }
        }
        return RepositoryName(path).map { (host, $0) }
    }

    /// Twelve to 64 hexadecimal digits, perhaps after `sha256:`, are an image's own id.
    private static func isID(_ name: Substring) -> Bool {
        let digits = name.hasPrefix("sha256:") ? name.dropFirst(7) : name
        return digits.count >= 12 && digits.count <= 64
            && digits.allSatisfy { $0.isASCII && $0.isHexDigit && !$0.isUppercase }
    }

    package static let dockerHub = "docker.io"
    private static let hubNames = ["docker.io", "index.docker.io", "registry-1.docker.io"]

    /// The hosts by which images name the registry at `url`, `https://HOST[:PORT]`.
    ///
    /// What is on loopback has many names there.
    package static func hosts(of url: String) -> Set<String> {
        guard let scheme = url.firstRange(of: "://") else { return [] }
        let isSecure = url[..<scheme.lowerBound] == "https"
        let authority = url[scheme.upperBound...].prefix { $0 != "/" }.lowercased()
        let hasPort =
            authority.lastIndex(of: ":").map { !authority[$0...].contains("]") } ?? false
        let name = hasPort ? String(authority[..<(authority.lastIndex(of: ":") ?? authority.endIndex)]) : authority
        let port = hasPort ? String(authority.dropFirst(name.count + 1)) : isSecure ? "443" : "80"
        if hubNames.contains(name) { return [dockerHub] }
        let names = loopback.contains(name) ? loopback : [name]
        let isUsual = port == (isSecure ? "443" : "80")
        return Set(names.flatMap { isUsual ? [$0, "\($0):\(port)"] : ["\($0):\(port)"] })
    }

    private static let loopback: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
}
