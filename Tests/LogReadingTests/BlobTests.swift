import CurlTransport
import LogReading
import RegistryModel
import Synchronization
import TestSupport
import Testing

/// Blobs are listed in pages and read by ranges, each part once.
struct BlobTests {
    private let now = Timestamp(milliseconds: 1_772_600_767_000)
    private static let digest = Digest(hashing: Array("a".utf8))

    private func line(_ number: Int) -> String {
        LogLines.azure("v\(number)", Self.digest, at: now + .seconds(Int64(number)), id: number)
    }

    private func container(_ blobs: FakeBlobs, _ suffix: String = "") throws -> BlobContainer {
        let parts = blobs.address.split(separator: "?")
        let place = try BlobPlace("\(parts[0])\(suffix)?\(parts[1])")
        return BlobContainer(place, transport: CurlTransport(), sleep: { _ in })
    }

    @Test func listsEveryPage() async throws {
        let blobs = try await FakeBlobs.start()
        for number in 0..<5 { await blobs.append("x", to: "y=2026/h=0\(number)/a&b.json") }
        await blobs.append("x", to: "other")
        let container = try container(blobs, "/y=2026/")
        var names: [String] = []
        var marker: String?
        repeat {
            let page = try await container.list(from: marker)
            names += page.blobs.map(\.name)
            marker = page.next
        } while marker != nil
        #expect(names == (0..<5).map { "y=2026/h=0\($0)/a&b.json" })
        await blobs.stop()
    }

    @Test func waitsAsLongAsItIsTold() async throws {
        let blobs = try await FakeBlobs.start()
        await blobs.set { blobs in
            blobs.faults = [(429, ["Retry-After": "7"]), (503, [:]), (500, [:])]
        }
        let waited = Mutex<[Span]>([])
        let container = BlobContainer(
            try BlobPlace(blobs.address),
            transport: CurlTransport(),
            sleep: { span in waited.withLock { $0.append(span) } }
        )
        #expect(try await container.list(from: nil).blobs.isEmpty)
        #expect(waited.withLock { $0.first } == .seconds(7))
        #expect(waited.withLock { $0.count } == 3)
        await blobs.stop()
    }

    @Test func saysThatASignatureIsRefusedWithoutTellingIt() async throws {
        let blobs = try await FakeBlobs.start()
        await blobs.set { $0.permits = false }
        let container = try container(blobs)
        let error = try await #require(throws: LogReadingError.self) {
            try await container.list(from: nil)
        }
        #expect(error.kind == .signatureRefused)
        #expect(error.description.contains("AuthenticationFailed"))
        #expect(!error.description.contains("c2VjcmV0"))
        await blobs.stop()
    }

    @Test func readsGrowingBlobsOnce() async throws {
        let blobs = try await FakeBlobs.start()
        let reader = BlobReader(try container(blobs))
        await blobs.append(line(1), to: "h=00/PT1H.json")
        await blobs.append(line(2), to: "h=01/PT1H.json")
        // Written between list and read.
        let meanwhile = line(3)
        await blobs.set { $0.afterList = [("h=00/PT1H.json", meanwhile)] }
        #expect(try await reader.look() == ["v1", "v3", "v2"])
        let reads = await blobs.reads
        #expect(try await reader.look() == [])
        // Late, into the blob of an older hour, and without a line's end.
        await blobs.append(line(4) + line(5).dropLast(), to: "h=00/PT1H.json")
        #expect(try await reader.look() == ["v4", "v5"])
        await blobs.append("\n" + line(6), to: "h=00/PT1H.json")
        #expect(try await reader.look() == ["v6"])
        #expect(await blobs.reads > reads)
        let afterStart = BlobReader(try container(blobs), known: reader.states)
        #expect(try await afterStart.look() == [])
        await blobs.append(line(7), to: "h=01/PT1H.json")
        #expect(try await afterStart.look() == ["v7"])
        #expect(reader.losses.isEmpty && afterStart.losses.isEmpty)
        await blobs.stop()
    }

    @Test func noticesABlobThatWasWrittenAnew() async throws {
        let blobs = try await FakeBlobs.start()
        let reader = BlobReader(try container(blobs))
        await blobs.append(line(1) + line(2), to: "a")
        #expect(try await reader.look() == ["v1", "v2"])
        await blobs.replace("a", with: line(3) + line(4) + line(5))
        #expect(try await reader.look() == ["v3", "v4", "v5"])
        #expect(reader.losses.count == 1)
        await blobs.stop()
    }
}
