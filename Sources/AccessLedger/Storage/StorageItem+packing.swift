package import RegistryModel

extension StorageItem: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(ordinal)
        packer.add(registry.id)
        packer.add(shared: registry.name)
        packer.add(shared: kind.rawValue)
        packer.add(digest) { $0.add($1) }
        packer.add(repository) { $0.add(shared: $1.description) }
        packer.add(name) { $0.add($1) }
        packer.add(shared: reason)
        packer.add(bytes)
        packer.add(reclaimed)
        packer.add(shared: state.rawValue)
        packer.add(isForgotten)
        packer.add(detail)
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            ordinal: Int(unpacker.number()),
            registry: RegistryRow(id: unpacker.number(), name: unpacker.shared()),
            kind: Kind(rawValue: unpacker.shared()) ?? .blob,
            digest: unpacker.optional { $0.digest() },
            repository: unpacker.optional { $0.repository() },
            name: unpacker.optional { $0.text() },
            reason: unpacker.shared(),
            bytes: unpacker.number(),
            reclaimed: unpacker.number(),
            state: RunItem.State(rawValue: unpacker.shared()) ?? .failed,
            isForgotten: unpacker.flag(),
            detail: unpacker.text()
        )
    }
}
