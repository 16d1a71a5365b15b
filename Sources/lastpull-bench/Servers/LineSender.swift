import Foundation

/// Sends syslog messages to loopback as fast as one thread can.
struct LineSender {
    var isDatagram: Bool
    var port: Int

    /// Sends all and returns when the kernel has taken them.
    func send(_ messages: [[UInt8]]) async throws {
        let pieces = isDatagram ? messages : Self.joined(messages)
        let outcome: String? = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: write(pieces)) }.start()
        }
        if let outcome { throw BenchError("syslog: \(outcome)") }
    }

    /// Some hundred lines each, as a forwarder writes them.
    private static func joined(_ messages: [[UInt8]]) -> [[UInt8]] {
        stride(from: 0, to: messages.count, by: perWrite).map { start in
            Array(messages[start..<min(start + perWrite, messages.count)].joined())
        }
    }

    private static let perWrite = 400

    /// Returns what went wrong.
    private func write(_ pieces: [[UInt8]]) -> String? {
        let kind = isDatagram ? SOCK_DGRAM : SOCK_STREAM
        let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
        guard descriptor >= 0 else { return "no socket to be had" }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return String(cString: strerror(errno)) }
        for piece in pieces {
            var start = 0
            while start < piece.count {
                let sent = piece.withUnsafeBytes { bytes in
                    Foundation.send(
                        descriptor,
                        bytes.baseAddress.map { $0 + start },
                        piece.count - start,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard sent > 0 else { return String(cString: strerror(errno)) }
                start += sent
            }
        }
        return nil
    }
}
