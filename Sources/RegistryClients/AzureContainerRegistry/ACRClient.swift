package import CurlTransport
package import RegistryModel

/// An Azure Container Registry: the OCI API, and its own for lists, locks and untagging.
package struct ACRClient: TellingRegistry {
    let oci: OCIRegistryClient
    /// Deletes under way.
    private let deletes: Turnstile

    /// Makes a client; nothing is sent yet.
    ///
    /// `random` gives numbers from 0 up to, not including, 1, and spreads repeated requests.
    package init(
        url address: RegistryAddress,
        credentials: Credentials? = nil,
        transport: any HTTPTransport,
        pace: Pace = Pace(startingAt: standardRate),
        timeout: Span = .seconds(60),
        trustedRealms: Set<String> = [],
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        let isRefreshToken = credentials?.username == Self.tokenUser
        oci = OCIRegistryClient(
            url: address,
            credentials: credentials,
            transport: transport,
            pace: pace,
            timeout: timeout,
            trustedRealms: trustedRealms,
            grant: isRefreshToken ? .refreshToken : .azureBasic,
            isPatient: true,
            random: random
        )
        deletes = Turnstile(width: Self.mostDeletes)
    }

    /// The user for whom the password is a refresh token (Azure/acr, "AAD-OAuth").
    package static let tokenUser = "00000000-0000-0000-0000-000000000000"

    /// Requests a second to begin with.
    package static let standardRate = 100.0

    /// Deletes at once: more slow each other down, say those who run the service.
    private static let mostDeletes = 32

    package var traits: RegistryTraits {
        RegistryTraits(
            noWayBack:
                "an Azure Container Registry drops what is deleted, so `restore` can't put it back",
            listsUntagged: true,
            // While some are deleted as many are looked at, and a few are written down.
            width: 2 * Self.mostDeletes + Self.mostDeletes / 4
        )
    }

    package func ping() async throws(RegistryError) { try await oci.ping() }

    package func delete(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> DeleteAnswer {
        let path =
            switch reference {
            case .tag(let tag): "/acr/v1/\(repository)/_tags/\(tag)"
            case .digest(let digest): "/v2/\(repository)/manifests/\(digest)"
            }
        let call = RegistryCall(operation: "delete", subject: reference.subject(in: repository))
        let response = try await sendDelete(path, repository, call)
        switch response.status {
        case 200..<300: return .deleted
        case 404: return .alreadyGone
        case 405: throw call.error(.protected, status: 405, Self.lockAdvice)
        default: throw oci.refusal(response, call)
        }
    }

    /// Asks for a digest that does not exist: 404 says that it could be deleted.
    package func deletePower(
        in repository: RepositoryName
    ) async throws(RegistryError) -> DeletePower {
        let call = RegistryCall(operation: "try deletes", subject: "in \(repository)")
        let path = "/v2/\(repository)/manifests/sha256:\(OCIRegistryClient.unusedName)"
        do throws(RegistryError) {
            let response = try await sendDelete(path, repository, call)
            switch response.status {
            // A locked repository refuses, and each of its images will say so.
            case 200..<300, 404, 405: return .byTagAndDigest
            case 403: return .forbidden("\(oci.refusal(response, call))")
            default: throw oci.refusal(response, call)
            }
        } catch {
            guard error.kind == .unauthorized || error.kind == .forbidden else { throw error }
            return .forbidden("\(error)")
        }
    }

    private func sendDelete(
        _ path: String,
        _ repository: RepositoryName,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let request = HTTPRequest(method: "DELETE", url: oci.address.url(path))
        await deletes.enter()
        do throws(RegistryError) {
            let response = try await oci.send(request, scope: Self.scope(repository), call)
            await deletes.leave()
            return response
        } catch {
            await deletes.leave()
            throw error
        }
    }

    /// One token for all that is done in a repository.
    static func scope(_ repository: RepositoryName) -> String {
        "repository:\(repository):delete,metadata_read,pull"
    }

    private static let lockAdvice =
        "it is locked; `az acr repository update --delete-enabled true --write-enabled true` "
        + "unlocks it"
}

// What is asked as of any OCI registry.
extension ACRClient {
    package func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> FetchedManifest {
        try await oci.manifest(repository, reference, userAgent: userAgent)
    }

    package func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> HeadAnswer {
        try await oci.head(repository, reference, userAgent: userAgent)
    }

    @discardableResult
    package func put(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        bytes: [UInt8],
        mediaType: String
    ) async throws(RegistryError) -> Digest {
        try await oci.put(repository, reference, bytes: bytes, mediaType: mediaType)
    }

    package func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool {
        try await oci.hasBlob(repository, digest)
    }

    @discardableResult
    package func uploadBlob(
        _ repository: RepositoryName,
        bytes: [UInt8]
    ) async throws(RegistryError) -> Digest {
        try await oci.uploadBlob(repository, bytes: bytes)
    }
}
