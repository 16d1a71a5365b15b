import Foundation
import NIOCore

extension FakeRegistry {
    /// A page of the catalog; asking for more than `catalogLimit` is refused.
    func catalog(_ call: Call) -> Reply {
        let asked = call.query["n"].map { Int($0) ?? 0 } ?? min(100, catalogLimit)
        guard asked > 0, asked <= catalogLimit else {
            return .error(400, "PAGINATION_NUMBER_INVALID")
        }
        let page = Page(store.names(), after: call.query["last"], count: asked)
        return reply(#"{"repositories":\#(Self.json(page.names))}"#, page, "/v2/_catalog", asked)
    }

    /// A page of tags, or all of them where the version knows no pages.
    func tagList(_ call: Call, _ repository: String) -> Reply {
        guard store.repositories[repository] != nil else { return .error(404, "NAME_UNKNOWN") }
        let all = store.repositories[repository]?.tagNames() ?? []
        let isPaged = mode == .distribution3
        let count = isPaged ? min(call.query["n"].flatMap { Int($0) } ?? .max, tagLimit) : .max
        let page = Page(all, after: isPaged ? call.query["last"] : nil, count: count)
        // Version 2 writes an empty list as Go does by itself.
        let names = page.names.isEmpty && !isPaged ? "null" : Self.json(page.names)
        let text = #"{"name":"\#(repository)","tags":\#(names)}"#
        return reply(text, page, "/v2/\(repository)/tags/list", count)
    }

    /// How a registry writes the address of something of its own (RFC 3986, section 4.1).
    package enum LinkForm: Sendable, CaseIterable {
        /// With scheme and host.
        case absolute
        /// From the root of the host.
        case path
        /// The last part of the path, from the page that holds it.
        case name
        /// The query alone, with the path of the page that holds it.
        case query
    }

    /// `path` as the value of `Location`.
    func link(_ path: String) -> String { links == .absolute ? url + path : path }

    /// A page's address as the value of `Link`, in the page before it.
    private func pageLink(_ path: String, _ query: String) -> String {
        switch links {
        case .absolute, .path: link("\(path)?\(query)")
        case .name: "\(path.split(separator: "/").last ?? "")?\(query)"
        case .query: "?\(query)"
        }
    }

    private func reply(_ text: String, _ page: Page, _ path: String, _ count: Int) -> Reply {
        var reply = Reply.json(200, text)
        if page.hasMore, let last = page.names.last {
            let value = last.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? last
            let next = pageLink(path, "last=\(value)&n=\(count)")
            reply["Link"] = "<\(next)>; rel=\"next\""
        }
        return reply
    }

    private static func json(_ names: some Sequence<String>) -> String {
        "[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
}

/// The names after a name, in order.
private struct Page {
    let names: ArraySlice<String>
    let hasMore: Bool

    init(_ all: [String], after last: String?, count: Int) {
        var low = 0
        var high = last == nil ? 0 : all.count
        while let last, low < high {
            let middle = (low + high) / 2
            if all[middle] <= last { low = middle + 1 } else { high = middle }
        }
        names = all[low...].prefix(count)
        hasMore = names.endIndex < all.endIndex
    }
}
