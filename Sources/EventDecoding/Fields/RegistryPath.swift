/// Paths of the registry's HTTP API (OCI distribution specification, section "Endpoints").
///
/// They are matched from the right, since a component of a repository's name may be `manifests`,
/// `blobs` or `v2`.
enum RegistryPath {
    /// The path of a request target or URL, without query and fragment; empty where it has none.
    static func path(of target: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        if target.first != UInt8(ascii: "/"), let scheme = target.firstIndex(of: "://") {
            start = target.firstIndex(of: UInt8(ascii: "/"), from: scheme + 3) ?? target.count
        }
        let query = target.firstIndex(of: UInt8(ascii: "?"), from: start) ?? target.count
        let path = target.part(start, query)
        return path.part(0, path.firstIndex(of: UInt8(ascii: "#"), from: 0) ?? path.count)
    }

    /// Whether the path is a blob's, or nil when it is neither a blob's nor a manifest's.
    static func isBlob(_ path: UnsafeRawBufferPointer) -> Bool? {
        var index = path.count - 1
        while index >= 0 {
            if path[index] == UInt8(ascii: "/") {
                if path.starts(with: "/manifests/", at: index) { return false }
                if path.starts(with: "/blobs/", at: index) { return true }
            }
            index -= 1
        }
        return nil
    }

    /// Whether a text may name a manifest or a blob, wherever in it.
    static func isNamed(in text: UnsafeRawBufferPointer) -> Bool {
        guard let version = text.firstIndex(of: "/v2/") else { return false }
        let rest = text.part(version + 3, text.count)
        return rest.firstIndex(of: "/manifests/") != nil || rest.firstIndex(of: "/blobs/") != nil
    }

    /// Finds `<repository>` and `<reference>` in `[prefix]/v2/<repository>/manifests/<reference>`.
    static func manifest(
        in path: UnsafeRawBufferPointer
    ) -> (repository: UnsafeRawBufferPointer, reference: UnsafeRawBufferPointer)? {
        parts(of: path, around: "/manifests/")
    }

    /// Finds `<repository>` and `<digest>` in `[prefix]/v2/<repository>/blobs/<digest>`.
    static func blob(
        in path: UnsafeRawBufferPointer
    ) -> (repository: UnsafeRawBufferPointer, reference: UnsafeRawBufferPointer)? {
        parts(of: path, around: "/blobs/")
    }

    private static func parts(
        of path: UnsafeRawBufferPointer,
        around word: StaticString
    ) -> (repository: UnsafeRawBufferPointer, reference: UnsafeRawBufferPointer)? {
        // The reference is what follows the last slash; after anything longer it is another
        // endpoint, such as a blob of a repository `…/manifests`.
        var slash = path.count - 1
        while slash >= 0, path[slash] != UInt8(ascii: "/") { slash -= 1 }
        let middle = slash - word.utf8CodeUnitCount + 1
        guard slash + 1 < path.count, middle > 0, path.starts(with: word, at: middle),
            let version = path.part(0, middle).firstIndex(of: "/v2/")
        else { return nil }
        return (path.part(version + 4, middle), path.part(slash + 1, path.count))
    }

    /// Decodes every `%XX`, or returns nil when one is malformed.
    static func percentDecoded(_ path: UnsafeRawBufferPointer) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            guard path[index] == UInt8(ascii: "%") else {
                result.append(path[index])
                index += 1
                continue
            }
            guard let value = path.hex(at: index + 1, count: 2) else { return nil }
            result.append(UInt8(value))
            index += 3
        }
        return result
    }
}
