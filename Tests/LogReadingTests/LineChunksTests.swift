import Foundation
import LogReading
import TestSupport
import Testing

/// A log comes in pieces of whole lines, whatever its lines are like.
struct LineChunksTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private struct Piece: Equatable {
        var text: String
        var end: Int64
        var isCut = false
        var dropped: Int64 = 0
    }

    private func pieces(
        of text: String,
        length: Int = 16,
        longestLine: Int = 64,
        from offset: Int64 = 0,
        isCut: Bool = false
    ) throws -> [Piece] {
        let file = try LogFile(folder.write(text, to: "log"))
        let chunks = LineChunks(
            file.stream(from: offset),
            pool: BufferPool(length: length),
            from: offset,
            isCut: isCut,
            longestLine: longestLine
        )
        var pieces: [Piece] = []
        while let chunk = try chunks.next() {
            pieces.append(
                Piece(
                    text: String(decoding: chunk.bytes, as: UTF8.self),
                    end: chunk.end,
                    isCut: chunk.isCut,
                    dropped: chunk.dropped
                )
            )
        }
        return pieces
    }

    @Test func givesWholeLines() throws {
        let all = try pieces(of: "one\ntwo\nthree\nfour\nfive\n")
        #expect(all.map(\.text).joined() == "one\ntwo\nthree\nfour\nfive\n")
        #expect(all.allSatisfy { $0.text.hasSuffix("\n") && !$0.isCut })
        #expect(all.map(\.end) == [14, 24])
    }

    @Test func givesALineWithoutAnEndByItself() throws {
        #expect(
            try pieces(of: "one\ntwo")
                == [Piece(text: "one\n", end: 4), Piece(text: "two", end: 7, isCut: true)]
        )
        #expect(try pieces(of: "") == [])
    }

    @Test func growsForALongLine() throws {
        let line = String(repeating: "x", count: 40) + "\n"
        let all = try pieces(of: line + "y\n")
        #expect(all.first?.text.hasPrefix(line) == true)
        #expect(all.map(\.text).joined() == line + "y\n")
    }

    @Test func dropsALineThatIsTooLong() throws {
        let all = try pieces(of: "a\n" + String(repeating: "x", count: 300) + "\nb\n")
        #expect(all.map(\.text).joined() == "a\nb\n")
        #expect(all.map(\.dropped).reduce(0, +) >= 64)
        #expect(all.last?.end == 305)
    }

    @Test func goesOnBehindALineThatWasCut() throws {
        #expect(
            try pieces(of: "one\ntwo\n", from: 2, isCut: true) == [Piece(text: "two\n", end: 8)]
        )
    }

    // Lines of a pretty-printed document mean nothing by themselves.
    @Test(arguments: [
        "{\n  \"records\": [\n]\n}", "[\n{},\n{}\n]\n", "[{\"a\": 1},\n{\"b\": 2}]\n",
    ])
    func leavesADocumentWhole(text: String) throws {
        #expect(try pieces(of: text).map(\.text) == [text])
    }

    @Test(arguments: ["{\"a\": 1}\n{\"b\": 2}\n", "[2026-03-04T05:06:07Z] \"GET\n[2026] x\n"])
    func takesLinesThatBeginWithBracketsApart(text: String) throws {
        #expect(try pieces(of: text).count == 2)
    }

    // The same log, compressed in two members, with a part that was read before.
    @Test func knowsACompressedLogAgain() async throws {
        let gzip = try #require(Command.find("gzip"))
        let lines = (0..<1_000).map { "line \($0) of the log\n" }
        for (name, part) in [("a", lines[..<400]), ("b", lines[400...])] {
            let packed = try await Command.run(gzip, [folder.write(part.joined(), to: name)])
            try #require(packed.status == 0)
        }
        let whole =
            try Data(contentsOf: URL(fileURLWithPath: folder.file("a.gz")))
            + Data(contentsOf: URL(fileURLWithPath: folder.file("b.gz")))
        let file = try LogFile(folder.write(Array(whole), to: "log.gz"))
        let text = Array(lines.joined().utf8)
        let offset = Int64(lines[..<700].joined().utf8.count)
        let before = Array(text[..<Int(offset)])
        let mark = LogMark(
            beginning: text,
            tail: before.suffix(LogMark.length),
            offset: offset
        )
        let other = LogMark(beginning: text, tail: [1, 2, 3], offset: offset)
        let opened = try file.open(
            known: [
                KnownLog(mark: other, offset: offset, isCut: false),
                KnownLog(mark: mark, offset: offset, isCut: false),
            ],
            pool: BufferPool(length: 1 << 16)
        )
        #expect(opened.known == 1 && opened.isCompressed)
        let chunk = try #require(try opened.chunks.next())
        #expect(String(decoding: chunk.bytes, as: UTF8.self) == lines[700...].joined())
        #expect(chunk.end == Int64(text.count))
    }

    @Test func saysThatCompressedDataIsBroken() throws {
        let file = try LogFile(
            folder.write(Array([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 9]), to: "a")
        )
        let error = try #require(throws: LogReadingError.self) { try file.beginning() }
        #expect(error.kind == .corrupt)
    }
}
