import CurlTransport
import RegistryModel

extension EngineClient {
    /// Runs a command in a running container, hands each line of its output to `line` as it comes,
    /// and returns its exit status.
    package func run(
        _ command: [String],
        in container: String,
        line: @escaping @Sendable (String) async -> Void
    ) async throws -> Int {
        let call = call("run a command in a container", container)
        let words = command.map(Self.quoted).joined(separator: ",")
        var create = try await request("POST", "/containers/\(container.pathEncoded)/exec")
        create.headers["Content-Type"] = "application/json"
        create.body = Array(#"{"AttachStdout":true,"AttachStderr":true,"Cmd":[\#(words)]}"#.utf8)
        let created: ExecWire = try decode(try await exchange(create, for: call).body, for: call)
        guard let id = created.id else { throw call.error(.badAnswer, "it names no exec") }
        var start = try await request("POST", "/exec/\(id.pathEncoded)/start")
        start.headers["Content-Type"] = "application/json"
        start.body = Array(#"{"Detach":false,"Tty":false}"#.utf8)
        start.timeout = .zero
        let answer: HTTPStream
        do throws(TransportError) {
            answer = try await transport.open(start)
        } catch {
            throw call.error(for: error)
        }
        guard answer.status == 200 else {
            let text = try await answer.text(limit: 4_096)
            throw call.error(status: answer.status, saying: Self.message(in: Array(text.utf8)))
        }
        var frames = OutputFrames()
        for try await bytes in answer.body {
            for text in frames.take(bytes) { await line(text) }
        }
        if let rest = frames.rest { await line(rest) }
        let response = try await send("GET", "/exec/\(id.pathEncoded)/json", for: call)
        let state: ExecStateWire = try decode(response.body, for: call)
        guard state.running != true, let status = state.exitCode else {
            throw call.error(.badAnswer, "its output ended before it did")
        }
        return status
    }
}

/// Takes the frames apart in which an engine sends a command's two outputs (Docker Engine API,
/// "Stream format"), and their lines.
///
/// A header of eight bytes, whose last four are the length, goes before each piece.
struct OutputFrames {
    private var header: [UInt8] = []
    private var left = 0
    private var line: [UInt8] = []

    /// What follows the last line's end.
    var rest: String? { line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }

    mutating func take(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            guard left > 0 else {
                header.append(byte)
                if header.count == 8 {
                    left = header[4...].reduce(0) { $0 << 8 | Int($1) }
                    header = []
                }
                continue
            }
            left -= 1
            if byte == UInt8(ascii: "\n") || line.count >= Self.longestLine {
                lines.append(String(decoding: line, as: UTF8.self))
                line = []
            }
            if byte != UInt8(ascii: "\n") { line.append(byte) }
        }
        return lines
    }

    /// Bytes; longer lines are cut.
    private static let longestLine = 16_384
}

private struct ExecWire: Decodable {
    let id: String?
}

private struct ExecStateWire: Decodable {
    let running: Bool?
    let exitCode: Int?
}
