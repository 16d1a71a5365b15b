import Crypto
import Foundation
package import RegistryClients
package import RegistryModel

/// What an engine does with images, as accesses to the registries that they come from.
package struct NodeUse: Sendable {
    let engine: String
    /// The registries of the settings, by the hosts that images name them by.
    let registries: [String: Set<String>]

    package init(engine: String, registries: [RegistrySettings]) {
        self.engine = engine
        var byHost: [String: Set<String>] = [:]
        for registry in registries {
            if registry.kind == .dockerhub {
                // Its API has another host than its images.
                byHost[ImageAddress.dockerHub, default: []].insert(registry.name)
            }
            for url in [registry.url, registry.probeURL].compactMap(\.self) {
                for host in ImageAddress.hosts(of: url) {
                    byHost[host, default: []].insert(registry.name)
                }
            }
        }
        self.registries = byHost
    }

    /// Whether an event is a use of an image.
    package static func isUse(_ event: EngineEvent) -> Bool {
        switch (event.type, event.action) {
        case ("image", "pull"), ("container", "create"), ("container", "start"): true
        default: false
        }
    }

    /// The names under which an event speaks of its image; one of them may be an id.
    package static func names(in event: EngineEvent) -> [String] {
        if event.type == "container" { return [event.attributes["image"] ?? ""] }
        // Docker has the whole name as the actor, Podman the id, and the name as it was typed.
        return ImageAddress(event.actor) == nil ? [event.attributes["name"] ?? ""] : [event.actor]
    }

    /// The use of images, each with all names that it has, of which those that no registry of the
    /// settings has are left out.
    ///
    /// `occasion` is what makes this use another one than any before.
    package func accesses(
        _ images: some Sequence<[String]>,
        at time: Timestamp,
        occasion: String
    ) -> [(registry: String, access: Access)] {
        images.flatMap { Self.joined($0.compactMap { ImageAddress($0) }) }.flatMap { address in
            (registries[address.host] ?? []).map { registry in
                let text =
                    "\(engine) \(occasion) \(registry) \(address.repository) "
                    + "\(address.tag?.description ?? "") \(address.digest?.description ?? "")"
                let access = Access(
                    key: Self.key(text),
                    time: time,
                    class: .pull,
                    repository: address.repository,
                    digest: address.digest,
                    tag: address.tag,
                    actor: "engine \(engine)"
                )
                return (registry, access)
            }
        }
    }

    /// Puts a tag and a digest of one image in one repository together: that is one use.
    private static func joined(_ addresses: [ImageAddress]) -> Set<ImageAddress> {
        struct Place: Hashable {
            var host: String
            var repository: RepositoryName
        }
        let places = Dictionary(grouping: addresses) {
            Place(host: $0.host, repository: $0.repository)
        }
        return Set(
            places.values.flatMap { found -> [ImageAddress] in
                guard let digest = found.compactMap(\.digest).first else { return found }
                let tagged = found.filter { $0.tag != nil }.map { address in
                    var address = address
                    address.digest = address.digest ?? digest
                    return address
                }
                return tagged.isEmpty ? found : tagged
            }
        )
    }

    private static func key(_ text: String) -> EventKey {
        SHA256.hash(data: Data(text.utf8)).withUnsafeBytes { bytes in
            EventKey(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
