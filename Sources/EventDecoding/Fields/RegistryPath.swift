/// Paths of the registry's HTTP API (OCI distribution specification, section "Endpoints").
///
/// They are matched from the right, since a component of a repository's name may be `manifests`,
/// `blobs` or `v2`.
enum RegistryPath {
    /// The path of a request target or URL, without query and fragment; empty where it has none.
    static func path(of target: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        if let scheme = target.firstIndex(of: "://"), target.first != UInt8(ascii: "/") {
            start = target.firstIndex(of: UInt8(ascii: "/"), from: scheme + 3) ?? target.count
        }
        var end = start
        while end < target.count, target[end] != UInt8(ascii: "?"), target[end] != UInt8(ascii: "#") {
            end += 1
        }
        return target.part(start, end)
    }

    /// Whether the path is a blob's, or nil when it is neither a blob's nor a manifest's.
    static func isBlob(_ path: UnsafeRawBufferPointer) -> Bool? {
        let blob = path.lastIndex(of: "/blobs/")
        let manifest = path.lastIndex(of: "/manifests/")
        guard blob != nil || manifest != nil else { return nil }
        return (blob ?? -1) > (manifest ?? -1)
    }

    /// Finds `<repository>` and `<reference>` in `[prefix]/v2/<repository>/manifests/<reference>`.
    static func manifest(
        in path: UnsafeRawBufferPointer
    ) -> (repository: UnsafeRawBufferPointer, reference: UnsafeRawBufferPointer)? {
        guard let middle = path.lastIndex(of: "/manifests/") else { return nil }
        let reference = path.part(middle + 11, path.count)
        // Anything after the reference is another endpoint, such as a blob of `…/manifests`.
        guard !reference.isEmpty, reference.firstIndex(of: UInt8(ascii: "/"), from: 0) == nil,
            let version = path.part(0, middle).firstIndex(of: "/v2/")
        else { return nil }
        return (path.part(version + 4, middle), reference)
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
