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
        var found = HubFindings()
        for _ in 0..<Self.passes {
            let pass = try await allPages(of: repository, into: &found)
            if pass.isWhole {
                return found.listing(of: pass.names, in: repository, isWhole: true)
            }
        }
        return found.listing(in: repository, isWhole: false)
    }

    package func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName] {
        try await listing(of: repository).tags.map(\.name)
    }

    private struct Pass {
        var names: Set<TagName> = []
        /// Whether nothing moved while the pages were read: then no tag is missing.
        var isWhole = true
    }

    /// Reads every page once.
    ///
    /// Pages are numbered, so a tag that goes or comes meanwhile shifts all behind it: one may come
    /// twice, and another not at all.
    private func allPages(
        of repository: RepositoryName,
        into found: inout HubFindings
    ) async throws(RegistryError) -> Pass {
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
                guard let image = tag.listed(in: repository) else {
                    throw call.error(.badAnswer, "a tag has an invalid name")
                }
                if !pass.names.insert(image.tag.name).inserted { pass.isWhole = false }
                found.take(image)
            }
            if let count, page.count != count { pass.isWhole = false }
            count = page.count
            guard page.next != nil, !page.results.isEmpty else { break }
            number += 1
        }
        if let count, count != pass.names.count { pass.isWhole = false }
        return pass
    }

    /// The most that the Hub gives at once.
    static let pageSize = 100
    /// How often a list that moves is read.
    private static let passes = 3
}
