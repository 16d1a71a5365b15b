extension ListedTag: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(name.description)
        packer.add(digest) { $0.add($1) }
        packer.add(pushedAt) { $0.add($1.milliseconds) }
        packer.add(use) { packer, use in
            switch use {
            case .never: packer.add(false)
            case .at(let time):
                packer.add(true)
                packer.add(time.milliseconds)
            }
        }
        packer.add(isLocked)
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            name: unpacker.tag(),
            digest: unpacker.optional { $0.digest() },
            pushedAt: unpacker.optional { Timestamp(milliseconds: $0.number()) },
            use: unpacker.optional { unpacker in
                unpacker.flag() ? .at(Timestamp(milliseconds: unpacker.number())) : .never
            },
            isLocked: unpacker.flag()
        )
    }
}

extension ListedManifest: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(digest)
        packer.add(mediaType) { $0.add(shared: $1) }
        packer.add(pushedAt) { $0.add($1.milliseconds) }
        packer.add(isLocked)
        packer.add(content) { $1.pack(into: &$0) }
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            digest: unpacker.digest(),
            mediaType: unpacker.optional { $0.shared() },
            pushedAt: unpacker.optional { Timestamp(milliseconds: $0.number()) },
            isLocked: unpacker.flag(),
            content: unpacker.optional { ManifestContent(from: &$0) }
        )
    }
}

extension ManifestContent: Packable {
    package func pack(into packer: inout Packer) {
        packer.add(shared: mediaType)
        for list in [blobs, children] {
            packer.add(list.count)
            for descriptor in list {
                packer.add(descriptor.digest)
                packer.add(descriptor.size) { $0.add($1) }
                packer.add(descriptor.isElsewhere)
            }
        }
        packer.add(subject) { $0.add($1) }
        packer.add(isIndex)
    }

    package init(from unpacker: inout Unpacker) {
        self.init(
            mediaType: unpacker.shared(),
            blobs: Self.descriptors(&unpacker),
            children: Self.descriptors(&unpacker),
            subject: unpacker.optional { $0.digest() },
            isIndex: unpacker.flag()
        )
    }

    private static func descriptors(_ unpacker: inout Unpacker) -> [Descriptor] {
        (0..<unpacker.number()).map { _ in
            Descriptor(
                digest: unpacker.digest(),
                size: unpacker.optional { $0.number() },
                isElsewhere: unpacker.flag()
            )
        }
    }
}
