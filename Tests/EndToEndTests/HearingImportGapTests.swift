import Foundation
import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// What `lastpull import` does not cover, and how it ends.
    struct ImportGapTests: ImportScene {
        let folder: TemporaryFolder
        let now = Timestamp(seconds: Date().timeIntervalSince1970)
        private static let digest = Digest(hashing: Array("image".utf8))

        init() throws { folder = try TemporaryFolder() }

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
    }
}
