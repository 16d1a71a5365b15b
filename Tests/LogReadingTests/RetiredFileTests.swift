import Foundation
import LogReading
import RegistryModel
import TestSupport
import Testing

/// A file that another one replaced is still written to until its writer opens the new one: nobody
/// knows when.
struct RetiredFileTests {
    private let log: RotatedLog

    init() throws { log = try RotatedLog() }

    /// Reads a line of each of some files that are renamed one after the other, and makes the next.
    private func rotate(_ times: Int, _ reader: FileReader) throws {
        for number in 1...times {
            try log.append(log.line(number))
            #expect(try reader.look() == ["v\(number)"])
            try log.move("access.log", to: "access.log.\(number)")
            try log.append("")
        }
    }

    // The writer hears late that its log was renamed; between two lines hours may pass.
    @Test func readsWhatComesAfterALongSilence() throws {
        let reader = FileReader(log.path)
        try rotate(3, reader)
        for second in 1...30 { #expect(try reader.look(after: .seconds(Int64(second))) == []) }
        try log.append(log.line(4), to: "access.log.3")
        #expect(try reader.look(after: .seconds(31)) == ["v4"])
        try log.append(log.line(5))
        #expect(try reader.look(after: .seconds(32)) == ["v5"])
        #expect(try reader.look(after: .hours(3)) == [])
        try log.append(log.line(6), to: "access.log.1")
        try log.append(log.line(7), to: "access.log.3")
        #expect(try reader.look(after: .hours(3)) == ["v6", "v7"])
        #expect(reader.losses.isEmpty)
    }

    // So many are not kept open; what grows is opened again.
    @Test func readsWhatIsWrittenToAFileThatWasLetGo() throws {
        let reader = FileReader(log.path)
        try rotate(20, reader)
        #expect(try reader.look(after: .minutes(2)) == [])
        #expect(openNames().count == 17)
        try log.append(log.line(21), to: "access.log.1")
        #expect(try reader.look(after: .minutes(4)) == [])
        #expect(try reader.look(after: .minutes(4)) == ["v21"])
        #expect(reader.losses.isEmpty)
    }

    @Test func readsAFileThatIsNamedBackOnce() throws {
        let reader = FileReader(log.path)
        try rotate(1, reader)
        #expect(try reader.look(after: .minutes(1)) == [])
        try FileManager.default.removeItem(atPath: log.path)
        try log.move("access.log.1", to: "access.log")
        try log.append(log.line(2))
        #expect(try reader.look(after: .minutes(2)) == ["v2"])
        #expect(try reader.look(after: .minutes(3)) == [])
    }

    // The disk gets the bytes of a deleted file back once its writer has gone on to the next.
    @Test func letsGoOfADeletedFile() throws {
        let reader = FileReader(log.path)
        try rotate(1, reader)
        try FileManager.default.removeItem(atPath: log.folder.file("access.log.1"))
        for hour in 1...5 { #expect(try reader.look(after: .hours(Int64(hour))) == []) }
        #expect(openNames().count == 2)
        try log.append(log.line(2))
        #expect(try reader.look(after: .hours(6)) == ["v2"])
        #expect(openNames().count == 1)
    }

    // Who compresses logs may overwrite what it deletes: that says nothing new.
    @Test func takesNoteOfAnOverwrittenFile() throws {
        let reader = FileReader(log.path)
        try rotate(2, reader)
        #expect(try reader.look(after: .seconds(1)) == [])
        let noise = Data(repeating: 7, count: 8_192)
        let other = URL(fileURLWithPath: log.folder.file("access.log.2"))
        try noise.write(to: other, options: .atomic)
        #expect(try reader.look(after: .seconds(2)) == [])
        #expect(openNames().count == 3, "a new file took its name")
        let handle = try #require(FileHandle(forWritingAtPath: log.folder.file("access.log.1")))
        try handle.write(contentsOf: noise)
        try handle.close()
        #expect(try reader.look(after: .minutes(1)) == [])
        #expect(reader.losses.isEmpty && reader.rejected == 0)
        #expect(openNames().count == 2)
    }

    // Right after it was renamed it may have held lines that nobody read.
    @Test func saysThatARenamedFileWasOverwritten() throws {
        let reader = FileReader(log.path)
        try rotate(1, reader)
        #expect(try reader.look(after: .seconds(1)) == [])
        #expect(truncate(log.folder.file("access.log.1"), 0) == 0)
        #expect(try reader.look(after: .seconds(2)) == [])
        #expect(reader.losses.count == 1)
    }

    // Nobody reads while the writer goes on in a file that was renamed long before.
    @Test func findsThemAfterAStart() throws {
        let first = FileReader(log.path)
        try rotate(7, first)
        try log.append(log.line(8))
        #expect(try first.look() == ["v8"])
        try log.append(log.line(9), to: "access.log.2")
        let second = FileReader(log.path, known: first.states)
        #expect(try second.look() == ["v9"])
        try log.append(log.line(10), to: "access.log.1")
        #expect(try second.look(after: .hours(1)) == ["v10"])
        #expect(second.losses.isEmpty)
    }

    /// The files in the folder that this process has open.
    private func openNames() -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }.filter { $0.hasPrefix(log.path) }
    }
}
