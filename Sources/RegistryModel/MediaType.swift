/// The media types of manifests that registries serve.
package enum MediaType {
    package static let ociIndex = "application/vnd.oci.image.index.v1+json"
    package static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    package static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let ociArtifact = "application/vnd.oci.artifact.manifest.v1+json"
    package static let schema1 = "application/vnd.docker.distribution.manifest.v1+json"
    package static let schema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    /// What distribution reports for every blob, layer or configuration.
    package static let blob = "application/octet-stream"

    /// What to accept when asking for a manifest, so that no registry converts or hides one.
    package static let accepted = [
        ociIndex, ociManifest, dockerList, dockerManifest, ociArtifact, schema1Signed, schema1,
    ]

    package static func isIndex(_ mediaType: String) -> Bool {
        mediaType == ociIndex || mediaType == dockerList
    }

    /// Whether something in an index is surely no manifest but a layer or a configuration.
    ///
    /// Caches of BuildKit hold such. What is not known may be a manifest.
    package static func isBlob(_ mediaType: String) -> Bool {
        let type = mediaType.lowercased()
        guard !type.contains("manifest"), !type.contains("index") else { return false }
        return type.contains(".layer.") || type.contains(".rootfs.")
            || configurations.contains(type)
    }

    /// Whether it names a layer that is not to be stored in registries.
    package static func isElsewhere(_ mediaType: String) -> Bool {
        let type = mediaType.lowercased()
        return type.contains(".foreign.") || type.contains(".nondistributable.")
    }

    private static let configurations: Set<String> = [
        "application/vnd.buildkit.cacheconfig.v0", "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    ]
}
