import CurlTransport
import Foundation
package import RegistryModel

extension ACRClient {
    @discardableResult
    package func forEachRepositoryPage(
        _ body: ([RepositoryName]) async throws -> Void
    ) async throws -> Int {
        let call = RegistryCall(operation: "list repositories", subject: "of \(oci.address)")
        var skipped = 0
        try await forEachPage(
            "/acr/v1/_catalog",
            scope: OCIRegistryClient.catalogScope,
            call
        ) { (page: ACRCatalogPage) in
            let found = page.repositories ?? []
            let names = found.compactMap { RepositoryName($0) }
            skipped += found.count - names.count
            try await body(names)
        }
        return skipped
    }

    package func listing(
        of repository: RepositoryName
    ) async throws(RegistryError) -> RepositoryListing {
        let call = RegistryCall(operation: "list", subject: "\(repository)")
        let isLocked = try await isLocked(repository, call)
        var listing = RepositoryListing()
        listing.tags = try await acrTags(of: repository, isLocked: isLocked)
        // After the tags: a manifest that is pushed meanwhile is seen here, if without its tag.
        listing.manifests = try await manifests(of: repository, isLocked: isLocked)
        return listing
    }

    package func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName] {
        try await acrTags(of: repository).map(\.name)
    }

    package func look(
        at repository: RepositoryName,
        tag: TagName?,
        digest: Digest
    ) async throws(RegistryError) -> ImageLook {
        // Some answer with more than what was asked for.
        var tags: [TagName: ImageLook.Holder] = [:]
        for holder in try await acrTags(of: repository, pointingTo: digest)
        where holder.digest == digest {
            tags[holder.name] = .init(pushedAt: holder.pushedAt, isLocked: holder.isLocked)
        }
        guard let tag else { return .present(ImageLook.Facts(tags: tags)) }
        guard let own = tags[tag] else { return try await lookElsewhere(tag, repository, tags) }
        return .present(
            ImageLook.Facts(
                digest: digest,
                tags: tags,
                pushedAt: own.pushedAt,
                isLocked: own.isLocked
            )
        )
    }

    /// A tag that does not point to what it did: it has moved, or is gone.
    private func lookElsewhere(
        _ tag: TagName,
        _ repository: RepositoryName,
        _ tags: [TagName: ImageLook.Holder]
    ) async throws(RegistryError) -> ImageLook {
        do throws(RegistryError) {
            let answer = try await head(repository, .tag(tag))
            return .present(ImageLook.Facts(digest: answer.digest, tags: tags))
        } catch {
            guard error.kind == .notFound else { throw error }
            return .gone
        }
    }

    // MARK: Pages

    private func acrTags(
        of repository: RepositoryName,
        pointingTo digest: Digest? = nil,
        isLocked: Bool = false
    ) async throws(RegistryError) -> PackedList<ListedTag> {
        let call = RegistryCall(operation: "list tags", subject: "\(repository)")
        let filter = digest.map { "&digest=\("\($0)".percentEncoded)" } ?? ""
        var found: PackedList<ListedTag> = []
        var pages = Pages(first: first("/acr/v1/\(repository)/_tags", filter))
        while let page: ACRTagPage = try await next(&pages, Self.scope(repository), call) {
            for tag in page.tags ?? [] {
                guard let name = TagName(tag.name) else {
                    throw call.error(.badAnswer, "a tag has an invalid name")
                }
                found.append(
                    ListedTag(
                        name: name,
                        digest: Digest(tag.digest),
                        pushedAt: tag.pushedAt,
                        isLocked: tag.isLocked || isLocked
                    )
                )
            }
        }
        return found
    }

    private func manifests(
        of repository: RepositoryName,
        isLocked: Bool
    ) async throws(RegistryError) -> PackedList<ListedManifest> {
        let call = RegistryCall(operation: "list manifests", subject: "\(repository)")
        var found: PackedList<ListedManifest> = []
        var pages = Pages(first: first("/acr/v1/\(repository)/_manifests"))
        while let page: ACRManifestPage = try await next(&pages, Self.scope(repository), call) {
            for manifest in page.manifests ?? [] {
                guard let digest = Digest(manifest.digest) else {
                    throw call.error(.badAnswer, "a manifest has an invalid digest")
                }
                found.append(
                    ListedManifest(
                        digest: digest,
                        mediaType: manifest.mediaType,
                        pushedAt: manifest.pushedAt,
                        isLocked: manifest.isLocked || isLocked
                    )
                )
            }
        }
        return found
    }

    /// Whether the whole repository is locked.
    private func isLocked(
        _ repository: RepositoryName,
        _ call: RegistryCall
    ) async throws(RegistryError) -> Bool {
        let request = HTTPRequest(url: oci.address.url("/acr/v1/\(repository)"))
        let response = try await oci.send(request, scope: Self.scope(repository), call)
        // Who may not read it is still refused when it comes to a delete.
        guard response.status != 404, response.status != 403 else { return false }
        guard response.status == 200 else { throw oci.refusal(response, call) }
        let found: ACRRepository = try oci.decode(response, call)
        return found.changeableAttributes?.isLocked ?? false
    }

    private func first(_ path: String, _ filter: String = "") -> String {
        oci.address.url("\(path)?n=\(Self.pageSize)\(filter)")
    }

    private func forEachPage<Page: Decodable>(
        _ path: String,
        scope: String,
        _ call: RegistryCall,
        _ body: (Page) async throws -> Void
    ) async throws {
        var pages = Pages(first: first(path))
        while let page: Page = try await next(&pages, scope, call) { try await body(page) }
    }

    /// The next page; nil behind the last, and where the registry says that nothing is there.
    private func next<Page: Decodable>(
        _ pages: inout Pages,
        _ scope: String,
        _ call: RegistryCall
    ) async throws(RegistryError) -> Page? {
        guard let url = pages.next else { return nil }
        let response = try await oci.send(HTTPRequest(url: url), scope: scope, call)
        if response.status == 404, OCIRegistryClient.saysThatNothingIsThere(response) { return nil }
        guard response.status == 200 else { throw oci.refusal(response, call) }
        let page: Page = try oci.decode(response, call)
        try pages.turn(response, oci.address, call)
        return page
    }

    /// What the service's own tools ask for at once.
    private static let pageSize = 100
}
