import Daemon
import RegistryModel
import Testing

/// What of Docker Hub is looked after, where its settings leave that to the policies.
struct HubPlacesTests {
    @Test func namedRepositoriesOfPoliciesAreTakenOneByOne() throws {
        let places = try places("repositories: [team/api, acme/web]")
        #expect(places.namespaces == [])
        #expect(places.repositories?.map(\.description) == ["team/api", "acme/web"])
    }

    // One pattern needs the list, and the names of that namespace come with it.
    @Test func aPatternListsItsNamespaceAndThoseOfTheNames() throws {
        let places = try places(#"repositories: ["team/*", acme/web]"#)
        #expect(places.namespaces == ["acme", "team"])
        #expect(places.repositories == nil)
    }

    @Test func theRegistrysOwnNamespaceIsEnough() throws {
        let places = try places(#"repositories: ["**"]"#, registry: "namespace: team")
        #expect(places.namespaces == ["team"])
    }

    private func places(_ policy: String, registry: String = "inventory: 6h") throws -> HubPlaces {
        let settings = try SettingsSamples.parse(
            """
            registries: [{ name: hub, kind: dockerhub, \(registry) }]
            policies: [{ name: p, registry: hub, \(policy) }]
            """
        )
        let hub = try #require(settings.registries.first)
        return HubPlaces(of: hub, policies: settings.policies)
    }
}
