import Foundation

/// Where a manifest keeps its image configuration, and the labels in it.
package enum ImageConfiguration {
    /// The configuration that a manifest names.
    package struct Place: Sendable, Equatable {
        package var digest: Digest
        /// Bytes, nil where the manifest does not say.
        package var size: Int64?
        /// Whether it is an image's, by its media type.
        package var isImage: Bool
    }

    /// The largest configuration that is read, in bytes: they have some kilobytes.
    package static let longest = 4_000_000

    /// Media types of image configurations (OCI image specification, section "Image configuration";
    /// Docker image manifest, version 2, schema 2).
    private static let imageTypes: Set<String> = [
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    ]

    /// Finds the configuration of a manifest; nil where it has none, as an index and an artifact.
    ///
    /// Call it only for what `ManifestContent` understands, but for schema 1, whose configuration is
    /// spread over its history.
    package static func place(in manifest: [UInt8]) -> Place? {
        struct Manifest: Decodable {
            struct Reference: Decodable {
                var mediaType: String?
                var digest: String
                var size: Int64?
            }

            var config: Reference?
        }
        let read = try? JSONDecoder().decode(Manifest.self, from: Data(manifest))
        guard let config = read?.config, let digest = Digest(config.digest) else { return nil }
        return Place(
            digest: digest,
            size: config.size,
            isImage: config.mediaType.map { imageTypes.contains($0) } ?? true
        )
    }

    /// The labels of a configuration; nil where it can't be understood.
    ///
    /// Source: OCI image specification, section "Image configuration", `config.Labels`.
    package static func labels(in configuration: [UInt8]) -> Set<ImageLabel>? {
        struct Configuration: Decodable {
            struct Execution: Decodable {
                var labels: [String: String]?

                enum CodingKeys: String, CodingKey { case labels = "Labels" }
            }

            var config: Execution?
        }
        let read = try? JSONDecoder().decode(Configuration.self, from: Data(configuration))
        return read.map { found in
            Set((found.config?.labels ?? [:]).map { ImageLabel(key: $0.key, value: $0.value) })
        }
    }
}
