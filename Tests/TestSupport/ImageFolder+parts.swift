import RegistryModel

extension ImageFolder {
    /// A layer: any bytes, as registries do not look into them.
    package struct Layer: Sendable, Equatable {
        package let bytes: [UInt8]

        static let mediaType = "application/vnd.oci.image.layer.v1.tar+gzip"

        package init(_ bytes: [UInt8]) { self.bytes = bytes }

        /// `count` bytes that are the same for the same seed, on every machine.
        ///
        /// They begin as gzip does, so that a client that converts the manifest leaves them alone.
        package static func random(_ count: Int, seed: UInt64) -> Layer {
            var state = seed
            var bytes: [UInt8] = [0x1f, 0x8b, 0x08]
            bytes.reserveCapacity(count + 8)
            while bytes.count < count {
                withUnsafeBytes(of: next(&state).littleEndian) { bytes.append(contentsOf: $0) }
            }
            return Layer(Array(bytes.prefix(count)))
        }

        /// One step of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
        /// Generators, 2014).
        private static func next(_ state: inout UInt64) -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    package struct Platform: Sendable, Hashable, Encodable {
        package let architecture: String
        package let os: String

        package init(architecture: String, os: String = "linux") {
            self.architecture = architecture
            self.os = os
        }

        package static let amd64 = Platform(architecture: "amd64")
        package static let arm64 = Platform(architecture: "arm64")
        package static let arm = Platform(architecture: "arm")
    }

    /// OCI image specification, descriptor.
    struct Descriptor: Sendable, Encodable {
        let mediaType: String
        let digest: String
        let size: Int
        var platform: Platform?
        var annotations: [String: String]?

        static let tagAnnotation = "org.opencontainers.image.ref.name"

        init(mediaType: String, digest: String, size: Int) {
            self.mediaType = mediaType
            self.digest = digest
            self.size = size
        }

        var checkedDigest: Digest {
            get throws {
                guard let valid = Digest(digest) else {
                    throw HarnessError("not a digest: \(digest)")
                }
                return valid
            }
        }
    }

    /// OCI image specification, image index.
    struct Index: Encodable {
        let schemaVersion = 2
        let mediaType = MediaType.ociIndex
        let manifests: [Descriptor]
    }

    /// OCI image specification, image manifest.
    struct Manifest: Encodable {
        let schemaVersion = 2
        let mediaType = MediaType.ociManifest
        let config: Descriptor
        let layers: [Descriptor]
        let subject: Descriptor?
    }

    /// OCI image specification, image configuration.
    struct Configuration: Encodable {
        let architecture: String
        let os: String
        let config: Settings
        let rootfs: RootFileSystem

        static let mediaType = "application/vnd.oci.image.config.v1+json"

        struct Settings: Encodable {
            let labels: [String: String]

            enum CodingKeys: String, CodingKey {
                case labels = "Labels"
            }
        }

        struct RootFileSystem: Encodable {
            let type = "layers"
            let diffIDs: [String]

            enum CodingKeys: String, CodingKey {
                case type
                case diffIDs = "diff_ids"
            }
        }
    }
}
