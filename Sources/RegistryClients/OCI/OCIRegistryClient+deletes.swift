import CurlTransport
package import RegistryModel

extension OCIRegistryClient {
    package func delete(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> DeleteAnswer {
        let call = RegistryCall(
            operation: "delete",
            subject: reference.subject(in: repository)
        )
        let response = try await sendDelete(repository, "\(reference)", call)
        switch response.status {
        case 200, 202, 204: return .deleted
        case 404: return .alreadyGone
        case 405:
            if let foreignWay { throw call.error(.unsupported, status: 405, foreignWay) }
            throw call.error(.deletesDisabled, status: 405)
        case 400:
            guard case .tag = reference else {
                let isOff = ErrorBody.code(response.body) == "UNSUPPORTED"
                throw isOff ? call.error(.deletesDisabled, status: 400) : refusal(response, call)
            }
            throw call.error(.unsupported, status: 400, "it deletes by digest, not by tag")
        default: throw refusal(response, call)
        }
    }

    /// Asks for the digest first: it tells whether deletes are on at all, which in distribution 3.0
    /// the answer for a tag does not.
    package func deletePower(
        in repository: RepositoryName
    ) async throws(RegistryError) -> DeletePower {
        let call = RegistryCall(operation: "try deletes", subject: "in \(repository)")
        let name = Self.unusedName
        switch try await trial("sha256:\(name)", repository, call) {
        case .possible: break
        case .refused: return foreignWay.map { .forbidden($0) } ?? .disabled
        case .forbidden(let text): return .forbidden(text)
        }
        switch try await trial("lastpull-trial-\(name)", repository, call) {
        case .possible: return .byTag
        case .refused: return .digestOnly
        case .forbidden(let text): return .forbidden(text)
        }
    }

    /// Where a well-known registry that refuses all deletes takes them instead.
    private var foreignWay: String? {
        switch address.origin.host {
        case "ghcr.io": "ghcr.io deletes by GitHub's own packages API only, not as a registry"
        case "registry-1.docker.io", "docker.io", "index.docker.io":
            "Docker Hub deletes by its own API only; use kind: dockerhub"
        default: nil
        }
    }

    private enum Trial {
        case possible
        case refused
        case forbidden(String)
    }

    private func trial(
        _ reference: String,
        _ repository: RepositoryName,
        _ call: RegistryCall
    ) async throws(RegistryError) -> Trial {
        let response: HTTPResponse
        do throws(RegistryError) {
            response = try await sendDelete(repository, reference, call)
        } catch {
            guard error.kind == .unauthorized || error.kind == .forbidden else { throw error }
            return .forbidden("\(error)")
        }
        switch response.status {
        case 404, 200, 202, 204: return .possible
        case 400, 405: return .refused
        case 401, 403: return .forbidden("\(refusal(response, call))")
        default: throw refusal(response, call)
        }
    }

    private func sendDelete(
        _ repository: RepositoryName,
        _ reference: String,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let request = HTTPRequest(
            method: "DELETE",
            url: address.url("/v2/\(repository)/manifests/\(reference)")
        )
        return try await send(request, scope: Self.scope(repository, .delete), call)
    }

    /// 256 bits that nothing has for a digest, and nobody for a tag.
    static var unusedName: String {
        (0..<4).map { _ in
            let text = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
    }
}
