import CurlTransport
import Foundation
import LogReading
import RegistryModel
import TestSupport
import Testing

/// A blob that can't be read holds up no other, and one that goes away unread is known loss.
struct UnreadBlobTests {
    private static let digest = Digest(hashing: Array("a".utf8))
    private let now = Timestamp(seconds: Date().timeIntervalSince1970)

    private func line(_ number: Int, ago: Span = .days(1)) -> String {
        let time = now - ago + .seconds(Int64(number))
        return LogLines.azure("v\(number)", Self.digest, at: time, id: number)
    }

    private func container(_ blobs: FakeBlobs) throws -> BlobContainer {
        try BlobContainer(BlobPlace(blobs.address), transport: CurlTransport(), sleep: { _ in })
    }

    /// Four blobs that were read, and nobody wrote to for a day.
    private func scene() async throws -> (blobs: FakeBlobs, reader: BlobReader) {
        let blobs = try await FakeBlobs.start()
        for (number, name) in ["a", "b", "c", "d"].enumerated() {
            await blobs.append(line(number), to: name)
            await blobs.date(name, Date(timeIntervalSinceNow: -86_400))
        }
        let reader = BlobReader(try container(blobs))
        #expect(try await reader.look() == ["v0", "v1", "v2", "v3"])
        return (blobs, reader)
    }

    @Test(arguments: [(409, "BlobArchived", "tier"), (503, "ServerBusy", "tried later")])
    func readsAllOthers(status: Int, code: String, next: String) async throws {
        let (blobs, reader) = try await scene()
        for (number, name) in [(4, "b"), (5, "d"), (6, "e")] {
            await blobs.append(line(number), to: name)
        }
        await blobs.set { $0.refused["b"] = (status, code) }
        #expect(try await reader.look() == ["v5", "v6"])
        for _ in 0..<2 {
            let unread = try #require(reader.unread)
            #expect(unread.blobs == 1)
            #expect(unread.first.description.contains("/b: answers \(status) (\(code))"))
            #expect(unread.first.description.contains(next))
            #expect(try await reader.look(after: .seconds(15)) == [])
        }
        // Said once, and known in the next run.
        #expect(reader.failures.count == 1)
        let second = BlobReader(try container(blobs), known: reader.states)
        #expect(try await second.look() == [])
        #expect(second.unread?.blobs == 1)
        await blobs.set { $0.refused = [:] }
        #expect(try await second.look(after: .days(3)) == ["v4"])
        #expect(second.unread == nil)
        #expect(reader.losses.isEmpty && second.losses.isEmpty)
        await blobs.stop()
    }

    // Then it is rather the server: nobody waits for thousands of refusals one after the other.
    @Test func doesNotAskForEachWhenTheServerIsDown() async throws {
        let blobs = try await FakeBlobs.start()
        for number in 0..<9 { await blobs.append(line(number), to: "\(number)") }
        await blobs.set { blobs in
            for number in 0..<8 { blobs.refused["\(number)"] = (503, "ServerBusy") }
        }
        let reader = BlobReader(try container(blobs))
        #expect(try await reader.look() == [])
        #expect(reader.unread?.blobs == 9)
        #expect(reader.failures.count == 3)
        // Those that failed come last, so that all others get their turn.
        var found: [String] = []
        for _ in 0..<3 { found += try await reader.look() }
        #expect(found == ["v8"])
        #expect(reader.unread?.blobs == 8)
        await blobs.set { $0.refused = [:] }
        #expect(try await reader.look().sorted() == (0..<8).map { "v\($0)" })
        #expect(reader.unread == nil && reader.losses.isEmpty)
        await blobs.stop()
    }

    // It grew, could not be read, and was deleted: in one run, or while nobody looked.
    @Test(arguments: [false, true])
    func saysThatABlobIsGoneUnread(afterStart: Bool) async throws {
        var (blobs, reader) = try await scene()
        await blobs.append(line(4), to: "b")
        await blobs.append(line(5), to: "e")
        await blobs.set { blobs in
            blobs.refused = ["b": (503, "ServerBusy"), "e": (503, "ServerBusy")]
        }
        #expect(try await reader.look() == [])
        #expect(reader.losses.isEmpty)
        for name in ["b", "e"] { await blobs.remove(name) }
        if afterStart { reader = BlobReader(try container(blobs), known: reader.states) }
        #expect(try await reader.look(after: .days(1)) == [])
        #expect(reader.losses.count == 2)
        #expect(reader.unread == nil)
        // Said once, also by the next run.
        #expect(try await reader.look(after: .days(2)) == [])
        let last = BlobReader(try container(blobs), known: reader.states)
        #expect(try await last.look(after: .days(2)) == [])
        #expect(reader.losses.count == 2 && last.losses.isEmpty)
        await blobs.stop()
    }

    // Retention takes away what nobody writes to any more; that was read.
    @Test(arguments: [false, true])
    func oldBlobsGoAwayWithoutLoss(afterStart: Bool) async throws {
        var (blobs, reader) = try await scene()
        await blobs.append(line(4, ago: .zero), to: "e")
        #expect(try await reader.look() == ["v4"])
        await blobs.remove("a")
        if afterStart { reader = BlobReader(try container(blobs), known: reader.states) }
        #expect(try await reader.look(after: .seconds(15)) == [])
        #expect(reader.losses.isEmpty)
        // One that was written to just before may have got another line.
        await blobs.remove("e")
        #expect(try await reader.look(after: .seconds(30)) == [])
        #expect(reader.losses.count == 1)
        // It comes back, with what was read of it and more.
        await blobs.append(line(4, ago: .zero) + line(5, ago: .zero), to: "e")
        let found = try await reader.look(after: .seconds(45))
        #expect(found == ["v5"])
        await blobs.stop()
    }
}
