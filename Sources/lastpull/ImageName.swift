import Cleanup
import Foundation
import RegistryClients
import RegistryModel

/// An image as a person names it: `REPOSITORY[:TAG|@DIGEST]`, with or without the registry's host.
struct ImageName: CustomStringConvertible {
    let description: String
    let repository: RepositoryName
    let tag: TagName?
    let digest: Digest?

    /// Parses `text`, or throws an error that says what is wrong with it.
    ///
    /// The `hosts` of known registries are cut off.
    init(_ text: String, hosts: [String] = []) throws {
        description = text
        var rest = Substring(text)
        for host in hosts where rest.hasPrefix(host + "/") { rest = rest.dropFirst(host.count + 1) }
        if let at = rest.firstIndex(of: "@") {
            guard let digest = Digest(rest[rest.index(after: at)...]) else {
                throw ImageNameError(
                    image: text,
                    part: "digest",
                    example: "sha256:… with 64 digits"
                )
            }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
        if let colon = rest[lastSlash...].firstIndex(of: ":") {
            guard let tag = TagName(rest[rest.index(after: colon)...]) else {
                throw ImageNameError(image: text, part: "tag", example: "1.4.2")
            }
            guard digest == nil else {
                throw ImageNameError(
                    image: text,
                    part: "end",
                    example: "team/api:1.4.2 or team/api@sha256:…, not both"
                )
            }
            self.tag = tag
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        guard let repository = RepositoryName(rest) else {
            throw ImageNameError(image: text, part: "repository", example: "team/api")
        }
        self.repository = repository
    }

    /// The hosts by which clients may name a registry: of its own address and of its proxy's.
    static func hosts(of target: CleanupTarget) -> [String] {
        let named: [String] = [target.url, target.clientURL].compactMap { text in
            guard let parts = URLComponents(string: text), let host = parts.host else { return nil }
            return parts.port.map { "\(host):\($0)" } ?? host
        }
        // Docker Hub's images are never named by the host of its API.
        return named + (target.client is DockerHubClient ? ["docker.io", "index.docker.io"] : [])
    }
}

struct ImageNameError: Error, CustomStringConvertible {
    var image: String
    var part: String
    var example: String

    var description: String {
        "\(image.debugDescription) is not an image: its \(part) is not valid; write it like \(example)"
    }
}
