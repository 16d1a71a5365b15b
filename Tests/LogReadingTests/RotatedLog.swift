import Foundation
import RegistryModel
import TestSupport
import Testing

/// A folder of logs that a test writes to and renames.
struct RotatedLog {
    let folder: TemporaryFolder
    let path: String
    let start = Timestamp(milliseconds: 1_772_600_767_000)

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("access.log")
    }

    func line(_ number: Int) -> String {
        LogLines.combined("v\(number)", at: start + .seconds(Int64(number)))
    }

    func append(_ text: String, to name: String = "access.log") throws {
        let file = folder.file(name)
        if !FileManager.default.fileExists(atPath: file) { try folder.write("", to: name) }
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: folder.file(name), toPath: folder.file(other))
    }
}
