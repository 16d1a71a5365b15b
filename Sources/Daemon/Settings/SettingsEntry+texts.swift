import RegistryModel
import RetentionPlanning

extension SettingsEntry {
    /// Reads one of `words`.
    func choice(_ words: [String]) -> String? {
        guard let text = text() else { return nil }
        guard words.contains(text) else {
            refuse(
                "\(Excerpt.of(text)) is unknown; \(KeySuggestion.advice(for: text, among: words))"
            )
            return nil
        }
        return text
    }

    /// Reads a list with at least one item; an item that could not be read is left out.
    func items<Item>(_ read: (SettingsEntry) -> Item?) -> [Item]? {
        guard let entries = list() else { return nil }
        guard !entries.isEmpty else {
            refuse("is an empty list; name something, or remove the key")
            return nil
        }
        return entries.compactMap(read)
    }

    func labelPattern() -> LabelPattern? {
        guard let text = text() else { return nil }
        guard let pattern = LabelPattern(text) else {
            refuse("\(Excerpt.of(text)) has no key; write one such as keep, or tier=prod*")
            return nil
        }
        return pattern
    }

    func repositoryName() -> RepositoryName? {
        guard let text = text() else { return nil }
        guard let name = RepositoryName(text) else {
            refuse("\(Excerpt.of(text)) is not a repository's name; write one such as team/api")
            return nil
        }
        return name
    }

    /// Reads a user or organisation of Docker Hub.
    func hubNamespace() -> String? {
        guard let text = text() else { return nil }
        guard let name = RepositoryName(text), !name.description.contains("/") else {
            refuse("\(Excerpt.of(text)) is not a namespace; write one such as team")
            return nil
        }
        return text
    }

    /// Reads the name of a host, in lower case.
    func host() -> String? {
        guard let text = text() else { return nil }
        let isHost =
            !text.isEmpty
            && text.allSatisfy { letter in
                letter.isASCII && (letter.isLetter || letter.isNumber || "-._[]:".contains(letter))
            }
        guard isHost, !text.contains("://") else {
            refuse("\(Excerpt.of(text)) is not a host; write one such as auth.example.com")
            return nil
        }
        return text.lowercased()
    }

    func network() -> Network? {
        guard let text = text() else { return nil }
        guard let network = Network(text) else {
            refuse(
                "\(Excerpt.of(text)) is not a network; write one such as 10.9.0.0/16 or fd00::/8, "
                    + "with nothing but zeros beyond the prefix"
            )
            return nil
        }
        return network
    }

    /// Reads the path of something on this machine, from the root.
    func absolutePath() -> String? {
        guard let text = text() else { return nil }
        guard text.hasPrefix("/") else {
            refuse("\(Excerpt.of(text)) is not a path from the root; begin it with /")
            return nil
        }
        return text
    }

    func listenAddress() -> ListenAddress? {
        guard let text = text() else { return nil }
        guard let address = ListenAddress(text) else {
            refuse("\(Excerpt.of(text)) is not host:port; write one such as 127.0.0.1:8480")
            return nil
        }
        return address
    }

    /// Reads the address of a registry, without repeating in a message what may be a password.
    func url() -> String? {
        guard let text = text() else { return nil }
        do {
            return try RegistryURL(text).description
        } catch {
            refuse(error.description)
            return nil
        }
    }

    /// Reads the secret in the file that this value names, without the line's end.
    func secret(_ readFile: (String) throws -> String) -> Secret? {
        guard let path = text() else { return nil }
        guard let content = content(of: path, readFile) else { return nil }
        let secret = content.unicodeScalars.reversed().drop { $0 == "\n" || $0 == "\r" }.reversed()
        guard !secret.isEmpty else {
            refuse("\(Excerpt.of(path)) is empty; write the secret into it")
            return nil
        }
        guard secret.allSatisfy({ $0.properties.generalCategory != .control }) else {
            refuse("\(Excerpt.of(path)) holds more than one line of text; keep only the secret")
            return nil
        }
        return Secret(String(String.UnicodeScalarView(secret)))
    }

    /// Reads the path of a file with certificates in PEM.
    func certificateFile(_ readFile: (String) throws -> String) -> String? {
        guard let path = text() else { return nil }
        guard let content = content(of: path, readFile) else { return nil }
        guard content.contains("-----BEGIN CERTIFICATE-----") else {
            refuse("\(Excerpt.of(path)) holds no certificate; write one in PEM into it")
            return nil
        }
        return path
    }

    /// Reads the path of a file with a private key in PEM.
    func privateKeyFile(_ readFile: (String) throws -> String) -> String? {
        guard let path = text() else { return nil }
        guard let content = content(of: path, readFile) else { return nil }
        guard content.contains("PRIVATE KEY-----") else {
            refuse("\(Excerpt.of(path)) holds no private key; write one in PEM into it")
            return nil
        }
        return path
    }

    private func content(of path: String, _ readFile: (String) throws -> String) -> String? {
        do {
            return try readFile(path)
        } catch {
            let said = (error as? SettingsFileError)?.reason ?? "\(error)"
            let reason = Excerpt.of(said.prefix { !$0.isNewline })
            refuse(
                "can't read \(Excerpt.of(path)): \(reason); "
                    + "check that it exists and that lastpull may read it"
            )
            return nil
        }
    }
}
