import AccessLedger
import RegistryClients
import RegistryModel

/// Items that one request removes, by their places in the list of their run.
///
/// Places, and not the items themselves: a run can have very many.
struct RemovalGroup {
    /// Mostly the only one.
    var first: Int
    var others: [Int] = []
    /// Whether we have begun with it in this run: what is gone then went by us.
    var isBegun = false

    /// The items, in the order of the plan.
    func items(of run: RunRecord) -> [RunItem] {
        ([first] + others).map { place in
            var item = run.items[place]
            if isBegun { item.state = .started }
            return item
        }
    }

    /// The groups of `items`, places of open ones: where only digests can be deleted, all tags of a
    /// manifest that goes with the last of them.
    static func groups(
        of items: [Int],
        in run: RunRecord,
        _ power: DeletePower
    ) -> [RemovalGroup] {
        guard power == .digestOnly || power == .byTagAndDigest else {
            return items.map { RemovalGroup(first: $0) }
        }
        let whole = Set(
            items.lazy.map { run.items[$0] }.filter(\.removesManifest).compactMap(\.manifestId)
        )
        var waiting: [Int64: RemovalGroup] = [:]
        var groups: [RemovalGroup] = []
        for place in items {
            let item = run.items[place]
            guard item.tagId != nil, let manifest = item.manifestId, whole.contains(manifest) else {
                groups.append(RemovalGroup(first: place))
                continue
            }
            var group = RemovalGroup(first: place)
            if let begun = waiting.removeValue(forKey: manifest) {
                group = begun
                group.others.append(place)
            }
            if item.removesManifest {
                groups.append(group)
            } else {
                waiting[manifest] = group
            }
        }
        return groups + waiting.values.sorted { $0.first < $1.first }
    }
}
