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
}
