import CurlTransport
package import RegistryModel

extension DockerHubClient {
    package func look(
        at repository: RepositoryName,
        tag: TagName?,
        digest: Digest
    ) async throws(RegistryError) -> ImageLook {
        guard let tag else {
            throw RegistryError(
                operation: "look up manifest",
                subject: "\(repository)@\(digest)",
                kind: .unsupported,
                detail: "Docker Hub tells of tags only"
            )
        }
        guard let found = try await self.tag(tag, in: repository) else { return .gone }
        return .present(
            ImageLook.Facts(digest: found.pointsTo, pushedAt: found.pushedAt, use: found.use)
        )
    }

    /// One tag, or nil where the Hub has none of that name.
    private func tag(
        _ tag: TagName,
        in repository: RepositoryName
    ) async throws(RegistryError) -> HubTag? {
        let call = RegistryCall(operation: "look up tag", subject: "\(repository):\(tag)")
        let path = try HubPath.tags(of: repository)
        let response = try await send(HTTPRequest(url: address.url("\(path)/\(tag)")), call)
        switch response.status {
        case 200:
            let found: HubTag = try decode(response, call)
            guard found.name == tag.description else {
                throw call.error(.badAnswer, "the answer is about another tag")
            }
            return found
        case 404: return try await listed(tag, in: repository, call)
        default: throw refusal(response, call)
        }
    }

    /// Looks for a tag in the list: only that it is not there either proves that it is gone.
    private func listed(
        _ tag: TagName,
        in repository: RepositoryName,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HubTag? {
        let path = try HubPath.tags(of: repository)
        var number = 1
        while true {
            let query = "page=\(number)&page_size=\(Self.pageSize)&name=\(tag)"
            let response = try await send(HTTPRequest(url: address.url("\(path)?\(query)")), call)
            if response.status == 404 { return nil }
            guard response.status == 200 else { throw refusal(response, call) }
            let page: HubPage<HubTag> = try decode(response, call)
            if let found = page.results.first(where: { $0.name == tag.description }) {
                return found
            }
            guard page.next != nil, !page.results.isEmpty else { return nil }
            number += 1
        }
    }

    package func delete(
        _ repository: RepositoryName,
        _ reference: ManifestReference
    ) async throws(RegistryError) -> DeleteAnswer {
        let call = RegistryCall(operation: "delete", subject: reference.subject(in: repository))
        guard case .tag(let tag) = reference else {
            throw call.error(.unsupported, "Docker Hub deletes tags only")
        }
        let response = try await sendDelete(tag.description, repository, call)
        switch response.status {
        case 200..<300: return .deleted
        case 404: return .alreadyGone
        case 403:
            // That deletes are permitted at all was found out before.
            let detail = HubRefusal.text(response.body) ?? "something refers to it"
            throw call.error(.protected, status: 403, detail)
        default: throw refusal(response, call)
        }
    }

    /// A tag that does not exist is deleted: 404 says that it could be.
    package func deletePower(
        in repository: RepositoryName
    ) async throws(RegistryError) -> DeletePower {
        let call = RegistryCall(operation: "try deletes", subject: "in \(repository)")
        let name = "lastpull-trial-\(UInt64.random(in: .min ... .max))"
        do throws(RegistryError) {
            let response = try await sendDelete(name, repository, call)
            switch response.status {
            case 200..<300, 404: return .tagOnly
            case 405: return .disabled
            case 403:
                let detail =
                    HubRefusal.text(response.body)
                    ?? "give the access token the right to read, write and delete"
                return .forbidden("\(call.error(.forbidden, status: 403, detail))")
            default: throw refusal(response, call)
            }
        } catch {
            guard error.kind == .unauthorized else { throw error }
            return .forbidden("\(error)")
        }
    }

    private func sendDelete(
        _ tag: String,
        _ repository: RepositoryName,
        _ call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        let path = try HubPath.deletion(of: tag, in: repository)
        return try await send(HTTPRequest(method: "DELETE", url: address.url(path)), call)
    }

    // MARK: What the Hub's API does not have

    package func manifest(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> FetchedManifest {
        throw Self.unsupported("read manifest", reference.subject(in: repository))
    }

    package func head(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        userAgent: String?
    ) async throws(RegistryError) -> HeadAnswer {
        throw Self.unsupported("look up manifest", reference.subject(in: repository))
    }

    @discardableResult
    package func put(
        _ repository: RepositoryName,
        _ reference: ManifestReference,
        bytes: [UInt8],
        mediaType: String
    ) async throws(RegistryError) -> Digest {
        throw Self.unsupported("write manifest", reference.subject(in: repository))
    }

    package func hasBlob(
        _ repository: RepositoryName,
        _ digest: Digest
    ) async throws(RegistryError) -> Bool {
        throw Self.unsupported("look up blob", "\(repository)@\(digest)")
    }

    @discardableResult
    package func uploadBlob(
        _ repository: RepositoryName,
        bytes: [UInt8]
    ) async throws(RegistryError) -> Digest {
        throw Self.unsupported("upload blob", "to \(repository)")
    }

    private static func unsupported(_ operation: String, _ subject: String) -> RegistryError {
        RegistryError(
            operation: operation,
            subject: subject,
            kind: .unsupported,
            detail: "Docker Hub's API has no manifests, and reading one would count as a pull"
        )
    }
}
