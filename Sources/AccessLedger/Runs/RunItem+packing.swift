package import RegistryModel

extension RunItem: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(ordinal)
        packer.add(shared: kind)
        packer.add(registry.id)
        packer.add(shared: registry.name)
        packer.add(repositoryId)
        packer.add(shared: repository.description)
        packer.add(shared: reason)
        packer.add(tagId) { $0.add($1) }
        packer.add(tag) { $0.add($1.description) }
        packer.add(manifestId) { $0.add($1) }
        packer.add(digest) { $0.add($1) }
        packer.add(why)
        packer.add(policy) { $0.add(shared: $1) }
        packer.add(isEnforced)
        packer.add(lastAccess) { $0.add($1.milliseconds) }
        packer.add(accesses)
        packer.add(bytes)
        packer.add(removesManifest)
        packer.add(shared: state.rawValue)
        packer.add(detail)
        packer.add(step)
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            ordinal: Int(unpacker.number()),
            kind: unpacker.shared(),
            registry: RegistryRow(id: unpacker.number(), name: unpacker.shared()),
            repositoryId: unpacker.number(),
            repository: unpacker.repository(),
            reason: unpacker.shared()
        )
        tagId = unpacker.optional { $0.number() }
        tag = unpacker.optional { $0.tag() }
        manifestId = unpacker.optional { $0.number() }
        digest = unpacker.optional { $0.digest() }
        why = unpacker.text()
        policy = unpacker.optional { $0.shared() }
        isEnforced = unpacker.flag()
        lastAccess = unpacker.optional { Timestamp(milliseconds: $0.number()) }
        accesses = Int(unpacker.number())
        bytes = unpacker.number()
        removesManifest = unpacker.flag()
        state = State(rawValue: unpacker.shared()) ?? .failed
        detail = unpacker.text()
        step = unpacker.text()
    }
}
