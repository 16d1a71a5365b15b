import Foundation
package import RegistryModel

/// The real client that pushes and pulls in tests, over plain HTTP on loopback.
package enum Skopeo {
    /// What a pushed image's manifests become.
    package enum Format: String, Sendable {
        /// As they are, byte for byte.
        case same
        /// Docker's schema 2; digests change.
        case schema2 = "v2s2"
    }

    package static var isInstalled: Bool { Command.find("skopeo") != nil }

    /// Pushes the image tagged `tag` in `folder`, with all its platforms.
    ///
    /// `image` is `127.0.0.1:PORT/repository:tag`; what comes back is the digest that the registry
    /// has for it now.
    @discardableResult
    package static func push(
        _ folder: ImageFolder,
        tag: String,
        to image: String,
        format: Format = .same
    ) async throws -> Digest {
        let scratch = try TemporaryFolder()
        let digestFile = scratch.file("digest")
        let keeping =
            format == .same ? ["--preserve-digests"] : ["--format", format.rawValue]
        try await run(
            ["copy", "--all", "--dest-tls-verify=false", "--digestfile", digestFile] + keeping
                + ["oci:\(folder.path):\(tag)", "docker://\(image)"]
        )
        let text = TextFile.read(digestFile).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let digest = Digest(text) else {
            throw HarnessError("skopeo gave no digest for \(image): \(text)")
        }
        return digest
    }

    /// Pulls an image as a client does: the manifest of this platform, its configuration and layers.
    ///
    /// With `all`, every platform. The folder that comes back holds what was pulled, and is deleted
    /// with the last reference to it.
    @discardableResult
    package static func pull(_ image: String, all: Bool = false) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        // skopeo takes the platform before its command, and "all of them" after it.
        let platform = all ? [] : ["--override-os", "linux", "--override-arch", "amd64"]
        try await run(
            platform + ["copy", "--src-tls-verify=false"] + (all ? ["--all"] : [])
                + ["docker://\(image)", "dir:\(folder.path)"]
        )
        return folder
    }

    /// The manifest as the registry serves it, through `skopeo inspect --raw` (a GET).
    package static func inspect(_ image: String) async throws -> String {
        try await run(["inspect", "--raw", "--tls-verify=false", "docker://\(image)"])
    }

    /// Runs skopeo and returns its output; throws with its standard error when it fails.
    @discardableResult
    private static func run(_ arguments: [String]) async throws -> String {
        guard let skopeo = Command.find("skopeo") else {
            throw HarnessError("no skopeo on PATH; install Debian's skopeo")
        }
        let result = try await Command.run(skopeo, ["--insecure-policy"] + arguments)
        guard result.status == 0 else {
            let command = arguments.joined(separator: " ")
            throw HarnessError("skopeo \(command): status \(result.status): \(result.errors)")
        }
        return result.output
    }
}
