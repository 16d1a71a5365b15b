import CurlTransport
import Foundation
package import RegistryModel

extension DockerHubClient {
    @discardableResult
    package func forEachRepositoryPage(
        _ body: ([RepositoryName]) async throws -> Void
    ) async throws -> Int {
        guard !namespaces.isEmpty else {
            throw RegistryError(
                operation: "list repositories",
                subject: "of \(address)",
                kind: .unsupported,
                detail: "Docker Hub has no list of all; name a namespace or repositories"
            )
        }
        var skipped = 0
        for namespace in namespaces {
            let names = try await repositories(of: namespace, &skipped)
            try await body(names)
        }
        return skipped
    }

    private func repositories(
        of namespace: String,
        _ skipped: inout Int
    ) async throws(RegistryError) -> [RepositoryName] {
        let call = RegistryCall(operation: "list repositories", subject: "of \(namespace)")
        var path = HubPath.repositories(of: namespace)
        var names: [RepositoryName] = []
        var number = 1
        while true {
            let url = address.url("\(path)?page=\(number)&page_size=\(Self.pageSize)")
            let response = try await send(HTTPRequest(url: url), call)
            if response.status == 404, number == 1, path == HubPath.repositories(of: namespace) {
                path = HubPath.olderRepositories(of: namespace)
                continue
            }
            // A page behind the last, when the list has become shorter.
            if response.status == 404, number > 1 { return names }
            guard response.status == 200 else { throw refusal(response, call) }
            let page: HubPage<HubRepository> = try decode(response, call)
            for found in page.results {
                let text = "\(found.namespace ?? namespace)/\(found.name)"
                if let name = RepositoryName(text) { names.append(name) } else { skipped += 1 }
            }
            guard page.next != nil, !page.results.isEmpty else { return names }
            number += 1
        }
    }

    package func listing(
        of repository: RepositoryName
    ) async throws(RegistryError) -> RepositoryListing {
        var found: [TagName: HubTag] = [:]
        for _ in 0..<Self.passes {
            let pass = try await allPages(of: repository)
            // What a later pass says is newer.
            found.merge(pass.tags) { _, newer in newer }
            guard pass.isWhole else { continue }
            return Self.listing(Array(pass.tags), of: repository, isWhole: true)
        }
        return Self.listing(Array(found), of: repository, isWhole: false)
    }

    private static func listing(
        _ tags: [(key: TagName, value: HubTag)],
        of repository: RepositoryName,
        isWhole: Bool
    ) -> RepositoryListing {
        var listing = RepositoryListing(isWhole: isWhole)
        var manifests: [Digest: ListedManifest] = [:]
        for (_, tag) in tags.sorted(by: { $0.key < $1.key }) {
            guard let listed = tag.listed else { continue }
            listing.tags.append(listed)
            guard let digest = listed.digest else { continue }
            let pushed = [manifests[digest]?.pushedAt, listed.pushedAt].compactMap(\.self).max()
            manifests[digest] = ListedManifest(
                digest: digest,
                mediaType: tag.mediaType,
                pushedAt: pushed,
                content: tag.content(in: repository)
            )
        }
        listing.manifests = manifests.values.sorted { $0.digest < $1.digest }
        return listing
    }

    package func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName] {
        try await listing(of: repository).tags.map(\.name)
    }

    private struct Pass {
        var tags: [TagName: HubTag] = [:]
        /// Whether nothing moved while the pages were read: then no tag is missing.
        var isWhole = true
    }

    /// Reads every page once.
    ///
    /// Pages are numbered, so a tag that goes or comes meanwhile shifts all behind it: one may come
    /// twice, and another not at all.
    private func allPages(of repository: RepositoryName) async throws(RegistryError) -> Pass {
        let call = RegistryCall(operation: "list tags", subject: "\(repository)")
        let path = try HubPath.tags(of: repository)
        var pass = Pass()
        var count: Int?
        var number = 1
        while true {
            let url = address.url("\(path)?page=\(number)&page_size=\(Self.pageSize)")
            let response = try await send(HTTPRequest(url: url), call)
            if response.status == 404 {
                // A repository that is not there, or a page behind the last.
                pass.isWhole = number == 1
                return pass
            }
            guard response.status == 200 else { throw refusal(response, call) }
            let page: HubPage<HubTag> = try decode(response, call)
            for tag in page.results {
                guard let name = TagName(tag.name) else {
                    throw call.error(.badAnswer, "a tag has an invalid name")
                }
                if pass.tags.updateValue(tag, forKey: name) != nil { pass.isWhole = false }
            }
            if let count, page.count != count { pass.isWhole = false }
            count = page.count
            guard page.next != nil, !page.results.isEmpty else { break }
            number += 1
        }
        if let count, count != pass.tags.count { pass.isWhole = false }
        return pass
    }

    /// The most that the Hub gives at once.
    static let pageSize = 100
    /// How often a list that moves is read.
    private static let passes = 3
}
