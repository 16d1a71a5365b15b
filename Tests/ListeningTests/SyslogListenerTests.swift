import Foundation
import Listening
import Logging
import NIOCore
import NIOPosix
import RegistryModel
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Lines on their way from a socket to the ledger.
struct SyslogListenerTests {
    @Test(arguments: [SyslogSocket.Transport.tcp, .udp])
    func whatIsSentIsRecorded(_ transport: SyslogSocket.Transport) async throws {
        let sink = FakeSink()
        try await SyslogScene.run(transport, sink: sink) { scene in
            for tag in ["v1", "v2", "v1"] { try await scene.send(scene.message(tag)) }
            try await eventually("three accesses") { sink.accesses.count == 3 }
        }
        #expect(sink.accesses.compactMap { $0.tag?.description }.sorted() == ["v1", "v1", "v2"])
        // Equal lines count each, together or not.
        #expect(Set(sink.accesses.map(\.key)).count == 3)
        #expect(sink.deliveries.allSatisfy { $0.source == .log && $0.body.isHearsay })
        #expect(sink.sockets.reduce(0) { $0 + $1.lines } == 3)
        #expect(sink.sockets.allSatisfy { $0.dropped == 0 })
        #expect(sink.deliveries.allSatisfy { $0.body.loss == nil })
    }

    @Test func tooLongALineIsADropAndAGap() async throws {
        let sink = FakeSink()
        try await SyslogScene.run(.tcp, sink: sink) { scene in
            let long = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
            try await scene.send(scene.message("v1") + long + [10] + scene.message("v2"))
            try await eventually("both lines") { sink.accesses.count == 2 }
        }
        #expect(sink.sockets.reduce(0) { $0 + $1.dropped } == 1)
        let losses = sink.deliveries.compactMap(\.body.loss)
        #expect(losses.count == 1 && losses[0].contains("too long"))
    }

    // While nothing can be recorded, a sender over TCP is made to wait, and nothing is lost.
    @Test func aSenderWaitsForTheLedger() async throws {
        let sink = FakeSink(isHeld: true)
        try await SyslogScene.run(.tcp, sink: sink) { scene in
            let count = 200_000
            let lines = Array((0..<count).map { scene.message("v\($0 % 10)") }.joined())
            let sending = scene.sending(lines)
            // More than the inbox and both sides' buffers hold: the sender can't have got rid of it.
            try await eventually("a delivery waits") { sink.isWaited }
            try await Task.sleep(for: .milliseconds(300))
            #expect(!scene.isSent)
            #expect(sink.accesses.isEmpty)
            sink.release()
            try await sending.value
            try await eventually("all of them", within: .seconds(60)) {
                sink.accesses.count == count
            }
        }
        #expect(sink.sockets.allSatisfy { $0.dropped == 0 })
    }

    // The kernel drops what a socket has no room for; it says so, and all is accounted for.
    @Test func datagramsThatAreDroppedAreCounted() async throws {
        let sink = FakeSink(isHeld: true)
        let count = 400_000
        try await SyslogScene.run(.udp, sink: sink) { scene in
            let message = scene.message("v1")
            for _ in 0..<count { try scene.sendNow(message) }
            sink.release()
            try await eventually("all are accounted for", within: .seconds(60)) {
                sink.sockets.reduce(0) { $0 + $1.lines + $1.dropped } == count
            }
        }
        #expect(sink.sockets.contains { $0.dropped > 0 })
        #expect(sink.accesses.count == sink.sockets.reduce(0) { $0 + $1.lines })
        #expect(
            sink.deliveries.allSatisfy {
                ($0.body.loss != nil) == ($0.body.socket?.dropped ?? 0 > 0)
            }
        )
    }

    @Test(arguments: [SyslogSocket.Transport.tcp, .udp])
    func othersThanThoseNamedAreNotHeard(_ transport: SyslogSocket.Transport) async throws {
        let sink = FakeSink()
        let networks = [Network("10.0.0.0/8"), Network("127.0.0.2/32")].compactMap(\.self)
        try await SyslogScene.run(transport, networks: networks, sink: sink) { scene in
            try? await scene.send(scene.message("bad"), from: "127.0.0.1")
            try await scene.send(scene.message("good"), from: "127.0.0.2")
            try await eventually("the permitted line") { sink.accesses.count == 1 }
        }
        #expect(sink.accesses.map { $0.tag?.description } == ["good"])
    }

    // Over TLS, a sender is known by its certificate, where one is asked for.
    @Test func aSenderOverTLSShowsItsCertificate() async throws {
        let authority = try await TestAuthority()
        let server = try await authority.sign("server")
        let client = try await authority.sign("client")
        let other = try await TestAuthority()
        let stranger = try await other.sign("stranger")
        let certificate = SyslogSocket.Certificate(
            chain: server.chain,
            key: server.key,
            clientAuthority: authority.file
        )
        let sink = FakeSink()
        try await SyslogScene.run(.tls, certificate: certificate, sink: sink) { scene in
            try await scene.sendEncrypted("none", trusting: authority, showing: nil)
            try await scene.sendEncrypted("strange", trusting: authority, showing: stranger)
            try? await scene.send(scene.message("plain"))
            try await scene.sendEncrypted("good", trusting: authority, showing: client)
            try await eventually("the line") { !sink.accesses.isEmpty }
        }
        #expect(sink.accesses.map { $0.tag?.description } == ["good"])
        // The files go with it.
        withExtendedLifetime(other) {}
    }

    // A proxy that was told to connect to 127.0.0.1 gets an answer to its mistake.
    @Test func aPortThatIsTakenIsSaid() async throws {
        try await SyslogScene.run(.tcp, sink: FakeSink()) { scene in
            await #expect {
                _ = try await SyslogListener(
                    [("local", scene.socket)],
                    sink: FakeSink(),
                    logger: .silent
                )
            } throws: { error in
                "\(error)".contains("cannot listen on \(scene.socket): Address already in use")
            }
        }
    }

    @Test func whatWasReadBeforeTheEndIsRecorded() async throws {
        let sink = FakeSink(isHeld: true)
        try await SyslogScene.run(.tcp, sink: sink) { scene in
            try await scene.send(scene.message("v1"))
            try await eventually("a delivery waits") { sink.isWaited }
            await scene.shutDown()
            sink.release()
        }
        #expect(sink.accesses.count == 1)
    }
}

