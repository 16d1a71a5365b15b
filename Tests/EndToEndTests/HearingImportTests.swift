import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// `lastpull import`, as its users run it.
    struct ImportTests {
        private let folder: TemporaryFolder
        private let now = Timestamp(seconds: Date().timeIntervalSince1970)
        private static let digest = Digest(hashing: Array("image".utf8))

        init() throws { folder = try TemporaryFolder() }

        private struct Answer: Decodable, Equatable {
            struct Span: Decodable, Equatable {
                var from: Int64
                var to: Int64
            }

            var files: Int
            var unchanged: Int
            var lines: Int
            var accesses: Int
            var duplicates: Int
            var ignored: Int
            var rejected: Int
            var tooOld: Int
            var covered: [Span]
            var failures: [String]
            var coverageRefused: String?
        }

        private func lines(_ range: Range<Int>) -> String {
            range.map { LogLines.combined("v1", at: now - .days(10) + .minutes(Int64($0))) }
                .joined()
        }

        private func importing(
            _ arguments: String...,
            input: String = "",
            status: Int32 = 0
        ) async throws -> Answer {
            let result = try await Lastpull.run(
                ["import", "--url", "http://127.0.0.1:1", "--json"]
                    + ["--ledger", folder.file("ledger.sqlite")] + arguments,
                input: input
            )
            #expect(result.status == status, "\(result.errors)")
            return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        }

        private func accesses() async throws -> Int {
            struct Explanation: Decodable { var accesses: Int }
            let result = try await Lastpull.run(
                ["explain", "team/api:v1", "--url", "http://127.0.0.1:1", "--json"]
                    + ["--ledger", folder.file("ledger.sqlite")]
            )
            return try JSONDecoder().decode(Explanation.self, from: Data(result.output.utf8))
                .accesses
        }

        private func gzip(_ name: String) async throws {
            guard let gzip = Command.find("gzip") else { throw HarnessError("install gzip") }
            let result = try await Command.run(gzip, [folder.file(name)])
            try #require(result.status == 0)
        }

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

        // What was not understood is kept for a look, and its hours are not covered.
        @Test func whatIsNotUnderstoodIsNotCovered() async throws {
            let log = lines(0..<100) + "nothing of ours\n" + lines(100..<300)
            try folder.write(log, to: "access.log")
            let answer = try await importing(
                "--covers",
                "2020-01-01..2020-01-02",
                folder.file("access.log")
            )
            #expect(answer.accesses == 300 && answer.rejected == 1)
            let kept = try await Lastpull.run([
                "rejected", "--url", "http://127.0.0.1:1", "--ledger", folder.file("ledger.sqlite"),
            ])
            #expect(kept.output.contains("nothing of ours"))
            let doubt = (now - .days(10) + .minutes(100)).milliseconds
            #expect(!answer.covered.contains { $0.from < doubt && $0.to > doubt })
            #expect(answer.covered.count >= 2)
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

        // The pull that somebody would miss may be in the part that is lost.
        @Test func aLogThatIsCutOffLeavesNothingCovered() async throws {
            try folder.write(lines(0..<100), to: "logs/a.log")
            try folder.write(lines(40..<3_000), to: "logs/b.log")
            try await gzip("logs/b.log")
            let whole = try #require(
                FileManager.default.contents(atPath: folder.file("logs/b.log.gz"))
            )
            try folder.write(Array(whole.prefix(whole.count / 2)), to: "logs/b.log.gz")
            let cut = try await importing(
                "--covers",
                "2020-01-01..2030-01-01",
                folder.file("logs"),
                status: 2
            )
            #expect(cut.failures.count == 1 && cut.covered == [])
            #expect(cut.coverageRefused?.contains("not every log could be read") == true)
            try folder.write(Array(whole), to: "logs/b.log.gz")
            let mended = try await importing(folder.file("logs"))
            #expect(mended.unchanged == 1 && mended.coverageRefused == nil)
            #expect(mended.covered.count == 1)
        }

        // Another log that goes well says nothing of what is in it.
        @Test func whatWaitsForALogWaitsUntilItIsReadOrLeftOut() async throws {
            try folder.write(lines(0..<100), to: "a.log")
            try folder.write(lines(0..<3_000), to: "b.log")
            try await gzip("b.log")
            let packed = folder.file("b.log.gz")
            let whole = try #require(FileManager.default.contents(atPath: packed))
            try folder.write(Array(whole.prefix(whole.count / 2)), to: "b.log.gz")
            let cut = try await importing(folder.file("a.log"), packed, status: 2)
            #expect(cut.covered == [] && cut.coverageRefused?.contains(packed) == true)
            try folder.write(lines(2_000..<2_050), to: "c.log")
            for _ in 0..<2 {
                let other = try await importing(folder.file("c.log"))
                #expect(other.covered == [] && other.coverageRefused?.contains(packed) == true)
                #expect(other.coverageRefused?.contains("--leave-out") == true)
            }
            try FileManager.default.moveItem(atPath: packed, toPath: folder.file("b.log.1.gz"))
            try folder.write(lines(3_000..<3_100), to: "b.log.gz")
            #expect(try await importing(packed).covered == [])
            let left = try await importing("--leave-out", packed)
            #expect(left.coverageRefused == nil && left.covered.count == 3)
        }

        // The beginning of a damaged log is not the log.
        @Test func theBeginningOfADamagedLogIsNotTheLog() async throws {
            let text = String(repeating: lines(0..<12_000), count: 4)
            try folder.write(text, to: "b.log")
            try await gzip("b.log")
            let packed = folder.file("b.log.gz")
            let whole = try #require(FileManager.default.contents(atPath: packed))
            try folder.write(Array(whole.prefix(whole.count / 4 * 3)), to: "b.log.gz")
            let other = try folder.write(lines(13_000..<13_100), to: "a.log")
            let cut = try await importing(packed, other, status: 2)
            #expect(cut.covered == [] && cut.accesses > 100)
            for count in [5_000, text.utf8.count / 2, text.utf8.count * 7 / 8] {
                let part = Array(text.utf8.prefix(count))
                let end = try #require(part.lastIndex(of: UInt8(ascii: "\n")))
                try folder.write(Array(part[...end]), to: "part.log")
                #expect(try await importing(folder.file("part.log")).covered == [])
            }
            try folder.write(Array(whole), to: "b.log.gz")
            let mended = try await importing(packed)
            #expect(mended.coverageRefused == nil && !mended.covered.isEmpty)
        }

        // However little is missing: its end shows that it is whole.
        @Test func aDamagedLogThatIsMendedElsewhereIsReadThere() async throws {
            try folder.write(lines(0..<3_000), to: "b.log")
            try await gzip("b.log")
            let packed = folder.file("b.log.gz")
            let whole = try #require(FileManager.default.contents(atPath: packed))
            try folder.write(Array(whole.prefix(whole.count - 400)), to: "b.log.gz")
            let cut = try await importing(packed, status: 1)
            // What came before the damage is counted.
            #expect(cut.covered == [] && cut.accesses > 2_500)
            try folder.write(lines(0..<cut.accesses), to: "part.log")
            try await gzip("part.log")
            #expect(try await importing(folder.file("part.log.gz")).covered == [])
            try folder.write(lines(0..<3_000), to: "plain.log")
            #expect(try await importing(folder.file("plain.log")).covered == [])
            let mended = try folder.write(Array(whole), to: "c.log.gz")
            let answer = try await importing(mended)
            #expect(answer.coverageRefused == nil && answer.covered.count == 1)
        }

        // They look like what servers write about themselves, but name manifests.
        @Test(arguments: [
            #"[2026-11-19 17:16:11] 10.0.0.5 "GET /v2/team/api/manifests/v1 HTTP/1.1" 200"#,
            #"time="2026-11-19" level=info verb=GET target=/v2/team/api/manifests/v1 code=200"#,
            #"{"level":30,"req":{"verb":"GET","target":"/v2/a/manifests/v1"},"msg":"request"}"#,
        ])
        func aLogWhoseRequestsPassForOtherWordsLeavesNothingCovered(_ line: String) async throws {
            let good = try folder.write(lines(0..<100), to: "a.log")
            let unknown = String(repeating: line + "\n", count: 50)
            let other = try folder.write(unknown, to: "b.log")
            let first = try await importing(good, other, status: 2)
            #expect(first.accesses == 100 && first.covered == [])
            #expect(first.failures.first?.contains("nothing in it was understood") == true)
            // Nor with a format that passes it over.
            let wrong = try folder.write(lines(100..<200), to: "c.log")
            _ = try await importing("--format", "logrus", wrong, status: 1)
            #expect(try await importing("--leave-out", other).covered == [])
        }

        // Somebody changed the proxy's format for three hours, and then back.
        @Test func aStretchWhoseRequestsPassForOtherWordsIsNotCovered() async throws {
            let stretch = (300..<480).map { minute in
                #"{"level":30,"req":{"verb":"GET","target":"/v2/a/manifests/v\#(minute)"},"#
                    + #""msg":"request"}"# + "\n"
            }
            let log = lines(0..<300) + stretch.joined() + lines(480..<800)
            let path = try folder.write(log, to: "access.log")
            let answer = try await importing("--covers", "2020-01-01..2030-01-01", path)
            #expect(answer.accesses == 620 && answer.rejected == 180)
            let begin = now - .days(10)
            let doubt = begin + .minutes(299)...begin + .minutes(480)
            #expect(
                !answer.covered.contains {
                    $0.from < doubt.upperBound.milliseconds
                        && $0.to > doubt.lowerBound.milliseconds
                }
            )
            #expect(answer.covered.count == 2)
        }

        // What says nothing of manifests is evidence of nothing, and hinders nothing.
        @Test func wordsOfServersAboutThemselvesAreNoRequests() async throws {
            let good = try folder.write(lines(0..<100), to: "a.log")
            let words =
                "2026/11/19 05:06:07 [notice] 1#1: start worker processes\n"
                + "2026/11/19 05:06:08 [error] 1#1: *1 no live upstreams, "
                + "request: \"GET /v2/team/api/manifests/v1 HTTP/1.1\"\n"
            let other = try folder.write(words, to: "error.log")
            #expect(try await importing(good, other).covered.count == 1)
            let refused = lines(200..<300).replacing("\" 200 ", with: "\" 401 ")
            #expect(refused != lines(200..<300))
            let quiet = try folder.write(refused, to: "quiet.log")
            #expect(try await importing(good, quiet).failures == [])
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

        @Test func anImportThatIsRepeatedCoversNoMore() async throws {
            let log = lines(0..<300) + "nothing of ours\n" + lines(310..<600)
            let path = try folder.write(log, to: "access.log")
            let all = "2020-01-01..2040-01-01"
            let first = try await importing("--covers", all, path)
            let again = try await importing("--covers", all, path)
            #expect(again.unchanged == 1 && again.covered.count == 2)
            for answer in [first, again] {
                let doubt = (now - .days(10) + .minutes(305)).milliseconds
                #expect(!answer.covered.contains { $0.from < doubt && $0.to > doubt })
            }
            // What is mended is read whole, and counts nothing twice.
            try folder.write(
                log.replacing("nothing of ours\n", with: lines(300..<301)),
                to: "access.log"
            )
            let piped = try await importing("--format", "combined", path)
            #expect(piped.lines == 591 && piped.accesses == 1 && piped.duplicates == 590)
            #expect(try await importing("--covers", all, path).covered.count == 1)
        }

        // With another format it may be understood, so that it is read from its beginning.
        @Test func aLogInDoubtIsReadAgainInAnotherFormat() async throws {
            let own = (0..<60).map {
                let time = now - .days(10) + .minutes(Int64($0) + 300)
                return #"{"when":\#(time.milliseconds),"verb":"GET","#
                    + #""u":"/v2/team/api/manifests/v1","st":200,"ip":"10.0.0.9"}"# + "\n"
            }
            let path = try folder.write(
                (lines(0..<200) + own.joined() + lines(400..<500)),
                to: "access.log"
            )
            let all = "2020-01-01..2040-01-01"
            let first = try await importing("--covers", all, path)
            #expect(first.rejected == 60 && first.covered.count == 2)
            let again = try await importing(
                "--covers",
                all,
                "--key",
                "time=when",
                "--key",
                "method=verb",
                "--key",
                "path=u",
                "--key",
                "status=st",
                "--key",
                "address=ip",
                path
            )
            #expect(again.accesses == 60 && again.duplicates == 300 && again.rejected == 0)
            #expect(again.covered.count == 1)
        }

        // Another log's hours may have been its own.
        @Test func aLogOfWhichNothingIsUnderstoodLeavesNothingCovered() async throws {
            let good = try folder.write(lines(0..<100), to: "a.log")
            let unknown = (0..<100).map { "\($0)|GET|/v2/team/api/manifests/v1|200\n" }
            let other = try folder.write(unknown.joined(), to: "b.log")
            let first = try await importing(good, other, status: 2)
            #expect(first.accesses == 100 && first.covered == [])
            #expect(first.failures.first?.contains("nothing in it was understood") == true)
            let next = try folder.write(lines(100..<200), to: "a2.log")
            #expect(try await importing(next).covered == [])
            #expect(try await importing(good, other, status: 1).covered == [])
            let left = try await importing("--leave-out", other, next)
            #expect(left.coverageRefused == nil && left.covered.count == 2)
        }

        // Its lines may have been requests, and are not there any more.
        @Test func aLogThatWasReplacedUnreadIsStillWaitedFor() async throws {
            let unknown = (0..<100).map { "\($0)|GET|/v2/team/api/manifests/v1|200\n" }
            let path = try folder.write(unknown.joined(), to: "a.log")
            let first = try await importing(path, status: 1)
            #expect(first.coverageRefused?.contains("\(path):") == true)
            try folder.write(lines(0..<100), to: "a.log")
            let other = try await importing(path)
            #expect(other.accesses == 100 && other.covered == [])
            #expect(other.coverageRefused?.contains("\(path) (what was there before)") == true)
            #expect(try await importing("--leave-out", path).covered.count == 1)
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

        // What is missing in it may be of the time in which another log goes on.
        @Test func aLastLineThatIsNotCompleteIsAGap() async throws {
            let log = lines(0..<200)
            let path = try folder.write(String(log.dropLast(100)), to: "a.log")
            let begin = now - .days(10)
            func touch(_ minute: Int64) throws {
                let date = Date(
                    timeIntervalSince1970: Double((begin + .minutes(minute)).milliseconds) / 1_000
                )
                try FileManager.default.setAttributes(
                    [.modificationDate: date],
                    ofItemAtPath: path
                )
            }
            try touch(200)
            let other = try folder.write(lines(0..<600), to: "b.log")
            let gap = begin + .minutes(198)...begin + .minutes(200)
            func coversGap(_ answer: Answer) -> Bool {
                answer.covered.contains {
                    $0.from < gap.upperBound.milliseconds && $0.to > gap.lowerBound.milliseconds
                }
            }
            for _ in 0..<2 {
                let cut = try await importing("--covers", "2020-01-01..2030-01-01", path, other)
                #expect(cut.failures == [] && cut.covered.count == 2 && !coversGap(cut))
            }
            // Nor does what is imported without it.
            let more = try folder.write(lines(100..<400), to: "c.log")
            #expect(try await !coversGap(importing(more)))
            try folder.write(log, to: "a.log")
            let whole = try await importing("--covers", "2020-01-01..2030-01-01", path)
            #expect(whole.lines == 1 && whole.covered.count == 1)
        }

        // The way out, where what is not understood is no request.
        @Test func whatIsPassedOverIsNoGap() async throws {
            let all = "2020-01-01..2030-01-01"
            func first(_ answer: Answer) -> Int64 { answer.covered.first?.from ?? .max }
            let old = try folder.write(lines(0..<100), to: "old.log")
            let whole = first(try await importing("--covers", all, old))
            let path = try folder.write("junk\n" + lines(500..<600), to: "new.log")
            for _ in 0..<2 {
                let doubtful = try await importing("--covers", all, old, path)
                #expect(first(doubtful) > (now - .days(10) + .minutes(500)).milliseconds)
            }
            // Without the log itself, if need be.
            #expect(try await importing("--pass-over", path).lines == 0)
            #expect(first(try await importing("--covers", all, old, path)) == whole)
            let junk = try folder.write("more junk\n" + lines(700..<800), to: "more/a.log")
            let passed = try await importing(
                "--covers",
                all,
                "--pass-over",
                folder.file("more"),
                junk
            )
            #expect(passed.rejected == 1 && first(passed) == whole)
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

        @Test func whyNothingIsCoveredIsSaid() async throws {
            let writes = (0..<10).map {
                LogLines.azure(
                    "v1",
                    Self.digest,
                    at: now - .days(8) + .hours($0),
                    id: Int($0),
                    operation: "Push",
                    status: 201
                )
            }
            let log = try folder.write(writes.joined(), to: "writes.json")
            let answer = try await importing(log)
            #expect(answer.accesses == 10 && answer.covered == [])
            #expect(answer.coverageRefused?.contains("--covers FROM..TO") == true)
            // As it says.
            #expect(
                try await importing("--covers", "2020-01-01..2020-01-02", log).covered.count == 1
            )
            let shifted = LogLines.combined("v1", at: now + .hours(2))
            let future = try await importing("-", input: lines(0..<10) + shifted)
            #expect(future.accesses == 11 && future.covered == [])
            #expect(future.coverageRefused?.contains("time zone") == true)
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
