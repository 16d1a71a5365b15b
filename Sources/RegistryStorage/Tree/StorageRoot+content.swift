import Crypto
import Foundation
import RegistryModel

// Whether files hold what they should, read in pieces: a layer may be larger than the memory.
extension StorageRoot {
    /// Whether a file holds what belongs to the path `name`: of a blob what its digest says, of a
    /// link the digest that its folder names.
    ///
    /// Nil where nothing says what belongs there: a tag may point to anything.
    func isSound(_ path: StoragePath, as name: StoragePath) throws(StorageError) -> Bool? {
        guard let digest = name.namedDigest else { return nil }
        guard name.place == .blob else {
            let text = try text(of: path)
            return text.map { $0 == Array(digest.description.utf8) } ?? false
        }
        switch digest.algorithm {
        case "sha256": return try hash(path, SHA256()) == String(digest.encoded)
        case "sha512": return try hash(path, SHA512()) == String(digest.encoded)
        default: return nil
        }
    }

    /// The digest that a link holds; nil where it holds none.
    func namedDigest(
        in path: StoragePath
    ) throws(StorageError) -> RegistryModel.Digest? {
        try text(of: path).flatMap { RegistryModel.Digest(String(decoding: $0, as: UTF8.self)) }
    }

    /// Whether two files are there and hold the same.
    func hasSameContent(_ left: StoragePath, _ right: StoragePath) throws(StorageError) -> Bool {
        guard let one = try hash(left, SHA256()) else { return false }
        return try hash(right, SHA256()) == one
    }

    /// The whole of a small file; nil where there is none, or it is too large for a link.
    private func text(of path: StoragePath) throws(StorageError) -> [UInt8]? {
        do {
            return try read(path, atMost: Self.longestLink)
        } catch {
            guard error.kind == .tooLarge else { throw error }
            return nil
        }
    }

    /// The hash of a file's content, in hexadecimal digits; nil where there is none.
    private func hash(
        _ path: StoragePath,
        _ function: some HashFunction
    ) throws(StorageError) -> String? {
        guard let descriptor = try open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        defer { close(descriptor) }
        var function = function
        var piece = [UInt8](repeating: 0, count: Self.piece)
        while true {
            let count = Foundation.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno, "read", path) }
            guard count > 0 else { break }
            piece.withUnsafeBytes { bytes in
                function.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
        }
        return function.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
    }

    /// Bytes; a link holds one digest.
    private static let longestLink = 256
    /// Bytes.
    private static let piece = 1 << 20
}
