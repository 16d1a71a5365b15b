import Foundation
import Publishing
import RegistryModel

extension Webhook {
    static let shape = SettingsShape(
        keys: [
            "webhook", "name", "mode", "secretFile", "tokenFile", "headers", "filters", "source",
            "caFile", "plainHttp",
        ]
    )

    /// Reads the list `publish`; an item that could not be read is left out.
    static func list(
        _ entry: SettingsEntry,
        _ readFile: (String) throws -> String
    ) -> [Webhook] {
        var lines: [String: Int] = [:]
        return (entry.list() ?? []).compactMap { item in
            guard let section = item.section(shape),
                let webhook = parse(section, readFile)
            else { return nil }
            if let line = lines[webhook.name] {
                item.refuse(
                    "the webhook in line \(line) is called \(Excerpt.of(webhook.name)), too; "
                        + "give each a name of its own"
                )
            }
            lines[webhook.name] = lines[webhook.name] ?? item.place.line
            return webhook
        }
    }

    private static func parse(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> Webhook? {
        let name = section["name"].flatMap { Self.name($0) }
        let address = section.required("webhook").flatMap { Self.address($0, section) }
        let keys = section["secretFile"].map { Self.keys($0, readFile) }
        let fields = Self.fields(section, readFile)
        let filter = section["filters"].map { Self.filter($0) }
        let mode = section["mode"]?.choice(Mode.allCases.map(\.rawValue))
        let source = section["source"].flatMap { Self.source($0) }
        let authorities = section["caFile"]?.certificateFile(readFile)
        guard let address else { return nil }
        if let file = section["caFile"], address.isPlain {
            file.refuse("is for https, and the address is not; change webhook, or remove it")
        }
        if !section.mentions("secretFile"), !section.mentions("tokenFile"),
            !section.mentions("headers")
        {
            section.entry.reading.warn(
                "\(section.entry.path): the receiver can't know who sends; add a secretFile",
                at: section.entry.place
            )
        }
        return Webhook(
            name: name ?? address.name,
            url: address.text,
            mode: mode.flatMap { Mode(rawValue: $0) } ?? .structured,
            keys: keys ?? [],
            fields: fields,
            filter: filter ?? .everything,
            source: source ?? standardSource,
            authorities: authorities
        )
    }

    private static func name(_ entry: SettingsEntry) -> String? {
        guard let name = entry.text() else { return nil }
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9._\-]*/) != nil else {
            entry.refuse(
                "\(Excerpt.of(name)) is not a name; use a-z, 0-9, dots, dashes and underscores, "
                    + "and begin with a letter or digit"
            )
            return nil
        }
        return name
    }

    private static func address(
        _ entry: SettingsEntry,
        _ section: SettingsSection
    ) -> WebhookAddress? {
        guard let text = entry.text() else { return nil }
        let permitsPlain = section["plainHttp"]?.choice(["true", "false"]) == "true"
        do {
            let address = try WebhookAddress(text)
            guard !address.isPlain || address.isLoopback || permitsPlain else {
                entry.refuse(
                    "is http:// to another machine, where everybody can read along; "
                        + "use https://, or say plainHttp: true"
                )
                return nil
            }
            return address
        } catch {
            entry.refuse(error.description)
            return nil
        }
    }

    /// Reads one file, or a list of them: the newest secret first, and those that still hold.
    private static func keys(
        _ entry: SettingsEntry,
        _ readFile: (String) throws -> String
    ) -> [WebhookKey] {
        let entries = entry.itemCount == nil ? [entry] : entry.items { $0 } ?? []
        return entries.compactMap { file in
            guard let secret = file.secret(readFile) else { return nil }
            guard let key = WebhookKey(secret) else {
                file.refuse("begins with whsec_ but no base64 follows; write the secret whole")
                return nil
            }
            if key.isShort {
                file.reading.warn(
                    "\(file.path): the secret has less than 24 bytes; use a longer one",
                    at: file.place
                )
            }
            return key
        }
    }

    private static func fields(
        _ section: SettingsSection,
        _ readFile: (String) throws -> String
    ) -> [Field] {
        var fields: [Field] = []
        if let token = section["tokenFile"]?.secret(readFile) {
            fields.append(Field(name: "Authorization", value: Secret("Bearer \(token.revealed)")))
        }
        for (name, entry) in section["headers"]?.entries() ?? [] {
            guard name.wholeMatch(of: /[A-Za-z0-9!#$%&'*+.^_`|~\-]+/) != nil else {
                entry.refuse("is not the name of a header field; use letters, digits and dashes")
                continue
            }
            guard !Webhook.isReserved(name.lowercased()) else {
                entry.refuse("is set by lastpull itself; remove it")
                continue
            }
            if fields.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                entry.refuse("is set twice, here and by tokenFile or another line; keep one")
            }
            guard let value = value(entry, readFile) else { continue }
            fields.append(Field(name: name, value: value))
        }
        return fields
    }

    /// Reads a value as it is written, or `{ file: PATH }`.
    private static func value(
        _ entry: SettingsEntry,
        _ readFile: (String) throws -> String
    ) -> Secret? {
        guard entry.isMapping else { return entry.text().map { Secret($0) } }
        return entry.section(SettingsShape(keys: ["file"]))?.required("file")?.secret(readFile)
    }

    private static func filter(_ entry: SettingsEntry) -> EventFilter {
        let keys = EventFilter.keys.sorted()
        guard let section = entry.section(SettingsShape(keys: keys)) else { return .everything }
        var lists: [String: [String]] = [:]
        for key in keys {
            guard let values = section[key] else { continue }
            lists[key] =
                values.itemCount == nil
                ? values.text().map { [$0] } : values.items { $0.text() }
        }
        return EventFilter(lists: lists)
    }

    private static func source(_ entry: SettingsEntry) -> String? {
        guard let text = entry.text() else { return nil }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            entry.refuse("\(Excerpt.of(text)) is not a URI; write one such as urn:lastpull:paris")
            return nil
        }
        return text
    }

    private static var standardSource: String {
        let name = ProcessInfo.processInfo.hostName.lowercased()
        let isPlain = name.allSatisfy { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber || ".-".contains(letter))
        }
        return isPlain && !name.isEmpty ? "urn:lastpull:\(name)" : "urn:lastpull"
    }
}
