import Crypto

extension Digest {
    /// The SHA-256 digest of `bytes`.
    package init(hashing bytes: some Collection<UInt8>) {
        var hasher = SHA256()
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            hasher.update(bufferPointer: UnsafeRawBufferPointer(buffer))
        }
        if isContiguous == nil { hasher.update(data: Array(bytes)) }
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("sha256:".utf8)
        for byte in hasher.finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        self.init(unchecked: String(decoding: text, as: UTF8.self))
    }
}
