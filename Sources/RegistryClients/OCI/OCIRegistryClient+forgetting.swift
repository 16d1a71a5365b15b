import CurlTransport
package import RegistryModel

extension OCIRegistryClient: BlobForgetting {
    package func dropBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) {
        let call = RegistryCall(operation: "drop blob", subject: "\(repository)@\(digest)")
        let request = HTTPRequest(
            method: "DELETE",
            url: address.url("/v2/\(repository)/blobs/\(digest)")
        )
        let response = try await send(request, scope: Self.scope(repository, .delete), call)
        switch response.status {
        case 200, 202, 204, 404: return
        case 405: throw call.error(.deletesDisabled, status: 405)
        default: throw refusal(response, call)
        }
    }
}
