/// What other services wrap around an event on its way.
enum Envelopes {
    /// The events in a body: the items of a batch, and the messages of SNS and SQS.
    static func contents(of body: JSONValue) -> [JSONValue] {
        contents(of: body, depth: 0)
    }

    private static func contents(of body: JSONValue, depth: Int) -> [JSONValue] {
        guard depth < deepest else { return [body] }
        if let items = body.items { return items.flatMap { contents(of: $0, depth: depth + 1) } }
        // Amazon SNS: a string in `Message`. SQS: one in `Body`, or in `Records[].body`.
        if body["Type"]?.string == "Notification", let inner = inner(body["Message"]) {
            return contents(of: inner, depth: depth + 1)
        }
        if let inner = inner(body["Body"]) { return contents(of: inner, depth: depth + 1) }
        if let records = body["Records"]?.items, !records.isEmpty,
            records.allSatisfy({ $0["body"] != nil || $0["Sns", "Message"] != nil })
        {
            return records.flatMap { record in
                let inner = inner(record["body"] ?? record["Sns", "Message"])
                return inner.map { contents(of: $0, depth: depth + 1) } ?? [record]
            }
        }
        return [body]
    }

    private static func inner(_ value: JSONValue?) -> JSONValue? {
        switch value {
        case .text(let text): JSONValue(inside: text)
        case .object: value
        default: nil
        }
    }

    /// A batch of SQS with messages of SNS has three layers.
    private static let deepest = 5
}
