import RegistryModel

extension AccessLine {
    /// The request for a manifest or blob that was not there; nil for any other line, and for names
    /// that no registry can hold.
    func miss(_ keys: inout RecordKeys, _ values: inout LogValues) -> Miss? {
        guard status == 404, let (method, target) = requestParts,
            method.equals("GET") || method.equals("HEAD")
        else { return nil }
        let accessClass: AccessClass = method.equals("GET") ? .pull : .resolve
        let path = RegistryPath.path(of: target)
        guard path.firstIndex(of: UInt8(ascii: "%"), from: 0) != nil else {
            return miss(accessClass, path, &keys, &values)
        }
        return RegistryPath.percentDecoded(path)?.withUnsafeBytes {
            miss(accessClass, $0, &keys, &values)
        }
    }

    private func miss(
        _ accessClass: AccessClass,
        _ path: UnsafeRawBufferPointer,
        _ keys: inout RecordKeys,
        _ values: inout LogValues
    ) -> Miss? {
        let manifest = RegistryPath.manifest(in: path)
        guard let (name, reference) = manifest ?? RegistryPath.blob(in: path),
            let repository = try? values.repository(name, "repository")
        else { return nil }
        let isDigest = reference.firstIndex(of: UInt8(ascii: ":"), from: 0) != nil
        let digest = isDigest ? try? values.digest(reference, "reference") : nil
        let tag = isDigest || manifest == nil ? nil : try? values.tag(reference, "reference")
        guard digest != nil || tag != nil else { return nil }
        keys.begin(time, accessClass)
        keys.add(name)
        keys.add(reference)
        keys.add(UInt64(status))
        keys.add(host)
        keys.add(user)
        keys.add(userAgent ?? host.part(0, 0))
        let access = Access(
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
        return Miss(access: access, isBlob: manifest == nil)
    }
}
