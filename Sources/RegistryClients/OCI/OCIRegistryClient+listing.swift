import CurlTransport
import Foundation
package import RegistryModel

extension OCIRegistryClient {
    @discardableResult
    package func forEachRepositoryPage(
        _ body: ([RepositoryName]) async throws -> Void
    ) async throws -> Int {
        let call = RegistryCall(operation: "list repositories", subject: "of \(address)")
        var pages = Pages(first: address.url("/v2/_catalog?n=\(Self.pageSize)"))
        var skipped = 0
        while let url = pages.next {
            var response = try await send(HTTPRequest(url: url), scope: Self.catalogScope, call)
            // A registry whose `catalog.maxentries` is lower refuses the number, not the question.
            if response.status == 400, pages.isFirst {
                let plain = HTTPRequest(url: address.url("/v2/_catalog"))
                response = try await send(plain, scope: Self.catalogScope, call)
            }
            guard response.status == 200 else { throw refusal(response, call) }
            let page: CatalogPage = try decode(response, call)
            let names = (page.repositories ?? []).compactMap { RepositoryName($0) }
            skipped += (page.repositories?.count ?? 0) - names.count
            try await body(names)
            try pages.turn(response, address, call)
        }
        return skipped
    }

    package func tags(of repository: RepositoryName) async throws(RegistryError) -> [TagName] {
        let call = RegistryCall(operation: "list tags", subject: "\(repository)")
        var pages = Pages(first: address.url("/v2/\(repository)/tags/list?n=\(Self.pageSize)"))
        var tags: [TagName] = []
        var known: Set<TagName> = []
        while let url = pages.next {
            let response = try await send(
                HTTPRequest(url: url),
                scope: Self.scope(repository, .read),
                call
            )
            if response.status == 404, Self.saysThatNothingIsThere(response) { return [] }
            guard response.status == 200 else { throw refusal(response, call) }
            let page: TagPage = try decode(response, call)
            for text in page.tags ?? [] {
                guard let tag = TagName(text) else {
                    throw call.error(.badAnswer, "a tag has an invalid name")
                }
                if known.insert(tag).inserted { tags.append(tag) }
            }
            try pages.turn(response, address, call)
        }
        return tags
    }

    /// A 404 of the registry itself, and not of a proxy that lost its way.
    static func saysThatNothingIsThere(_ response: HTTPResponse) -> Bool {
        let code = ErrorBody.code(response.body)
        return code == "NAME_UNKNOWN" || code == "NOT_FOUND"
    }

    func decode<Content: Decodable>(
        _ response: HTTPResponse,
        _ call: RegistryCall
    ) throws(RegistryError) -> Content {
        do { return try JSONDecoder().decode(Content.self, from: Data(response.body)) } catch {
            throw call.error(.badAnswer, status: response.status, "not a list in JSON")
        }
    }

    /// What distribution allows at most by default.
    private static let pageSize = 1_000
    static let catalogScope = "registry:catalog:*"
}

/// The way through a list in pages: follows `Link` as it is, and never in a circle.
struct Pages {
    private(set) var next: String?
    private var seen: Set<String>

    init(first: String) {
        next = first
        seen = [first]
    }

    var isFirst: Bool { seen.count == 1 }

    /// Goes on to the page that the answer's `Link` names, or to the end.
    mutating func turn(
        _ response: HTTPResponse,
        _ address: RegistryAddress,
        _ call: RegistryCall
    ) throws(RegistryError) {
        guard let link = LinkField.next(in: response.headers.values(of: "Link")) else {
            next = nil
            return
        }
        guard let url = address.resolve(link, from: next ?? address.url("/v2/")) else {
            throw call.error(
                .badAnswer,
                "its link to the next page leads away from \(address)"
                    + (address.host(of: link).map { ", to \($0)" } ?? "")
                    + ": nothing is sent there; if both are one registry, let it name itself as "
                    + "`url` does"
            )
        }
        guard seen.insert(url).inserted else {
            throw call.error(.badAnswer, "the pages go in a circle")
        }
        next = url
    }
}

private struct CatalogPage: Decodable {
    var repositories: [String]?
}

private struct TagPage: Decodable {
    var tags: [String]?
}
