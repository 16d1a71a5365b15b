import EventDecoding
import Foundation
import RegistryModel
import Testing

/// Where one syslog message ends and the next begins.
struct SyslogFramingTests {
    // However the stream is cut into reads, the same messages come out.
    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func theFramingIsToldForEachMessage(_ step: Int) {
        let stream =
            "<1>a\n5 <2>b\n<3>c\r\n\n4 <4>d<5>e\n\0<6>f\u{0}6 <7>ghi\n12 no count\n"
            + "10.0.0.1 - x\n"
        #expect(
            Self.messages(stream, step: step).taken == [
                "<1>a", "<2>b\n", "<3>c\r", "<4>d", "<5>e", "<6>f", "<7>ghi", "12 no count",
                "10.0.0.1 - x",
            ]
        )
    }

    // Of forwarders: nginx's and rsyslog's, as they come from the wire.
    @Test(arguments: [
        ("octet-counted-5424.tcp", 2), ("newline-3164.tcp", 2), ("nginx-3164.udp", 1),
    ])
    func samplesGiveTheirAccesses(_ name: String, _ count: Int) throws {
        let bytes = try Fixture.bytes("syslog/\(name)")
        var lines: [UInt8] = []
        var framing = SyslogFraming()
        func take(_ message: UnsafeRawBufferPointer) {
            lines += SyslogMessage.text(of: message)
            lines.append(UInt8(ascii: "\n"))
        }
        bytes.withUnsafeBytes { framing.read($0, take: take) }
        framing.finish(take: take)
        let body = AccessLog.decode(lines, format: nil)
        #expect(body.accesses.count == count && body.rejections.isEmpty)
        #expect(body.accesses.allSatisfy { $0.repository.description == "team/api" })
        #expect(body.accesses.first?.userAgent == "containerd/v2.0.2")
    }

    // A line of two gigabytes must cost neither memory nor the lines after it.
    @Test(arguments: [(true, 2_000), (false, 100)])
    func tooLongAMessageIsLeftOutAndCounted(_ isCounted: Bool, _ megabytes: Int) {
        var framing = SyslogFraming()
        var taken: [String] = []
        func read(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { bytes in
                framing.read(bytes) { taken.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        var piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000_000)
        read(Array((isCounted ? "<1>a\n\(megabytes)000000 " : "<1>a\n").utf8))
        piece.replaceSubrange(0..<3, with: "<2>".utf8)
        for _ in 0..<megabytes { read(piece) }
        read(Array((isCounted ? "<3>b\n" : "\n<3>b\n").utf8))
        #expect(taken == ["<1>a", "<3>b"])
        #expect(framing.takeDropped() == 1)
        #expect(framing.takeDropped() == 0)
    }

    @Test func theEndOfTheStreamEndsALine() {
        #expect(Self.messages("<1>a\n<2>b", step: 3).taken == ["<1>a", "<2>b"])
        #expect(Self.messages("<1>a\n<2>b", step: 3).dropped == 0)
    }

    // What is missing of a counted message can't be known.
    @Test func theEndOfTheStreamDropsHalfACountedMessage() {
        let (taken, dropped) = Self.messages("5 <2>ab90 <3>c", step: 4)
        #expect(taken == ["<2>ab"])
        #expect(dropped == 1)
    }

    @Test func theLongestMessageIsTaken() {
        let longest = "<1>" + String(repeating: "x", count: SyslogFraming.longest - 3)
        #expect(Self.messages("\(longest)\n", step: 1_000).taken == [longest])
        #expect(Self.messages("\(longest.utf8.count) \(longest)", step: 1_000).taken == [longest])
        let (taken, dropped) = Self.messages("\(longest)x\n<2>y\n", step: 1_000)
        #expect(taken == ["<2>y"] && dropped == 1)
    }

    // A count that no stream will ever reach.
    @Test func anAbsurdLengthIsPartOfALine() {
        let text = "99999999999999999999 <1>a"
        #expect(Self.messages("\(text)\n<2>b\n", step: 5).taken == [text, "<2>b"])
    }

    private static func messages(
        _ stream: String,
        step: Int
    ) -> (taken: [String], dropped: Int) {
        var framing = SyslogFraming()
        var taken: [String] = []
        func take(_ message: UnsafeRawBufferPointer) {
            taken.append(String(decoding: message, as: UTF8.self))
        }
        let bytes = Array(stream.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBytes {
                framing.read($0, take: take)
            }
        }
        framing.finish(take: take)
        return (taken, framing.takeDropped())
    }
}

/// Equal lines that do not arrive together.
struct LineNumberingTests {
    private static let line =
        #"10.20.30.40 - - [04/Mar/2026:05:06:07 +0000] "GET /v2/team/api/manifests/1 HTTP/1.1" 200 9"#

    // A client may ask for the same tag thrice in a second; sent again, it is the same three.
    @Test func equalLinesAreToldApartAcrossDeliveries() {
        var first = LineNumbering()
        let keys = [1, 2, 1].flatMap { Self.keys($0, &first) }
        #expect(Set(keys).count == 4)
        var again = LineNumbering()
        #expect([1, 2, 1].flatMap { Self.keys($0, &again) } == keys)
    }

    // What it remembers is bounded, and yet nothing that is still sent is forgotten.
    @Test func manyOthersDoNotMakeItForget() throws {
        let repository = try #require(RepositoryName("team/api"))
        var numbering = LineNumbering()
        var keys = Self.keys(1, &numbering)
        for turn in 0..<4 {
            var others = (0..<100_000).map { index in
                Access(
                    key: EventKey(high: UInt64(turn), low: UInt64(index)),
                    time: Timestamp(milliseconds: 0),
                    class: .pull,
                    repository: repository
                )
            }
            numbering.number(&others)
            keys += Self.keys(1, &numbering)
        }
        #expect(Set(keys).count == 5)
    }

    private static func keys(_ count: Int, _ numbering: inout LineNumbering) -> [EventKey] {
        let lines = Array(repeating: line + "\n", count: count).joined()
        var body = AccessLog.decode(Array(lines.utf8), format: nil)
        numbering.number(&body.accesses)
        return body.accesses.map(\.key)
    }
}
