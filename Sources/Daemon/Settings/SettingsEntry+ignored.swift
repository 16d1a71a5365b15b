import RegistryModel

// What is not counted as use. Where that is everybody, every image looks unused and goes.
extension SettingsEntry {
    /// Reads a glob of what has no grammar, such as a user agent.
    func ignoredGlob() -> Glob? {
        guard let text = text() else { return nil }
        guard !text.contains("*") || text.contains(where: { $0 != "*" && $0 != "?" }) else {
            return refuseEverybody(text)
        }
        return Glob(text)
    }

    func ignoredNetwork() -> Network? {
        guard let network = network() else { return nil }
        return network.isEverything ? refuseEverybody("\(network)") : network
    }

    /// Reads networks that may be everybody together, such as two halves of the world.
    func ignoredNetworks() -> [Network]? {
        guard let networks = items({ $0.ignoredNetwork() }) else { return nil }
        guard !Network.areEverything(networks) else {
            return refuseEverybody(networks.map(\.description).joined(separator: ", "), "together ")
        }
        return networks
    }

    private func refuseEverybody<Value>(_ text: String, _ how: String = "") -> Value? {
        refuse(
            "\(Excerpt.of(text)) \(how)names everybody, so that every image would look unused; "
                + "name those whose reads are no use"
        )
        return nil
    }
}
