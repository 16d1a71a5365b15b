import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// `lastpull import`, as its users run it.
    struct ImportTests: ImportScene {
        let folder: TemporaryFolder
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        private static let digest = Digest(hashing: Array("image".utf8))

        init() throws { folder = try TemporaryFolder() }

        @Test func aLogThatGrowsIsRenamedAndPackedCountsOnce() async throws {
            try folder.write(lines(0..<100), to: "logs/access.log")
            let path = folder.file("logs/access.log")
            #expect(try await importing(path).accesses == 100)
            let again = try await importing(path)
            #expect(again.unchanged == 1 && again.lines == 0)
            try folder.write(lines(0..<120), to: "logs/access.log")
            let grown = try await importing(path)
            #expect(grown.accesses == 20 && grown.lines == 20)
            try FileManager.default.moveItem(atPath: path, toPath: folder.file("logs/access.log.1"))
            #expect(try await importing(folder.file("logs")).unchanged == 1)
            try await gzip("logs/access.log.1")
            #expect(try await importing(folder.file("logs")).unchanged == 1)
            let piped = try await importing("-", input: lines(0..<120))
            #expect(piped.accesses == 0 && piped.duplicates == 120)
            #expect(try await accesses() == 120)
        }

        @Test func aFolderIsReadBelowItsGlob() async throws {
            try folder.write(lines(100..<200), to: "logs/new/access.log")
            try folder.write(lines(0..<100), to: "logs/old/access.log.1")
            try await gzip("logs/old/access.log.1")
            try folder.write("nothing of ours\n", to: "logs/error.txt")
            let answer = try await importing("--glob", "access*", folder.file("logs"))
            #expect(answer.files == 2 && answer.accesses == 200 && answer.rejected == 0)
            let first = (now - .days(10)).milliseconds / 1_000 * 1_000
            #expect(answer.covered == [.init(from: first, to: first + 199 * 60_000)])
        }

        @Test func whatCannotBeReadIsSaid() async throws {
            try folder.write(lines(0..<10), to: "access.log")
            let missing = folder.file("missing.log")
            let answer = try await importing(folder.file("access.log"), missing, status: 2)
            #expect(answer.accesses == 10)
            #expect(answer.failures == ["\(missing): no such file or directory; check the path"])
            try folder.write(Array([0x1F, 0x8B, 8, 0, 1, 2]), to: "broken.gz")
            #expect(try await importing(folder.file("broken.gz"), status: 1).failures.count == 1)
        }

        // A pipe whose writer is slow to begin is no empty log.
        @Test func aNamedPipeIsWaitedFor() async throws {
            let pipe = folder.file("pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            let text = lines(0..<50)
            async let writes: Void = Self.write(text, toPipe: pipe)
            let answer = try await importing(pipe)
            #expect(answer.accesses == 50)
            try await writes
        }

        // Silence would look like work.
        @Test func theWaitForAPipeIsSaidAndCanBeEnded() async throws {
            let pipe = folder.file("pipe")
            try #require(mkfifo(pipe, 0o600) == 0)
            let errors = folder.file("errors")
            let child = try ChildProcess(
                try Lastpull.binary,
                [
                    "import", "--url", "http://127.0.0.1:1", "--ledger",
                    folder.file("ledger.sqlite"), pipe,
                ],
                errors: errors
            )
            func said() throws -> String { try String(contentsOfFile: errors, encoding: .utf8) }
            try await eventually("word of the wait") {
                try said().contains("\(pipe): waits for somebody to write to it")
            }
            child.send(SIGINT)
            #expect(try await child.wait(within: .seconds(15)) == 1)
            #expect(try said().contains("nothing was read from it"))
            let other = try folder.write(lines(0..<50), to: "a.log")
            let answer = try await importing(other)
            #expect(answer.covered == [] && answer.coverageRefused?.contains(pipe) == true)
            #expect(try await importing("--leave-out", pipe).covered.count == 1)
        }

        /// Writes to a pipe as soon as somebody reads it.
        private static func write(_ text: String, toPipe path: String) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            var descriptor: CInt = -1
            while descriptor < 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(10))
                descriptor = open(path, O_WRONLY | O_NONBLOCK)
            }
            try #require(descriptor >= 0)
            let bytes = Array(text.utf8)
            _ = fcntl(descriptor, F_SETFL, 0)
            #expect(Foundation.write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
        }

        // Else they would be logs of which nothing is understood.
        @Test func whatElseIsWrongWithAPlaceIsSaid() async throws {
            let packed: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x01]
            try folder.write(packed, to: "access.log.zst")
            let answer = try await importing(folder.file("access.log.zst"), status: 1)
            #expect(answer.failures.first?.contains("zstd -dc") == true && answer.rejected == 0)
            let piped = try await importing("-", input: "BZh91AY&SY", status: 1)
            #expect(piped.failures.first?.contains("bzip2 -dc") == true)
            try folder.write(lines(0..<3), to: "logs/access.txt")
            let none = try await importing("--glob", "*.log", folder.file("logs"), status: 1)
            #expect(none.failures.first?.contains("no file in it matches *.log") == true)
            try folder.write("", to: "empty.log")
            #expect(try await importing(folder.file("empty.log")).lines == 0)
            let returned = lines(3..<6).replacing("\n", with: "\r\n")
            try folder.write("\u{FEFF}" + returned, to: "returned.log")
            #expect(try await importing(folder.file("returned.log")).accesses == 3)
        }

        @Test func aLastLineThatIsNotCompleteIsLeft() async throws {
            let log = lines(0..<3)
            try folder.write(String(log.dropLast(100)), to: "access.log")
            #expect(try await importing(folder.file("access.log")).accesses == 2)
            try folder.write(log, to: "access.log")
            #expect(try await importing(folder.file("access.log")).accesses == 1)
            #expect(try await accesses() == 3)
        }

        @Test func aContainerIsReadOnce() async throws {
            let blobs = try await FakeBlobs.start()
            for hour in 0..<5 {
                let text = (0..<10).map { number in
                    LogLines.azure(
                        "v1",
                        Self.digest,
                        at: now - .days(2) + .hours(Int64(hour)) + .seconds(Int64(number)),
                        id: hour * 10 + number
                    )
                }
                await blobs.append(text.joined(), to: "y=2026/h=0\(hour)/PT1H.json")
            }
            let first = try await importing("--glob", "**/PT1H.json", blobs.address)
            #expect(first.files == 5 && first.accesses == 50)
            let sent = await blobs.bytesSent
            let again = try await importing(blobs.address)
            #expect(again.unchanged == 5 && again.lines == 0)
            #expect(await blobs.bytesSent == sent)
            await blobs.append(
                LogLines.azure("v1", Self.digest, at: now - .days(1), id: 99),
                to: "y=2026/h=04/PT1H.json"
            )
            #expect(try await importing(blobs.address).accesses == 1)
            #expect(try await accesses() == 51)
            await blobs.set { $0.permits = false }
            let refused = try await importing(blobs.address, status: 1)
            #expect(refused.failures.first?.contains("AuthenticationFailed") == true)
            await blobs.stop()
        }

        // And can be read rightly the next time.
        @Test func aLogOfWhichNothingIsUnderstoodFails() async throws {
            try folder.write(lines(0..<20), to: "access.log")
            let path = folder.file("access.log")
            let wrong = try await importing("--format", "acr", path, status: 1)
            #expect(wrong.rejected == 20 && wrong.lines == 20)
            #expect(try await importing(path).accesses == 20)
            #expect(try await importing("--format", "acr", path).unchanged == 1)
        }

        @Test func wrongUsageIsSaid() async throws {
            for arguments in [
                ["--format", "xml", "x"], ["--covers", "yesterday", "x"], [],
                ["--leave-out", "", "x"], ["--pass-over", "", "x"],
            ] {
                let result = try await Lastpull.run(
                    ["import", "--url", "http://127.0.0.1:1"] + arguments
                )
                #expect(result.status == 64, "\(arguments)")
            }
            let result = try await Lastpull.run([
                "import", "--url", "http://127.0.0.1:1",
                "https://a.blob.core.windows.net/logs?sv=1",
            ])
            #expect(result.status == 64 && result.errors.contains("signature"))
        }
    }
}
