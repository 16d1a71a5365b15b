import Crypto
import Foundation
import RegistryModel

/// Reads manifests from their content, each verified against its digest.
final class ManifestReader: Workbench {
    enum Finding: Sendable {
        case references(PackedReferences)
        case missing
        case unreadable(String)
        /// Too large for a manifest, so it is not one; found out by its size alone each time.
        case tooLarge
    }

    private let blobs: Int32
    private var bytes: [UInt8] = []
    var found: [(digest: PackedDigest, finding: Finding)] = []

    /// Reads below `blobs`, the open folder of SHA-256 blobs.
    init(root: StorageRoot, blobs: Int32) {
        self.blobs = blobs
        super.init(root: root)
    }

    func read(_ digest: PackedDigest) { found.append((digest, finding(digest))) }

    private func finding(_ digest: PackedDigest) -> Finding {
        let descriptor = root.opening.open(blobs, path.setBlob(digest), O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            return errno == ENOENT ? .missing : .unreadable(String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            return .unreadable(String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .unreadable("its data is no regular file")
        }
        guard status.st_size <= ManifestContent.longest else { return .tooLarge }
        let problem = fill(descriptor, Int(status.st_size))
        guard problem == 0 else { return .unreadable(String(cString: strerror(problem))) }
        guard matches(digest) else { return .unreadable("its data does not match its digest") }
        return parse()
    }

    /// Reads the whole file; returns 0 or an `errno`.
    private func fill(_ descriptor: Int32, _ size: Int) -> Int32 {
        var problem: Int32 = 0
        bytes = Array(unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...]
                )
                let count = Foundation.read(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                if count < 0 { problem = errno }
                guard count > 0 else { return }
                filled += count
            }
        }
        return problem
    }

    private func matches(_ digest: PackedDigest) -> Bool {
        let hash = SHA256.hash(data: bytes)
        return hash.withUnsafeBytes { PackedDigest(raw: $0) } == digest
    }

    private func parse() -> Finding {
        if let references = PlainManifest.references(of: bytes) { return .references(references) }
        do throws(ManifestError) {
            return .references(
                PackedReferences(try ManifestContent(parsing: bytes, mediaType: nil))
            )
        } catch {
            return looksLikeManifest ? .unreadable("\(error)") : .references(.none)
        }
    }

    /// Whether it is meant as a manifest, of whatever format: all have this field, but for OCI's
    /// artifacts.
    private var looksLikeManifest: Bool {
        bytes.first { !Self.space.contains($0) } == UInt8(ascii: "{")
            && (contains(#""schemaVersion""#) || contains("application/vnd.oci.artifact"))
    }

    private func contains(_ text: String) -> Bool {
        bytes.firstRange(of: Array(text.utf8)) != nil
    }

    private static let space: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
}
