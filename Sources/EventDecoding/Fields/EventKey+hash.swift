import Crypto
import RegistryModel

extension EventKey {
    /// The first 128 bits of the SHA-256 of `bytes`: nobody can choose two that are alike.
    init(hashing bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self = hash.finalize().withUnsafeBytes { digest in
            EventKey(
                high: UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// The key of an event's id: the UUID that it is, else its hash.
    init(id: UnsafeRawBufferPointer) {
        self = EventKey(uuid: id) ?? EventKey(hashing: id)
    }

    /// Reads 32 hexadecimal digits of either case, with dashes after 8, 12, 16 and 20 or none.
    private init?(uuid bytes: UnsafeRawBufferPointer) {
        let hasDashes = bytes.count == 36
        guard hasDashes || bytes.count == 32 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if hasDashes, index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = byte.hexValue else { return nil }
            halves.high = halves.high << 4 | halves.low >> 60
            halves.low = halves.low << 4 | UInt64(digit)
        }
        self.init(high: halves.high, low: halves.low)
    }
}
