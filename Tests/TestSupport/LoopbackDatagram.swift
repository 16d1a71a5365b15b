import Glibc

/// Datagrams to loopback, without any queue on the way.
package enum LoopbackDatagram {
    private static let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)

    /// Sends one and returns when the kernel has taken it, or dropped it for the receiver.
    package static func send(_ bytes: [UInt8], to port: Int) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr = in_addr(s_addr: in_addr_t(0x7F00_0001).bigEndian)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor,
                    bytes,
                    bytes.count,
                    0,
                    $0,
                    socklen_t(MemoryLayout<sockaddr_in>.size)
                )
            }
        }
        guard sent == bytes.count else {
            throw HarnessError("sendto: \(String(cString: strerror(errno)))")
        }
    }
}
