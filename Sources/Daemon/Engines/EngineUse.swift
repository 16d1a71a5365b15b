import Crypto
import Foundation
package import RegistryClients
package import RegistryModel

/// What an engine does with images, as accesses to the registries that they come from.
package struct EngineUse: Sendable {
    let engine: String
    /// The registries of the settings, by the hosts that images name them by.
    let registries: [String: Set<String>]

    package init(engine: String, registries: [RegistrySettings]) {
        self.engine = engine
        var byHost: [String: Set<String>] = [:]
        for registry in registries {
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

    /// The use of an image under `names`, of which those that no registry has are left out.
    ///
    /// `occasion` is what makes this use another one than any before.
    package func accesses(
        _ names: some Sequence<String>,
        at time: Timestamp,
        occasion: String
    ) -> [(registry: String, access: Access)] {
        var uses: [(registry: String, access: Access)] = []
        for reference in Set(names.compactMap { ImageAddress($0) }) {
            for registry in registries[reference.host] ?? [] {
                let text =
                    "\(engine) \(occasion) \(registry) \(reference.repository) "
                    + "\(reference.tag?.description ?? "") \(reference.digest?.description ?? "")"
                let access = Access(
                    key: Self.key(text),
                    time: time,
                    class: .pull,
                    repository: reference.repository,
                    digest: reference.digest,
                    tag: reference.tag,
                    actor: "engine \(engine)"
                )
                uses.append((registry, access))
            }
        }
        return uses
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
