import Foundation

/// A command of the operator's on this machine.
enum LocalCommand {
    /// Runs it, hands each line of what it says to `line` as it comes, and returns its exit status;
    /// 128 and more for a signal.
    static func run(
        _ words: [String],
        line: @escaping @Sendable (String) async -> Void
    ) async throws -> Int {
        let (lines, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        let status = Task {
            try await offPool { () -> Int in
                defer { continuation.finish() }
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = words
                let output = Pipe()
                process.standardOutput = output
                process.standardError = output
                process.standardInput = FileHandle.nullDevice
                try process.run()
                try read(output.fileHandleForReading) { continuation.yield($0) }
                process.waitUntilExit()
                let isSignal = process.terminationReason == .uncaughtSignal
                return Int(process.terminationStatus) + (isSignal ? 128 : 0)
            }
        }
        for try await text in lines { await line(text) }
        return try await status.value
    }

    private static func read(_ file: FileHandle, _ take: (String) -> Void) throws {
        var pending: [UInt8] = []
        while let data = try file.read(upToCount: 4_096), !data.isEmpty {
            for byte in data {
                if byte == UInt8(ascii: "\n") || pending.count >= longestLine {
                    take(String(decoding: pending, as: UTF8.self))
                    pending = []
                }
                if byte != UInt8(ascii: "\n") { pending.append(byte) }
            }
        }
        if !pending.isEmpty { take(String(decoding: pending, as: UTF8.self)) }
    }

    /// Bytes; longer lines are cut.
    private static let longestLine = 16_384
}