/// Set once.
private final class SentMark: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock { $0 } }

    func set() { value.withLock { $0 = true } }
}

/// A socket on loopback, for as long as a test runs.
struct SyslogScene: Sendable {
    let socket: SyslogSocket
    private let group: ServiceGroup
    private let sent = SentMark()

    static func run(
        _ transport: SyslogSocket.Transport,
        networks: [Network] = [],
        certificate: SyslogSocket.Certificate? = nil,
        sink: FakeSink,
        body: @escaping @Sendable (SyslogScene) async throws -> Void
    ) async throws {
        let socket = SyslogSocket(
            transport: transport,
            host: "127.0.0.1",
            port: try LoopbackPort.free(),
            networks: networks,
            certificate: certificate
        )
        let listener = try await SyslogListener([("local", socket)], sink: sink, logger: .silent)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: listener)], logger: .silent)
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(SyslogScene(socket: socket, group: group))
            } catch {
                tasks.cancelAll()
                sink.release()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func shutDown() async { await group.triggerGracefulShutdown() }

    /// A line of nginx, as it sends it, with a newline.
    func message(_ tag: String) -> [UInt8] {
        Array(
            (#"<190>Mar  4 05:06:07 edge1 nginx: 10.20.30.40 - - [04/Mar/2026:05:06:07 +0000] "#
                + #""GET /v2/team/api/manifests/\#(tag) HTTP/1.1" 200 1609 "-" "containerd/v2.0.2""#
                + "\n").utf8
        )
    }

    /// Sends all of it, then closes.
    func send(_ bytes: [UInt8], from host: String = "127.0.0.1") async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let local = try SocketAddress(ipAddress: host, port: 0)
        let remote = try SocketAddress(ipAddress: socket.host, port: socket.port)
        let buffer = ByteBuffer(bytes: bytes)
        if socket.transport == .udp {
            let channel = try await DatagramBootstrap(group: group).bind(to: local).get()
            try await channel.writeAndFlush(
                AddressedEnvelope(remoteAddress: remote, data: buffer)
            ).get()
            try await channel.close().get()
        } else {
            let channel = try await ClientBootstrap(group: group).bind(to: local)
                .connect(to: remote).get()
            try await channel.writeAndFlush(buffer).get()
            try await channel.close().get()
        }
    }

    /// Sends a line through openssl, which ends when it has sent it or was refused.
    func sendEncrypted(
        _ tag: String,
        trusting authority: TestAuthority,
        showing certificate: (chain: String, key: String)?
    ) async throws {
        guard let openssl = Command.find("openssl") else { throw HarnessError("no openssl") }
        let identity = certificate.map { ["-cert", $0.chain, "-key", $0.key] } ?? []
        _ = try await Command.run(
            openssl,
            ["s_client", "-connect", "127.0.0.1:\(socket.port)", "-CAfile", authority.file]
                + ["-verify_return_error", "-quiet", "-no_ign_eof"] + identity,
            input: String(decoding: message(tag), as: UTF8.self)
        )
    }

    // MARK: Much at once

    /// Whether what `sending` has begun to send is gone.
    var isSent: Bool { sent.isSet }

    /// Sends without waiting for the end.
    func sending(_ bytes: [UInt8]) -> Task<Void, any Error> {
        Task { [sent] in
            try await send(bytes)
            sent.set()
        }
    }

    /// Sends a datagram, as fast as a thread can.
    func sendNow(_ bytes: [UInt8]) throws { try LoopbackDatagram.send(bytes, to: socket.port) }
}
