import CurlTransport
package import RegistryModel

extension OCIRegistryClient: BlobReading {
    package func blob(
        _ repository: RepositoryName,
        _ digest: Digest,
        atMost limit: Int
    ) async throws(RegistryError) -> [UInt8] {
        let call = RegistryCall(operation: "read blob", subject: "\(repository)@\(digest)")
        var request = HTTPRequest(
            method: "GET",
            url: address.url("/v2/\(repository)/blobs/\(digest)")
        )
        // Registries on object storage answer with the way to it, which gets no credentials.
        request.followsRedirects = true
        request.bodyLimit = limit
        let response = try await send(request, scope: Self.scope(repository, .read), call)
        guard response.status == 200 else { throw refusal(response, call) }
        let actual = ManifestDigest.compute(response.body, algorithm: digest.algorithm)
        guard actual == digest else {
            throw call.error(.corrupt, "the bytes are not those of the digest")
        }
        return response.body
    }
}
