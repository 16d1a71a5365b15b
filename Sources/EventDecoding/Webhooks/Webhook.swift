import Foundation
package import RegistryModel

/// Webhooks of every kind of registry, told apart by their bodies and header fields.
package enum Webhook {
    /// Decodes the body of one request.
    ///
    /// The notifications of distribution come by thousands and are read first and fast; whatever is
    /// JSON and not one of them is looked at as a tree.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        _ request: @autoclosure () -> WebhookRequest
    ) -> DecodedBody {
        guard !NotificationEnvelope.isOne(body) else { return NotificationEnvelope.decode(body) }
        let request = request()
        guard body.count <= largestTree else {
            return rejected(body, "no webhook that is known is larger than \(largestTree) bytes")
        }
        if request.fields["content-type"]?.hasPrefix("application/x-www-form-urlencoded") ?? false,
            !body.looksLikeJSON
        {
            return decode(form: body, request)
        }
        return decode(tree: body, request)
    }

    package static func decode(_ body: [UInt8], _ request: WebhookRequest) -> DecodedBody {
        body.withUnsafeBytes { decode($0, request) }
    }

    /// The code that Azure Event Grid wants back before it sends anything (formats: validation of an
    /// endpoint with the Event Grid schema).
    package static func validationCode(in body: UnsafeRawBufferPointer) -> String? {
        let tree: JSONValue
        do throws(DecodingFailure) { tree = try JSONValue(parsing: body.withoutMark) } catch {
            return nil
        }
        let event = tree.items?.first ?? tree
        guard event["eventType"]?.string == "Microsoft.EventGrid.SubscriptionValidationEvent" else {
            return nil
        }
        return event["data", "validationCode"]?.string
    }

    private static func decode(
        tree body: UnsafeRawBufferPointer,
        _ request: WebhookRequest
    ) -> DecodedBody {
        let tree: JSONValue
        do throws(DecodingFailure) { tree = try JSONValue(parsing: body.withoutMark) } catch {
            return rejected(body, "not JSON: \(error)")
        }
        guard tree["events"]?.items == nil else { return NotificationEnvelope.decode(body) }
        guard tree.items?.isEmpty != true else {
            return rejected(body, "an empty list, which no sender that is known sends")
        }
        var decoded = DecodedBody()
        let key = EventKey(hashing: body)
        for (index, value) in Envelopes.contents(of: tree).enumerated() {
            decoded.add(value, at: index, of: key, body, request)
        }
        return decoded
    }

    /// GitHub's other content type: `payload=` and the JSON.
    private static func decode(
        form body: UnsafeRawBufferPointer,
        _ request: WebhookRequest
    ) -> DecodedBody {
        let text = String(decoding: body, as: UTF8.self)
        for pair in text.split(separator: "&") where pair.hasPrefix("payload=") {
            let value = pair.dropFirst("payload=".count).replacing("+", with: " ")
            guard let json = value.removingPercentEncoding else { break }
            return Array(json.utf8).withUnsafeBytes { decode(tree: $0, request) }
        }
        return rejected(body, "a form without a field payload: send JSON")
    }

    private static func rejected(_ bytes: UnsafeRawBufferPointer, _ reason: String) -> DecodedBody {
        var decoded = DecodedBody()
        decoded.reject(bytes, reason)
        return decoded
    }

    /// A tree takes many times the bytes of its text.
    ///
    /// Azure's batches have one megabyte at most.
    private static let largestTree = 4 << 20
}

extension DecodedBody {
    fileprivate mutating func add(
        _ value: JSONValue,
        at index: Int,
        of key: EventKey,
        _ body: UnsafeRawBufferPointer,
        _ request: WebhookRequest
    ) {
        do throws(FieldProblem) {
            for dialect in webhookDialects {
                guard let events = try dialect.events(in: value, request) else { continue }
                sender = dialect.sender
                for (place, event) in events.enumerated() {
                    if let access = try event.access(
                        place: "\(key.high) \(key.low) #\(index).\(place)",
                        receivedAt: request.receivedAt
                    ) {
                        accesses.append(access)
                    } else {
                        ignored += 1
                    }
                }
                return
            }
            reject(body, "no registry's webhook: it has neither \"events\" nor another known form")
        } catch {
            reject(body, error.reason)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// `curl -d` sends JSON as if it were a form.
    fileprivate var looksLikeJSON: Bool {
        let first = withoutMark.first { !$0.isSpace }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    }

    /// Without the byte order mark that some senders put first.
    var withoutMark: UnsafeRawBufferPointer {
        starts(with: "\u{FEFF}") ? part(3, count) : self
    }
}
