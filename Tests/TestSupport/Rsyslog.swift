import Foundation

/// A real rsyslog that takes messages over UDP and hands them on over TCP, keeping those that the
/// next one does not take.
///
/// It can be stopped and started again with its queue. The process and its files go with the last
/// reference.
package actor Rsyslog {
    /// How messages are told apart on the way (RFC 6587).
    package enum Framing: String, Sendable, CaseIterable {
        case newline = "traditional"
        case octetCounted = "octet-counted"
    }

    /// Where it listens, a UDP port of loopback.
    package nonisolated let port: Int

    private let settings: String
    private let folder: TemporaryFolder
    private let binary: String
    private var process: ChildProcess?

    /// Takes a port and a folder, and starts nothing yet; `receiver` is a TCP port of loopback.
    ///
    /// `template` is one of rsyslog's own.
    package init(
        sendingTo receiver: Int,
        framing: Framing,
        template: String = "RSYSLOG_ForwardFormat"
    ) throws {
        guard let binary = Self.binary else { throw HarnessError("no rsyslogd; install rsyslog") }
        self.binary = binary
        port = try LoopbackPort.free()
        folder = try TemporaryFolder()
        settings = """
            global(workDirectory="\(folder.path)" maxMessageSize="64k")
            module(load="imudp")
            input(type="imudp" address="127.0.0.1" port="\(port)")
            action(type="omfwd" target="127.0.0.1" port="\(receiver)" protocol="tcp"
                TCP_Framing="\(framing.rawValue)" template="\(template)"
                queue.type="LinkedList" queue.filename="forward" queue.saveOnShutdown="on"
                action.resumeRetryCount="-1" action.resumeInterval="1")
            """
    }

    package static var isInstalled: Bool { binary != nil }

    private static var binary: String? {
        Command.find("rsyslogd")
            ?? ["/usr/sbin/rsyslogd"].first(where: FileManager.default.isExecutableFile)
    }

    /// Starts it, and returns when it listens.
    package func start() async throws {
        let process = try ChildProcess(
            binary,
            [
                "-n", "-C", "-f", folder.write(settings + "\n", to: "rsyslog.conf"),
                "-i", folder.file("rsyslog.pid"),
            ],
            output: folder.file("output.log"),
            errors: folder.file("output.log")
        )
        self.process = process
        let place = "0100007F:" + String(format: "%04X", port)
        try await eventually("rsyslog listens on \(port)", within: .seconds(20)) {
            try process.checkIsRunning()
            // Read in pieces: the system does not tell beforehand how long it is.
            let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/net/udp"))
            var sockets = Data()
            while let piece = try file.read(upToCount: 65_536), !piece.isEmpty { sockets += piece }
            return String(decoding: sockets, as: UTF8.self).contains(place)
        }
    }

    /// Ends it with SIGTERM; what it could not deliver is in its queue then.
    package func stop() async throws {
        try await process?.terminate(within: .seconds(30))
        process = nil
    }
}
