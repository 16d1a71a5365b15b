import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct OCIDeleteTests {
    @Test func tagIsDeletedAndOthersOfItsManifestStay() async throws {
        try await withRegistry(.distribution3) { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.addImage("team/api", "v2", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            let first = try await client.delete(.team, .tag(named: "v1"))
            #expect(first == .deleted)
            #expect(await registry.tags("team/api") == ["v2": digest])
            let second = try await client.delete(.team, .tag(named: "v1"))
            #expect(second == .alreadyGone)
        }
    }

    @Test func deletedDigestTakesItsTagsAlong() async throws {
        try await withRegistry(.distribution28) { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            let first = try await client.delete(.team, .digest(digest))
            #expect(first == .deleted)
            #expect(await registry.tags("team/api").isEmpty)
            #expect(await registry.manifests("team/api").isEmpty)
            let second = try await client.delete(.team, .digest(digest))
            #expect(second == .alreadyGone)
        }
    }

    @Test func tagOfARegistryThatDeletesByDigestIsUnsupported() async throws {
        try await withRegistry(.distribution28) { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.unsupported) {
                _ = try await client.delete(.team, .tag(named: "v1"))
            }
            #expect(await registry.tags("team/api") == ["v1": digest])
        }
    }

    @Test func switchedOffDeletesSayHowToSwitchThemOn() async throws {
        try await withRegistry { registry in
            await registry.set { $0.deletesEnabled = false }
            await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            let error = try await expectError(.deletesDisabled) {
                _ = try await client.delete(.team, .tag(named: "v1"))
            }
            #expect(error.description.contains("storage.delete.enabled: true"))
            #expect(error.description.contains("REGISTRY_STORAGE_DELETE_ENABLED=true"))
            #expect(!error.isRetryable)
        }
    }

    @Test(
        arguments: [
            (FakeRegistry.Mode.distribution3, true, DeletePower.byTag),
            (.distribution28, true, .digestOnly),
            (.distribution3, false, .disabled),
            (.distribution28, false, .disabled),
        ]
    )
    func powerIsFoundOutWithoutHarm(
        mode: FakeRegistry.Mode,
        isEnabled: Bool,
        power: DeletePower
    ) async throws {
        try await withRegistry(mode) { registry in
            await registry.set { $0.deletesEnabled = isEnabled }
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            let found = try await client.deletePower(in: .team)
            #expect(found == power)
            #expect(await registry.tags("team/api") == ["v1": digest])
            #expect(await registry.manifests("team/api") == [digest])
        }
    }

    @Test(arguments: [401, 403])
    func missingRightIsToldFromDeletesThatAreOff(status: Int) async throws {
        try await withRegistry { registry in
            await registry.fail(next: 9, .answer(status)) { method, _ in method == "DELETE" }
            let power = try await OCIRegistryClient.make(registry.url).deletePower(in: .team)
            guard case .forbidden(let text) = power else {
                Issue.record("\(power)")
                return
            }
            #expect(text.contains("team/api"))
        }
    }

    @Test func powerOfAFailingRegistryIsNotKnown() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 100, .answer(500))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.serverError) { _ = try await client.deletePower(in: .team) }
        }
    }
}
