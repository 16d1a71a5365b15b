import RegistryClients
import RegistryModel
import TestSupport
import Testing

/// The client against distribution itself.
@Suite(.enabled(if: RealRegistry.isInstalled))
struct RealRegistryTests {
    @Test func imageIsWrittenAndReadBack() async throws {
        let registry = try await RealRegistry.start()
        let client = try OCIRegistryClient.make(registry.url)
        try await client.ping()
        let tags = try await client.tags(of: .team)
        #expect(tags == [])
        try await writeImageAndReadItBack(client)
        try await registry.stop()
    }

    @Test func deletesAreFoundToBeByDigestOnly() async throws {
        let registry = try await RealRegistry.start()
        let client = try OCIRegistryClient.make(registry.url)
        try await writeImageAndReadItBack(client)
        let power = try await client.deletePower(in: .team)
        #expect(power == .digestOnly)
        let digest = try #require(try await client.head(.team, .tag(named: "v1")).digest)
        try await expectError(.unsupported) {
            _ = try await client.delete(.team, .tag(named: "v1"))
        }
        let first = try await client.delete(.team, .digest(digest))
        #expect(first == .deleted)
        let second = try await client.delete(.team, .digest(digest))
        #expect(second == .alreadyGone)
        let tags = try await client.tags(of: .team)
        #expect(tags == [])
        try await registry.stop()
    }

    @Test func deletesAreFoundToBeOff() async throws {
        let registry = try await RealRegistry.start(RealRegistry.Options(deletes: false))
        let client = try OCIRegistryClient.make(registry.url)
        try await writeImageAndReadItBack(client)
        let power = try await client.deletePower(in: .team)
        #expect(power == .disabled)
        let digest = try #require(try await client.head(.team, .tag(named: "v1")).digest)
        try await expectError(.deletesDisabled) {
            _ = try await client.delete(.team, .digest(digest))
        }
        let tagCount = try await client.tags(of: .team).count
        #expect(tagCount == 1)
        try await registry.stop()
    }

    @Test func catalogOfManyRepositoriesComesInPages() async throws {
        let registry = try await RealRegistry.start()
        let client = try OCIRegistryClient.make(registry.url)
        let names = (0..<3).map { "r\($0)/x" }
        for name in names { try await client.uploadBlob(.name(name), bytes: [1]) }
        var found: [String] = []
        try await client.forEachRepositoryPage { found += $0.map(\.description) }
        #expect(found == names)
        try await registry.stop()
    }
}
