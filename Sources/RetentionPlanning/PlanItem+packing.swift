package import RegistryModel

extension PlanItem: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(kind == .tag)
        packer.add(shared: registry)
        packer.add(shared: repository.description)
        packer.add(repositoryID)
        packer.add(tag) { $0.add($1.description) }
        packer.add(tagID) { $0.add($1) }
        packer.add(digest) { $0.add($1) }
        packer.add(manifestID) { $0.add($1) }
        packer.add(shared: reason.rawValue)
        packer.add(detail)
        packer.add(policy) { $0.add(shared: $1) }
        packer.add(mode == .enforce)
        packer.add(lastAccess) { $0.add($1.milliseconds) }
        packer.add(accesses)
        packer.add(bytes)
        packer.add(removesManifest)
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            kind: unpacker.flag() ? .tag : .manifest,
            registry: unpacker.shared(),
            repository: unpacker.repository(),
            repositoryID: unpacker.number(),
            tag: unpacker.optional { $0.tag() },
            tagID: unpacker.optional { $0.number() },
            digest: unpacker.optional { $0.digest() },
            manifestID: unpacker.optional { $0.number() },
            reason: Reason(rawValue: unpacker.shared()) ?? .notProtected,
            detail: unpacker.text(),
            policy: unpacker.optional { $0.shared() },
            mode: unpacker.flag() ? .enforce : .observe,
            lastAccess: unpacker.optional { Timestamp(milliseconds: $0.number()) },
            accesses: Int(unpacker.number()),
            bytes: unpacker.number(),
            removesManifest: unpacker.flag()
        )
    }
}
