/// The body of a request to Elasticsearch's `_bulk`: lines of actions, each with its document.
///
/// Source: Elasticsearch, "Bulk API".
package struct BulkBody: Sendable {
    /// What is to be done with one document.
    package struct Action: Sendable, Equatable {
        /// `create`, `index`, `update` or `delete`.
        package var kind: String
        package var index: String?
        package var id: String?
    }

    package private(set) var actions: [Action] = []
    /// The documents as lines, without those of `update`, which logs don't send.
    package private(set) var documents: [UInt8] = []
    /// How many lines are neither an action nor the document of one.
    package private(set) var strays = 0

    package init(_ body: UnsafeRawBufferPointer) {
        documents.reserveCapacity(body.count)
        var takesDocument = false
        var position = 0
        while position < body.count {
            let end = body.firstIndex(of: UInt8(ascii: "\n"), from: position) ?? body.count
            let line = body.part(position, end).trimmed
            position = end + 1
            guard !line.isEmpty else { continue }
            if takesDocument {
                documents.append(contentsOf: line)
                documents.append(UInt8(ascii: "\n"))
                takesDocument = false
            } else if let action = Self.action(line) {
                actions.append(action)
                takesDocument = action.kind != "delete"
            } else {
                // Rejected with the documents, so that it is seen.
                documents.append(contentsOf: line)
                documents.append(UInt8(ascii: "\n"))
                strays += 1
            }
        }
    }

    private static func action(_ line: UnsafeRawBufferPointer) -> Action? {
        guard let tree = try? JSONValue(parsing: line), let members = tree.members,
            members.count == 1, let (kind, target) = members.first, kinds.contains(kind)
        else { return nil }
        return Action(kind: kind, index: target["_index"]?.string, id: target["_id"]?.string)
    }

    private static let kinds: Set<String> = ["create", "index", "update", "delete"]
}
