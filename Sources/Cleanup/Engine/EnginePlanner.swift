package import AccessLedger
import RegistryClients
package import RegistryModel

/// Chooses what a prune of an engine removes; pure.
///
/// Containers are chosen first: what only they hold is free after them.
package struct EnginePlanner: Sendable {
    package let inventory: EngineInventory
    package let engine: EngineRow
    package let now: Timestamp
    private(set) var items: [EngineItem] = []
    /// Reasons for keeping with their counts.
    private(set) var kept: [String: Int] = [:]

    package init(_ inventory: EngineInventory, of engine: EngineRow, now: Timestamp) {
        self.inventory = inventory
        self.engine = engine
        self.now = now
    }

    /// What came of it.
    package struct Draft: Sendable, Equatable {
        package var items: [EngineItem]
        package var kept: [String: Int]
    }

    /// Plans a prune of `parts` in Docker's sense: what is not in use and passes the filters.
    package mutating func prune(_ parts: [EnginePart], _ filters: EngineFilters) -> Draft {
        var containers: Set<String> = []
        if parts.contains(.containers) { containers = pruneContainers(filters) }
        if parts.contains(.networks) { pruneNetworks(filters, without: containers) }
        if parts.contains(.volumes) { pruneVolumes(filters, without: containers) }
        if parts.contains(.images) { pruneImages(filters, without: containers) }
        if parts.contains(.buildCache) { pruneCache(filters) }
        return Draft(items: items, kept: kept)
    }

    mutating func keep(_ reason: String) { kept[reason, default: 0] += 1 }

    mutating func remove(
        _ kind: EnginePart,
        _ subject: String,
        names: [String],
        reason: String,
        bytes: Int64 = 0,
        size: Int64? = nil,
        change: (inout EngineItem) -> Void = { _ in }
    ) {
        var item = EngineItem(
            ordinal: items.count,
            engine: engine,
            kind: kind.kind,
            subject: subject,
            names: names,
            reason: reason,
            bytes: bytes,
            size: size ?? bytes
        )
        change(&item)
        items.append(item)
    }

    // MARK: Kinds

    private mutating func pruneContainers(_ filters: EngineFilters) -> Set<String> {
        let sizes = Dictionary(inventory.usage.containers.map { ($0.id, $0.size ?? 0) }) {
            first,
            _ in first
        }
        var taken: Set<String> = []
        for container in inventory.containers {
            guard container.isStopped else {
                keep("inUse")
                continue
            }
            guard filters.permit(container.labels, created: container.created, now: now) else {
                keep("filtered")
                continue
            }
            taken.insert(container.id)
            remove(
                .containers,
                container.id,
                names: [container.name],
                reason: "stopped",
                bytes: sizes[container.id] ?? 0
            )
        }
        return taken
    }

    private mutating func pruneNetworks(_ filters: EngineFilters, without gone: Set<String>) {
        // A stopped container can't start again without its networks.
        let needed = Set(
            inventory.containers.filter { !gone.contains($0.id) }.flatMap(\.networks)
        )
        for network in inventory.networks where !network.isBuiltIn {
            guard !network.isAttached, !needed.contains(network.name), !needed.contains(network.id)
            else {
                keep("inUse")
                continue
            }
            guard filters.permit(network.labels, created: network.created, now: now) else {
                keep("filtered")
                continue
            }
            remove(.networks, network.id, names: [network.name], reason: "unusedNetwork")
        }
    }

    private mutating func pruneVolumes(_ filters: EngineFilters, without gone: Set<String>) {
        let mounted = Set(
            inventory.containers.filter { !gone.contains($0.id) }.flatMap(\.volumes)
        )
        let freed = Set(
            inventory.containers.filter { gone.contains($0.id) }.flatMap(\.volumes)
        )
        for volume in inventory.usage.volumes {
            let isFreed = inventory.knowsMounts && freed.contains(volume.name)
            guard inventory.unusedVolumes.contains(volume.name) || isFreed,
                !mounted.contains(volume.name)
            else {
                keep("inUse")
                continue
            }
            guard filters.namedVolumes || volume.isAnonymous else {
                keep("namedVolume")
                continue
            }
            guard filters.permit(volume.labels, created: volume.created, now: now) else {
                keep("filtered")
                continue
            }
            remove(
                .volumes,
                volume.name,
                names: [volume.name],
                reason: "unusedVolume",
                bytes: volume.size ?? 0
            )
        }
    }

    private mutating func pruneImages(_ filters: EngineFilters, without gone: Set<String>) {
        let used = inventory.imagesInUse(besides: gone)
        let chosen = inventory.measuredImages.filter { image in
            if used.contains(image.id) {
                keep("inUse")
            } else if filters.dangling, !image.isDangling {
                keep("tagged")
            } else if !filters.permit(image.labels, created: image.created, now: now) {
                keep("filtered")
            } else {
                return true
            }
            return false
        }
        for image in childrenFirst(chosen) {
            remove(
                .images,
                image.id,
                names: image.tags,
                reason: image.isDangling ? "dangling" : "unusedImage",
                bytes: image.unique,
                size: image.size
            ) { $0.digests = image.digests }
        }
    }

    /// Those whose children all go, too, each behind its children; the others are kept.
    mutating func childrenFirst(_ chosen: [EngineImage]) -> [EngineImage] {
        let children = inventory.children
        var left = chosen
        var ordered: [EngineImage] = []
        var gone: Set<String> = []
        // A parent without a name goes along with the last of its children.
        let unnamed = Set(inventory.images.filter(\.isDangling).map(\.id))
        func isFree(_ id: String, _ seen: Set<String> = []) -> Bool {
            (children[id] ?? []).allSatisfy { child in
                gone.contains(child)
                    || unnamed.contains(child) && !seen.contains(child)
                        && !(children[child] ?? []).isEmpty
                        && isFree(child, seen.union([child]))
            }
        }
        while true {
            let bare = left.filter { (children[$0.id] ?? []).allSatisfy(gone.contains) }
            let free = bare.isEmpty ? left.filter { isFree($0.id) } : bare
            guard !free.isEmpty else { break }
            ordered += free
            gone.formUnion(free.map(\.id))
            left.removeAll { gone.contains($0.id) }
        }
        for _ in left { keep("hasChildren") }
        return ordered
    }

    private mutating func pruneCache(_ filters: EngineFilters) {
        for record in inventory.usage.cache {
            guard !record.isInUse else {
                keep("inUse")
                continue
            }
            guard !filters.dangling || record.isDangling else {
                keep("tagged")
                continue
            }
            let lastUsed = record.lastUsed ?? record.created
            guard filters.permit([:], created: lastUsed, now: now) else {
                keep("filtered")
                continue
            }
            remove(
                .buildCache,
                record.id,
                names: [],
                reason: "unusedCache",
                bytes: record.isShared ? 0 : record.size,
                size: record.size
            )
        }
    }
}
