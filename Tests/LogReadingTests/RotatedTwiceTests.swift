import Foundation
import LogReading
import RegistryModel
import TestSupport
import Testing

/// A log that is rotated more than once between two looks gives each line once, in order, or says what
/// is lost.
struct RotatedTwiceTests {
    private let log: RotatedLog
    private let reader: FileReader

    init() throws {
        log = try RotatedLog()
        reader = FileReader(log.path)
    }

    /// What a look finds that follows so soon that nothing can have been rotated out of sight.
    private func next(_ seconds: Int64 = 1) throws -> [String] {
        try reader.look(after: .seconds(seconds))
    }

    /// Nothing comes twice, also when the folder is listed again, and nothing was lost.
    private func settles() throws {
        for second in 2...15 { #expect(try next(Int64(second)) == []) }
        #expect(reader.losses.isEmpty, "\(reader.losses)")
    }

    private func gzip(_ name: String) async throws {
        let gzip = try #require(Command.find("gzip"))
        try #require(await Command.run(gzip, [log.folder.file(name)]).status == 0)
    }

    /// Renames all generations, as logrotate does.
    private func rename(compressing: Bool = false) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: log.folder.file(""))
        for number in (1...9).reversed() {
            for end in ["", ".gz"] where names.contains("access.log.\(number)\(end)") {
                try log.move("access.log.\(number)\(end)", to: "access.log.\(number + 1)\(end)")
            }
        }
        try log.move("access.log", to: "access.log.1")
        try log.append("")
        if compressing { try await gzip("access.log.1") }
    }

    /// Copies and truncates, as logrotate does.
    private func copyTruncate(compressing: Bool = false) async throws {
        try await rename()
        try FileManager.default.removeItem(atPath: log.path)
        try log.move("access.log.1", to: "access.log")
        try FileManager.default.copyItem(
            atPath: log.path,
            toPath: log.folder.file("access.log.1")
        )
        #expect(truncate(log.path, 0) == 0)
        if compressing { try await gzip("access.log.1") }
    }

    private func begin() throws {
        try log.append(log.line(0), to: "access.log.9")
        try log.append(log.line(1))
        #expect(try reader.look() == ["v1"])
        try log.append(log.line(2))
    }

    enum Way: CaseIterable { case rename, renamePacked, copy, copyPacked }

    private func rotate(_ way: Way) async throws {
        switch way {
        case .rename: try await rename()
        case .renamePacked: try await rename(compressing: true)
        case .copy: try await copyTruncate()
        case .copyPacked: try await copyTruncate(compressing: true)
        }
    }

    @Test(arguments: Way.allCases, 1...3)
    func readsWhatCameBetween(_ way: Way, times: Int) async throws {
        try begin()
        for time in 1...times {
            try await rotate(way)
            try log.append(log.line(2 + time))
        }
        #expect(try next() == (2...2 + times).map { "v\($0)" })
        try settles()
    }

    // A rotation in the next second, while the folder is still searched.
    @Test(arguments: Way.allCases)
    func readsWhatCameBetweenOneAfterTheOther(_ way: Way) async throws {
        try begin()
        var found: [String] = []
        for time in 1...5 {
            try await rotate(way)
            try log.append(log.line(2 * time + 1))
            if time % 2 == 0 { try await rotate(way) }
            try log.append(log.line(2 * time + 2))
            found += try next(Int64(time))
        }
        #expect(found == (2...12).map { "v\($0)" })
        try settles()
    }

    // Nothing was read yet by which its truncation could be told.
    @Test func readsWhatCameAndWentInAnEmptyLog() async throws {
        try log.append("")
        #expect(try reader.look() == [])
        try log.append(log.line(1))
        try await copyTruncate()
        try log.append(log.line(2))
        #expect(try next() == ["v1", "v2"])
        try settles()
    }

    // Its writer ends a request that began before what was read last.
    @Test func readsALogThatBeginsALittleEarlier() async throws {
        try begin()
        try await rename()
        try log.append(log.line(-20) + log.line(3))
        try await rename()
        try log.append(log.line(4))
        #expect(try next() == ["v2", "v-20", "v3", "v4"])
        try settles()
    }

    // MARK: What is lost

    @Test(arguments: ["damaged.gz", "unknown.zst", "early"])
    func saysWhatCannotBeRead(_ kind: String) async throws {
        try begin()
        try await rename()
        try await rename()
        try FileManager.default.removeItem(atPath: log.folder.file("access.log.1"))
        let bytes: [UInt8] =
            switch kind {
            case "damaged.gz": [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0xA5, count: 500)
            case "unknown.zst": Array("\u{1}7zXZ packed by nobody we know\n".utf8)
            default: Array((log.line(-200) + log.line(6)).utf8)
            }
        let name = "access.log.\(kind)"
        try Data(bytes).write(to: URL(filePath: log.folder.file(name)))
        try log.append(log.line(8))
        #expect(try next() == ["v2", "v8"])
        for second in 2...15 { #expect(try next(Int64(second)) == []) }
        #expect(reader.losses.count == 1)
        #expect(reader.losses.first?.contains("\(name) ") == true, "\(reader.losses)")
    }

    // Only the copy of the second is there: the rest of the first is lost.
    @Test func saysThatACopyIsGone() async throws {
        try begin()
        try await copyTruncate()
        try log.append(log.line(3))
        try FileManager.default.removeItem(atPath: log.folder.file("access.log.1"))
        try await copyTruncate()
        try log.append(log.line(4))
        #expect(try next() == ["v3", "v4"])
        #expect(reader.losses.count == 1)
    }

    // It was deleted, and so may others have been that came after it.
    @Test func saysThatGenerationsMayHaveGone() throws {
        try begin()
        try FileManager.default.removeItem(atPath: log.path)
        try log.append(log.line(4))
        #expect(try next(3_600) == ["v2", "v4"])
        #expect(reader.losses.count == 1)
        #expect(try next(3_601) == [])
        #expect(reader.losses.count == 1)
    }

    // Said again when it could not be recorded.
    @Test func losesNothingWhenRecordingFails() async throws {
        struct Full: Error {}
        try begin()
        try await rename()
        try log.append(log.line(3))
        try await rename()
        try log.append("\u{1}7z\n", to: "access.log.x")
        try log.append(log.line(4))
        reader.failure = Full()
        for _ in 0..<3 { #expect(throws: Full.self) { try next() } }
        reader.failure = nil
        #expect(try next() == ["v2", "v3", "v4"])
        #expect(reader.losses.count == 1)
    }

    // MARK: What is none

    // Deleted and made again while somebody looks: nothing can be between.
    @Test func saysNothingOfADeletedLog() throws {
        try begin()
        try FileManager.default.removeItem(atPath: log.path)
        try log.append(log.line(3))
        #expect(try next() == ["v2", "v3"])
        try settles()
    }

    // Packed with something that is not understood: it has the time of what was packed.
    @Test func knowsALogThatIsPackedOtherwise() throws {
        try begin()
        let changed = try FileManager.default.attributesOfItem(atPath: log.path)[.modificationDate]
        let packed = log.folder.file("access.log.1.zst")
        try Data("\u{1}7zXZ\n".utf8).write(to: URL(filePath: packed))
        try FileManager.default.setAttributes(
            [.modificationDate: try #require(changed)],
            ofItemAtPath: packed
        )
        try FileManager.default.removeItem(atPath: log.path)
        try log.append(log.line(3))
        #expect(try next() == ["v2", "v3"])
        try settles()
    }

    // While it is packed both are there.
    @Test func readsNoLogThatIsStillPacked() async throws {
        try begin()
        try await rename()
        try log.append(log.line(3))
        try await rename()
        try log.append("\u{1F}", to: "access.log.1.gz")
        try log.append("half", to: "access.log.2.zst")
        try log.append(log.line(4))
        #expect(try next() == ["v2", "v3", "v4"])
        try FileManager.default.removeItem(atPath: log.folder.file("access.log.1.gz"))
        try await gzip("access.log.1")
        try FileManager.default.removeItem(atPath: log.folder.file("access.log.2.zst"))
        try settles()
    }

    // It is copied, and not truncated yet.
    @Test(arguments: [true, false])
    func readsNoCopyOfTheLogItself(isSeenBefore: Bool) async throws {
        try begin()
        try await rename()
        if isSeenBefore { #expect(try next() == ["v2"]) }
        try log.append(log.line(3))
        try FileManager.default.copyItem(
            atPath: log.path,
            toPath: log.folder.file("access.log.copy")
        )
        #expect(try next() == (isSeenBefore ? ["v3"] : ["v2", "v3"]))
        #expect(truncate(log.path, 0) == 0)
        try log.append(log.line(4))
        #expect(try next() == ["v4"])
        try settles()
    }

    // It is copied and truncated after a look saw that it was not, and before the folder is listed: the
    // same length and time stand for that moment.
    @Test func readsNoCopyOfWhatIsTruncatedMeanwhile() async throws {
        try begin()
        try await rename()
        try log.append(log.line(3))
        #expect(try next() == ["v2", "v3"])
        var status = stat()
        try #require(stat(log.path, &status) == 0)
        try FileManager.default.copyItem(
            atPath: log.path,
            toPath: log.folder.file("access.log.copy")
        )
        #expect(truncate(log.path, 0) == 0)
        try log.append(log.line(4))
        let times = [status.st_mtim, status.st_mtim]
        try #require(utimensat(AT_FDCWD, log.path, times, 0) == 0)
        #expect(try next() == [])
        try log.append(log.line(5))
        #expect(try next() == ["v4", "v5"])
        try settles()
    }

    // Logs of others that grow, and old ones that somebody packs anew.
    @Test func knowsWhatWasThereBefore() async throws {
        try log.append("no access\n", to: "access.log.err")
        try log.append(log.line(0), to: "access.log.old")
        try begin()
        try await rename()
        try log.append("and no other\n", to: "access.log.err")
        try await gzip("access.log.old")
        try FileManager.default.setAttributes(
            [.modificationDate: Date()],
            ofItemAtPath: log.folder.file("access.log.old.gz")
        )
        try log.append(log.line(3))
        #expect(try next() == ["v2", "v3"])
        try settles()
    }
}
