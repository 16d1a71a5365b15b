import Foundation

/// A path for the kernel, put together without making a string of it.
final class PathBuffer {
    let start: UnsafeMutablePointer<CChar>
    private var count = 0

    init() {
        start = .allocate(capacity: Self.longest + 1)
        start.initialize(repeating: 0, count: Self.longest + 1)
    }

    deinit { start.deallocate() }

    /// Makes it the digits of a digest and what follows, `abc…/link`.
    func set(_ digest: PackedDigest, _ ending: StaticString) -> UnsafePointer<CChar> {
        count = 0
        append(digest)
        append(ending)
        return finish()
    }

    /// Makes it a name and what follows, `v1/current/link`.
    func set(_ name: String, _ ending: StaticString) -> UnsafePointer<CChar> {
        count = 0
        var name = name
        name.withUTF8 { append(UnsafeRawBufferPointer($0)) }
        append(ending)
        return finish()
    }

    /// Makes it an entry's name and what follows.
    func set(_ name: EntryName, _ ending: StaticString) -> UnsafePointer<CChar> {
        count = 0
        append(name.bytes)
        append(ending)
        return finish()
    }

    /// Makes it the path of a blob's content below the folder of its algorithm.
    func setBlob(_ digest: PackedDigest) -> UnsafePointer<CChar> {
        count = 0
        append(digest)
        count = 2
        append("/")
        append(digest)
        append("/data")
        return finish()
    }

    private func append(_ digest: PackedDigest) {
        start.withMemoryRebound(to: UInt8.self, capacity: Self.longest) { bytes in
            digest.writeHex(to: bytes + count)
        }
        count += 64
    }

    private func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Names of folders' entries and tags are at most 255 bytes, so all that is appended fits.
    private func append(_ bytes: UnsafeRawBufferPointer) {
        let fitting = min(bytes.count, Self.longest - count)
        guard fitting > 0, let base = bytes.baseAddress else { return }
        memcpy(start + count, base, fitting)
        count += fitting
    }

    private func finish() -> UnsafePointer<CChar> {
        start[count] = 0
        return UnsafePointer(start)
    }

    private static let longest = 4_095
}
