import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct OCIManifestTests {
    @Test func manifestIsReadByTagAndByDigest() async throws {
        try await withRegistry { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1], [2]])
            let client = try OCIRegistryClient.make(registry.url)
            let byTag = try await client.manifest(.team, .tag(named: "v1"))
            #expect(byTag.digest == digest)
            #expect(byTag.mediaType == MediaType.ociManifest)
            #expect(byTag.bytes == (await registry.manifest("team/api", digest)))
            let byDigest = try await client.manifest(.team, .digest(digest))
            #expect(byDigest == byTag)
        }
    }

    @Test func probeSendsTheUserAgentItIsGiven() async throws {
        try await withRegistry { registry in
            await registry.addImage("team/api", "v1", layers: [[1]])
            let client = try OCIRegistryClient.make(registry.url)
            let agent = OwnUserAgent.probe("p1")
            _ = try await client.head(.team, .tag(named: "v1"), userAgent: agent)
            _ = try await client.manifest(.team, .tag(named: "v1"), userAgent: agent)
            #expect(await registry.requests.map(\.userAgent) == [agent, agent])
        }
    }

    @Test func headTellsDigestTypeAndSize() async throws {
        try await withRegistry { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            let size = try #require(await registry.manifest("team/api", digest)).count
            let answer = try await OCIRegistryClient.make(registry.url)
                .head(.team, .tag(named: "v1"))
            let expected = HeadAnswer(
                digest: digest,
                mediaType: MediaType.ociManifest,
                size: Int64(size)
            )
            #expect(answer == expected)
        }
    }

    @Test func missingManifestIsNotFound() async throws {
        try await withRegistry { registry in
            let client = try OCIRegistryClient.make(registry.url)
            let error = try await expectError(.notFound) {
                _ = try await client.manifest(.team, .tag(named: "v1"))
            }
            #expect(error.subject == "team/api:v1")
            #expect(
                error.description
                    == "read manifest team/api:v1: not found (status 404): NAME_UNKNOWN"
            )
            try await expectError(.notFound) {
                _ = try await client.head(.team, .tag(named: "v1"))
            }
        }
    }

    // By tag the digest is the registry's word; by digest it is ours as well.
    @Test(arguments: [true, false])
    func changedBytesAreCorrupt(byTag: Bool) async throws {
        try await withRegistry { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.fail(.corrupt)
            let reference = byTag ? ManifestReference.tag(named: "v1") : .digest(digest)
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.corrupt) { _ = try await client.manifest(.team, reference) }
        }
    }

    @Test func otherManifestThanAskedForIsCorrupt() async throws {
        try await withRegistry { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.fail(.answer(200, body: "{}"))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.corrupt) {
                _ = try await client.manifest(.team, .digest(digest))
            }
        }
    }

    // Some registries do not send Docker-Content-Digest.
    @Test func digestIsComputedWhereTheRegistryNamesNone() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(200, body: "{}"))
            let manifest = try await OCIRegistryClient.make(registry.url)
                .manifest(.team, .tag(named: "v1"))
            let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
            #expect(manifest.digest == Digest("sha256:\(hash)"))
            #expect(manifest.mediaType == nil)
        }
    }

    @Test func truncatedManifestIsReadAgain() async throws {
        try await withRegistry { registry in
            let digest = await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.fail(next: 2, .truncate)
            let manifest = try await OCIRegistryClient.make(registry.url)
                .manifest(.team, .tag(named: "v1"))
            #expect(manifest.digest == digest)
            #expect(await registry.requests.count == 3)
        }
    }

    @Test func manifestThatIsAlwaysTruncatedIsAnError() async throws {
        try await withRegistry { registry in
            await registry.addImage("team/api", "v1", layers: [[1]])
            await registry.fail(next: 100, .truncate)
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.unreachable) {
                _ = try await client.manifest(.team, .tag(named: "v1"))
            }
        }
    }

    @Test func redirectedManifestIsAnErrorAndCredentialsStay() async throws {
        try await withRegistry { registry in
            try await withRegistry { other in
                await registry.set { $0.authentication = .basic(user: "u", password: "p") }
                let client = try OCIRegistryClient.make(
                    registry.url,
                    Credentials(username: "u", password: Secret("p"))
                )
                try await client.ping()
                let target = "\(other.url)/v2/team/api/manifests/v1"
                await registry.fail(.answer(307, headers: ["Location": target]))
                try await expectError(.badAnswer) {
                    _ = try await client.manifest(.team, .tag(named: "v1"))
                }
                #expect(await registry.requests.last?.authorization != nil)
                #expect(await other.requests.isEmpty)
            }
        }
    }

    @Test(arguments: [false, true])
    func imageIsWrittenAndReadBack(absolute: Bool) async throws {
        try await withRegistry { registry in
            await registry.set { $0.links = absolute ? .absolute : .path }
            let client = try OCIRegistryClient.make(registry.url)
            try await writeImageAndReadItBack(client)
        }
    }

    @Test func blobThatRedirectsIsLookedUpWithoutCredentials() async throws {
        try await withRegistry { registry in
            try await withRegistry { other in
                await registry.set { $0.authentication = .basic(user: "u", password: "p") }
                let digest = await other.addBlob("store", [1, 2])
                let target = "\(other.url)/v2/store/blobs/\(digest)"
                let client = try OCIRegistryClient.make(
                    registry.url,
                    Credentials(username: "u", password: Secret("p"))
                )
                try await client.ping()
                await registry.fail(.answer(307, headers: ["Location": target]))
                let isThere = try await client.hasBlob(.team, digest)
                #expect(isThere)
                #expect(await other.requests.map(\.authorization) == [nil])
            }
        }
    }

    @Test func uploadToAnotherHostIsRefused() async throws {
        try await withRegistry { registry in
            let place = ["Location": "http://localhost:1/v2/team/api/blobs/uploads/1"]
            await registry.fail(.answer(202, headers: place))
            let client = try OCIRegistryClient.make(registry.url)
            try await expectError(.badAnswer) { try await client.uploadBlob(.team, bytes: [1]) }
        }
    }
}

