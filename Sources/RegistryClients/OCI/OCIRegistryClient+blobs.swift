import CurlTransport
package import RegistryModel

extension OCIRegistryClient: BlobMeasuring {
    package func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool {
        try await look(up: digest, in: repository) != nil
    }

    package func size(
        of digest: Digest,
        in repository: RepositoryName
    ) async throws(RegistryError) -> Int64? {
        guard let response = try await look(up: digest, in: repository) else { return nil }
        let size = response.headers["Content-Length"].flatMap { Int64($0) }
        guard let size, (0...Descriptor.largestClaim).contains(size) else {
            throw RegistryError(
                operation: "measure blob",
                subject: "\(repository)@\(digest)",
                kind: .badAnswer,
                detail: "the registry does not say how large it is"
            )
        }
        return size
    }

    /// What the registry says of a blob without sending it; nil where it has none.
    private func look(
        up digest: Digest,
        in repository: RepositoryName
    ) async throws(RegistryError) -> HTTPResponse? {
        let call = RegistryCall(operation: "look up blob", subject: "\(repository)@\(digest)")
        var request = HTTPRequest(
            method: "HEAD",
            url: address.url("/v2/\(repository)/blobs/\(digest)")
        )
        // Registries on object storage answer with the way to it, which gets no credentials.
        request.followsRedirects = true
        let response = try await send(request, scope: Self.scope(repository, .read), call)
        switch response.status {
        case 200: return response
        case 404: return nil
        default: throw refusal(response, call)
        }
    }

    @discardableResult
    package func uploadBlob(
        _ repository: RepositoryName,
        bytes: [UInt8]
    ) async throws(RegistryError) -> Digest {
        let call = RegistryCall(operation: "upload blob", subject: "to \(repository)")
        let scope = Self.scope(repository, .write)
        guard let digest = ManifestDigest.compute(bytes, algorithm: "sha256") else {
            throw call.error(.badAnswer, "no digest")
        }
        let start = address.url("/v2/\(repository)/blobs/uploads/")
        let opened = try await send(HTTPRequest(method: "POST", url: start), scope: scope, call)
        guard opened.status == 202 else { throw refusal(opened, call) }
        guard let location = opened.headers["Location"],
            let place = address.resolve(location, from: start)
        else { throw call.error(.badAnswer, status: 202, "no place on this host to upload to") }
        let separator = place.contains("?") ? "&" : "?"
        let request = HTTPRequest(
            method: "PUT",
            url: "\(place)\(separator)digest=\("\(digest)".percentEncoded)",
            headers: ["Content-Type": MediaType.blob],
            body: bytes
        )
        let closed = try await send(request, scope: scope, atMost: Self.longestUpload, call)
        guard closed.status == 201 || closed.status == 204 else { throw refusal(closed, call) }
        return digest
    }

    /// Blobs can be large, and lines slow.
    private static let longestUpload = Span.minutes(10)
}
