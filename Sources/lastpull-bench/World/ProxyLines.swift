import Foundation
import RegistryModel

/// Lines of nginx about pulls of generated images, as it sends them by syslog, each from a client of
/// its own.
struct ProxyLines {
    /// Images that are asked for.
    var images: Int
    /// Of a hundred lines, those about manifests; the others are about blobs.
    var manifestShare: Int
    var time: Date

    /// The messages, each with a newline.
    func make(_ count: Int) -> [[UInt8]] {
        let head = Self.head(time)
        let tails = (0..<images).map { tail(of: $0, isBlob: false) }
        let blobs = (0..<images).map { tail(of: $0, isBlob: true) }
        return (0..<count).map { index in
            let line = index % 100 < manifestShare ? tails : blobs
            var message = head.before
            message += "10.\(index >> 16 & 255).\(index >> 8 & 255).\(index & 255)".utf8
            message += head.after
            message += line[Int(truncatingIfNeeded: SplitMix.hash(UInt64(index)) % UInt64(images))]
            return message
        }
    }

    private static func head(_ time: Date) -> (before: [UInt8], after: [UInt8]) {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "MMM dd HH:mm:ss"
        let before = "<190>\(formatter.string(from: time)) edge1 nginx: "
        formatter.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        return (Array(before.utf8), Array(" - - [\(formatter.string(from: time))] ".utf8))
    }

    private func tail(of index: Int, isBlob: Bool) -> [UInt8] {
        let image = GeneratedImage(
            repository: index / GeneratedImage.perRepository,
            number: index % GeneratedImage.perRepository
        )
        let repository = GeneratedImage.repositoryName(image.repository)
        let path =
            isBlob
            ? "blobs/\(image.blobs[0].digest)"
            : "manifests/\(index % 2 == 0 ? image.tag : Digest(hashing: image.manifest).description)"
        let line =
            #""GET /v2/\#(repository)/\#(path) HTTP/1.1" 200 708 "-" "containerd/v2.0.2""# + "\n"
        return Array(line.utf8)
    }
}

extension SplitMix {
    static func hash(_ number: UInt64) -> UInt64 {
        var random = SplitMix(state: number)
        return random.next()
    }
}
