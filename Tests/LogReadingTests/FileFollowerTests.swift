import Foundation
import LogReading
import RegistryModel
import TestSupport
import Testing

/// A followed file gives each line once, whatever happens to the file.
struct FileFollowerTests {
    private let log: RotatedLog

    init() throws { log = try RotatedLog() }

    @Test func givesWholeLinesAsTheyCome() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1) + log.line(2).prefix(40))
        #expect(try reader.look() == ["v1"])
        try log.append(String(log.line(2).dropFirst(40)))
        #expect(try reader.look() == ["v2"])
        #expect(try reader.look() == [])
        #expect(reader.losses.isEmpty)
    }

    // The writer goes on with the renamed file until it is told to reopen its log.
    @Test func readsARenamedFileToItsEnd() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try reader.look() == ["v1"])
        try log.append(log.line(2))
        try log.move("access.log", to: "access.log.1")
        #expect(try reader.look() == ["v2"])
        try log.append(log.line(3), to: "access.log.1")
        try log.append(log.line(5))
        try log.append(log.line(4), to: "access.log.1")
        #expect(try reader.look() == ["v3", "v4", "v5"])
        #expect(reader.losses.isEmpty)
    }

    @Test func readsTheRestOfATruncatedFileFromItsCopy() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try reader.look() == ["v1"])
        try log.append(log.line(2))
        try FileManager.default.copyItem(atPath: log.path, toPath: log.folder.file("access.log.1"))
        #expect(truncate(log.path, 0) == 0)
        try log.append(log.line(3))
        let found = try reader.look()
        #expect(found == ["v2", "v3"])
        #expect(reader.losses.isEmpty)
    }

    // Shorter than it was, or longer: then only its content tells.
    @Test(arguments: [1, 3])
    func noticesTruncationWithoutACopy(lines: Int) throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1) + log.line(2))
        #expect(try reader.look() == ["v1", "v2"])
        #expect(truncate(log.path, 0) == 0)
        try log.append((3..<3 + lines).map(log.line).joined())
        #expect(try reader.look() == (3..<3 + lines).map { "v\($0)" })
        #expect(reader.losses.count == 1)
    }

    @Test func readsAFileThatIsMadeAgain() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try reader.look() == ["v1"])
        try log.append(log.line(2))
        try FileManager.default.removeItem(atPath: log.path)
        #expect(try reader.look() == ["v2"])
        try log.append(log.line(3))
        #expect(try reader.look() == ["v3"])
        #expect(reader.losses.isEmpty)
    }

    @Test func followsALinkToWhereItPoints() throws {
        try log.append(log.line(1), to: "0.log")
        try FileManager.default.createSymbolicLink(
            atPath: log.path,
            withDestinationPath: log.folder.file("0.log")
        )
        let reader = FileReader(log.path)
        #expect(try reader.look() == ["v1"])
        try log.append(log.line(2), to: "1.log")
        try FileManager.default.removeItem(atPath: log.path)
        try FileManager.default.createSymbolicLink(
            atPath: log.path,
            withDestinationPath: log.folder.file("1.log")
        )
        #expect(try reader.look() == ["v2"])
    }

    @Test func saysThatThereIsNoFile() throws {
        let error = try #require(throws: LogReadingError.self) { try FileReader(log.path).look() }
        #expect(error.kind == .notThere)
    }

    // What is still open is read to its end before.
    @Test func saysThatTheFileStaysAway() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try reader.look() == ["v1"])
        try log.move("access.log", to: "access.log.1")
        for second in 1...10 { #expect(try reader.look(after: .seconds(Int64(second))) == []) }
        let error = try #require(throws: LogReadingError.self) {
            try reader.look(after: .seconds(11))
        }
        #expect(error.kind == .notThere)
        try log.append(log.line(2))
        #expect(try reader.look(after: .seconds(12)) == ["v2"])
    }

    // MARK: After a start

    @Test func goesOnWhereItWasLeft() throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        try log.append(log.line(2))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v2"])
        #expect(second.losses.isEmpty)
    }

    // Rotated twice while nobody read, the first one compressed.
    @Test func findsWhatWasRotatedMeanwhile() async throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        try log.append(log.line(2))
        try log.move("access.log", to: "access.log.2")
        let gzip = try #require(Command.find("gzip"))
        let packed = try await Command.run(gzip, [log.folder.file("access.log.2")])
        try #require(packed.status == 0)
        try log.append(log.line(3), to: "access.log.1")
        try log.append(log.line(4))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v2", "v3", "v4"])
        #expect(second.losses.isEmpty)
    }

    // More than is looked at of its beginning, and none of it an access.
    @Test func findsAGenerationThatBeginsWithBlobs() throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        try log.move("access.log", to: "access.log.2")
        let blob = log.line(3).replacing("/manifests/v3 ", with: "/blobs/v3 ")
        try log.append(String(repeating: blob, count: 1_000) + log.line(3), to: "access.log.1")
        try log.append(log.line(4))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v3", "v4"])
    }

    // Damaged, packed in a way that is not known, or begun before what was read: it may hold lines that
    // nobody has read, so it is not passed over in silence. The others are read.
    @Test(arguments: ["damaged", "unknown", "early"])
    func saysWhichGenerationCannotBeRead(_ kind: String) throws {
        let first = FileReader(log.path)
        try log.append(log.line(1) + log.line(5))
        #expect(try first.look() == ["v1", "v5"])
        try log.move("access.log", to: "access.log.3")
        let bytes: [UInt8] =
            switch kind {
            case "damaged": [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0xA5, count: 500)
            case "unknown": Array("\u{1}7zXZ packed by nobody we know\n".utf8)
            default: Array((log.line(2) + log.line(6)).utf8)
            }
        try Data(bytes).write(to: URL(filePath: log.folder.file("access.log.2")))
        try log.append(log.line(7), to: "access.log.1")
        try log.append(log.line(8))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v7", "v8"])
        #expect(second.losses.count == 1)
        #expect(second.losses.first?.contains("access.log.2 ") == true, "\(second.losses)")
        // Said once.
        let third = FileReader(log.path, known: second.states)
        #expect(try third.look() == [])
        #expect(third.losses.isEmpty)
    }

    // One that was last written to before what was read holds nothing new, readable or not.
    @Test func passesOverWhatIsOlder() throws {
        let first = FileReader(log.path)
        try log.append(log.line(5))
        #expect(try first.look() == ["v5"])
        try log.move("access.log", to: "access.log.1")
        for (name, text) in [("access.log.2", log.line(1)), ("access.log.3", "nothing of ours\n")] {
            try log.append(text, to: name)
            let old = Date(timeIntervalSince1970: Double(log.start.milliseconds) / 1_000 - 60)
            try FileManager.default.setAttributes(
                [.modificationDate: old],
                ofItemAtPath: log.folder.file(name)
            )
        }
        try log.append("", to: "access.log.4")
        try FileManager.default.createDirectory(
            atPath: log.folder.file("access.log.d"),
            withIntermediateDirectories: false
        )
        try log.append(log.line(6))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v6"])
        #expect(second.losses.isEmpty, "\(second.losses)")
    }

    // Packed by somebody who was killed: what is there is read, and the log itself is not held up.
    @Test func goesOnBehindADamagedGeneration() async throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        try log.move("access.log", to: "access.log.2")
        try log.append((2..<20_000).map(log.line).joined(), to: "access.log.1")
        let gzip = try #require(Command.find("gzip"))
        try #require(await Command.run(gzip, [log.folder.file("access.log.1")]).status == 0)
        #expect(truncate(log.folder.file("access.log.1.gz"), 100_000) == 0)
        try log.append(log.line(20_001))
        let second = FileReader(log.path, known: first.states)
        let found = try second.look()
        #expect(found.first == "v2" && found.last == "v20001")
        #expect(second.losses.count == 1 && second.losses[0].contains("access.log.1.gz"))
    }

    @Test func saysWhatIsGone() throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        try FileManager.default.removeItem(atPath: log.path)
        try log.append(log.line(3))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v3"])
        #expect(second.losses.count == 1)
    }

    // A new file may get the number of one that is gone: its content tells.
    @Test func isNotDeceivedByAnInodeThatIsUsedAgain() throws {
        let first = FileReader(log.path)
        try log.append(log.line(1))
        #expect(try first.look() == ["v1"])
        #expect(truncate(log.path, 0) == 0)
        try log.append(log.line(3) + log.line(4))
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v3", "v4"])
        #expect(second.losses.count == 1)
    }

    // What could not be recorded is read again.
    @Test func losesNothingWhenRecordingFails() throws {
        struct Full: Error {}
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        reader.failure = Full()
        #expect(throws: Full.self) { try reader.look() }
        reader.failure = nil
        #expect(try reader.look() == ["v1"])
    }

    // MARK: Equal lines

    // Two equal requests of one second, read in two looks, by two processes: both count.
    @Test func tellsEqualLinesApart() throws {
        let reader = FileReader(log.path)
        try log.append(log.line(1))
        _ = try reader.look()
        try log.append(log.line(1))
        _ = try reader.look()
        let second = FileReader(log.path, known: reader.states)
        try log.append(log.line(1) + log.line(1))
        _ = try second.look()
        #expect(Set(reader.keys + second.keys).count == 4)
    }

    // A line of two gigabytes is no line.
    @Test func dropsALineWithoutAnEnd() throws {
        let reader = FileReader(log.path)
        for _ in 0..<5 { try log.append(String(repeating: "x", count: 1 << 20)) }
        try log.append("\n" + log.line(1))
        #expect(try reader.look() == ["v1"])
        #expect(reader.rejected >= 1)
    }
}
