import RegistryModel

extension AccessLine {
    /// What the line says of a manifest, or nil when it says nothing: other paths, failed requests,
    /// bytes that are no HTTP.
    ///
    /// A mirror's client names the upstream in the query (`?ns=docker.io`). It is counted for the
    /// path's repository all the same: where the registry does hold that name, to count too much
    /// keeps, to count too little removes.
    func access(
        _ keys: inout RecordKeys,
        _ values: inout LogValues
    ) throws(FieldProblem) -> Access? {
        guard let (method, target) = requestParts,
            let accessClass = Self.accessClass(method, status: status)
        else { return nil }
        let path = RegistryPath.path(of: target)
        guard path.firstIndex(of: UInt8(ascii: "%"), from: 0) != nil else {
            return try access(accessClass, path, &keys, &values)
        }
        guard let decoded = RegistryPath.percentDecoded(path) else { return nil }
        var outcome = Result<Access?, FieldProblem>.success(nil)
        decoded.withUnsafeBytes { bytes in
            outcome = Result { () throws(FieldProblem) in
                try access(accessClass, bytes, &keys, &values)
            }
        }
        return try outcome.get()
    }

    private func access(
        _ accessClass: AccessClass,
        _ path: UnsafeRawBufferPointer,
        _ keys: inout RecordKeys,
        _ values: inout LogValues
    ) throws(FieldProblem) -> Access? {
        guard let (name, reference) = RegistryPath.manifest(in: path) else { return nil }
        let repository = try values.repository(name, "repository")
        let isDigest = reference.firstIndex(of: UInt8(ascii: ":"), from: 0) != nil
        let digest = isDigest ? try values.digest(reference, "reference") : nil
        let tag = isDigest ? nil : try values.tag(reference, "reference")
        guard digest != nil || tag != nil else { throw .missing("reference") }
        keys.begin(time, accessClass)
        keys.add(name)
        keys.add(reference)
        keys.add(UInt64(status))
        keys.add(host)
        keys.add(user)
        keys.add(userAgent ?? host.part(0, 0))
        return Access(
            key: keys.finish(),
            time: time,
            class: accessClass,
            repository: repository,
            digest: digest,
            tag: tag,
            address: values.address(host),
            actor: Self.text(user, &values),
            userAgent: userAgent.flatMap { Self.text($0, &values) },
            isSecondGranular: true
        )
    }

    /// Method and target of `METHOD target HTTP/x`; nil for anything else, such as a TLS greeting.
    var requestParts: (method: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer)? {
        guard let first = request.firstIndex(of: UInt8(ascii: " "), from: 0),
            let second = request.firstIndex(of: UInt8(ascii: " "), from: first + 1),
            request.starts(with: "HTTP/", at: second + 1)
        else { return nil }
        return (request.part(0, first), request.part(first + 1, second))
    }

    private static func accessClass(_ method: UnsafeRawBufferPointer, status: Int) -> AccessClass? {
        switch status {
        case 200:
            if method.equals("GET") { return .pull }
            return method.equals("HEAD") ? .resolve : nil
        case 201: return method.equals("PUT") ? .push : nil
        case 202: return method.equals("DELETE") ? .delete : nil
        // Not modified: the client has it, and asked whether it is still the one.
        case 304: return method.equals("GET") || method.equals("HEAD") ? .resolve : nil
        default: return nil
        }
    }

    static func text(_ bytes: UnsafeRawBufferPointer, _ values: inout LogValues) -> String? {
        guard bytes.firstIndex(of: UInt8(ascii: "\\"), from: 0) != nil else {
            return values.text(bytes)
        }
        return LineEscapes.decoded(bytes).withUnsafeBytes { values.text($0) }
    }
}