/// Uploads a blob of each kind and a manifest over them, and expects it all to be there.
func writeImageAndReadItBack(_ client: OCIRegistryClient) async throws {
    let config = Array("{}".utf8)
    let layer = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let layerDigest = try await client.uploadBlob(.team, bytes: layer)
    let configDigest = try await client.uploadBlob(.team, bytes: config)
    let hasLayer = try await client.hasBlob(.team, layerDigest)
    #expect(hasLayer)
    let unknown = try #require(Digest("sha256:" + String(repeating: "0", count: 64)))
    let hasUnknown = try await client.hasBlob(.team, unknown)
    #expect(!hasUnknown)
    let text = """
        {"schemaVersion":2,"mediaType":"\(MediaType.dockerManifest)","config":{"mediaType":\
        "application/vnd.docker.container.image.v1+json","size":2,"digest":"\(configDigest)"},\
        "layers":[{"mediaType":"application/vnd.docker.image.rootfs.diff.tar","size":200000,\
        "digest":"\(layerDigest)"}]}
        """
    let bytes = Array(text.utf8)
    let digest = try await client.put(
        .team,
        .tag(named: "v1"),
        bytes: bytes,
        mediaType: MediaType.dockerManifest
    )
    let manifest = try await client.manifest(.team, .tag(named: "v1"))
    #expect(
        manifest
            == FetchedManifest(digest: digest, mediaType: MediaType.dockerManifest, bytes: bytes)
    )
    let tags = try await client.tags(of: .team).map(\.description)
    #expect(tags == ["v1"])
    let size = try await client.head(.team, .digest(digest)).size
    #expect(size == Int64(bytes.count))
    var repositories: [RepositoryName] = []
    try await client.forEachRepositoryPage { repositories += $0 }
    #expect(repositories == [.team])
    let content = try ManifestContent(parsing: manifest.bytes, mediaType: manifest.mediaType)
    #expect(content.blobs.map(\.digest) == [configDigest, layerDigest])
    #expect(content.blobs.map(\.size) == [2, 200_000])
}
