import CurlTransport
package import RegistryModel

extension OCIRegistryClient {
    package func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> FetchedManifest {
        let call = RegistryCall(
            operation: "read manifest",
            subject: reference.subject(in: repository)
        )
        var request = manifestRequest("GET", repository, reference)
        request.bodyLimit = ManifestContent.longest
        let response = try await send(
            request,
            scope: Self.scope(repository, .read),
            userAgent: userAgent,
            call
        )
        guard response.status == 200 else { throw refusal(response, call) }
        let mediaType = response.headers["Content-Type"].map(Self.withoutParameters)
        return FetchedManifest(
            digest: try verifiedDigest(of: response, mediaType, reference, call),
            mediaType: mediaType,
            bytes: response.body
        )
    }

    package func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> HeadAnswer {
        let call = RegistryCall(
            operation: "look up manifest",
            subject: reference.subject(in: repository)
        )
        let response = try await send(
            manifestRequest("HEAD", repository, reference),
            scope: Self.scope(repository, .read),
            userAgent: userAgent,
            call
        )
        guard response.status == 200 else { throw refusal(response, call) }
        return HeadAnswer(
            digest: try namedDigest(response, call),
            mediaType: response.headers["Content-Type"].map(Self.withoutParameters),
            size: response.headers["Content-Length"].flatMap { Int64($0) }
        )
    }

    @discardableResult
    package func put(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        bytes: [UInt8],
        mediaType: String
    ) async throws(RegistryError) -> Digest {
        let call = RegistryCall(
            operation: "write manifest",
            subject: reference.subject(in: repository)
        )
        var request = manifestRequest("PUT", repository, reference)
        request.headers = ["Content-Type": mediaType]
        request.body = bytes
        let response = try await send(request, scope: Self.scope(repository, .write), call)
        guard response.status == 201 || response.status == 200 else {
            throw refusal(response, call)
        }
        var written = response
        written.body = bytes
        return try verifiedDigest(of: written, mediaType, reference, call)
    }

    /// The digest that the bytes have; an error when the registry or the reference says otherwise.
    private func verifiedDigest(
        of response: HTTPResponse,
        _ mediaType: String?,
        _ reference: ManifestReference,
        _ call: RegistryCall
    ) throws(RegistryError) -> Digest {
        var claims = [try namedDigest(response, call)].compactMap { $0 }
        if case .digest(let digest) = reference { claims.insert(digest, at: 0) }
        let content = ManifestDigest.content(of: response.body, mediaType: mediaType)
        for claim in claims {
            guard let actual = ManifestDigest.compute(content, algorithm: claim.algorithm) else {
                throw call.error(.badAnswer, "the digest's algorithm is not known")
            }
            guard actual == claim else {
                throw call.error(.corrupt, "said \(claim.short), is \(actual.short)")
            }
        }
        guard let digest = claims.first ?? ManifestDigest.compute(content, algorithm: "sha256")
        else { throw call.error(.badAnswer, "no digest") }
        return digest
    }

    private func namedDigest(
        _ response: HTTPResponse,
        _ call: RegistryCall
    ) throws(RegistryError) -> Digest? {
        guard let text = response.headers["Docker-Content-Digest"] else { return nil }
        guard let digest = Digest(text) else {
            throw call.error(.badAnswer, "Docker-Content-Digest is not a digest")
        }
        return digest
    }

    private func manifestRequest(
        _ method: String,
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) -> HTTPRequest {
        HTTPRequest(
            method: method,
            url: address.url("/v2/\(repository)/manifests/\(reference)"),
            headers: ["Accept": MediaType.accepted.joined(separator: ", ")]
        )
    }

    private static func withoutParameters(_ field: String) -> String {
        field.prefix { $0 != ";" && !$0.isWhitespace }.lowercased()
    }
}

extension OCIRegistryClient {
    enum Right: String {
        case read = "pull"
        case write = "pull,push"
        case delete = "pull,delete"
    }

    /// What to ask a token server for, where the registry does not name it.
    static func scope(_ repository: RepositoryName, _ right: Right) -> String {
        "repository:\(repository):\(right.rawValue)"
    }
}
