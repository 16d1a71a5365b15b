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

    private func refuseEverybody<Value>(_ text: String) -> Value? {
        refuse(
            "\(Excerpt.of(text)) names everybody, so that every image would look unused; name those "
                + "whose reads are no use"
        )
        return nil
    }
}
