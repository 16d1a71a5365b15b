import AccessLedger
import Foundation
import LogReading
import RegistryModel

// Logs in a container of Azure's.
extension Importer {
    func importBlobs(_ place: BlobPlace) throws {
        let container = BlobContainer(place, transport: transport)
        let known = try ledger.logPositions(of: request.registry, below: place.container + "/")
        var blobs: [BlobEntry] = []
        var marker: String?
        repeat {
            let page = try waiting { [marker] in try await container.list(from: marker) }
            // What nobody wrote to since is not remembered any more.
            blobs += page.blobs.filter { blob in
                BlobNames.matches(request.glob, blob.name) && blob.length > 0
                    && blob.modifiedAt.map { $0 >= clock.horizon } ?? true
            }
            marker = page.next
        } while marker != nil
        let addresses = blobs.map { container.address(of: $0.name) }
        let read = zip(blobs, addresses).filter { !isLeftOut($0.1) }
        try expect(read.map { NotedLog(place: $0.1) })
        let left = zip(blobs, addresses).map { $0.length - (known[$1]?.offset ?? 0) }
        progress.totalBytes = bytesBefore + left.reduce(0) { $0 + max(0, $1) }
        for (blob, address) in read {
            try attempt(address) { try importBlob(blob, address, container, known[address]) }
        }
    }

    private func importBlob(
        _ blob: BlobEntry,
        _ address: String,
        _ container: BlobContainer,
        _ before: LogPosition?
    ) throws {
        let identity = LogIdentity(place: address, beginning: nil)
        let before = mustReadAgain(identity) ? nil : before
        guard before?.version != blob.version || blob.version.isEmpty else {
            report.unchanged += 1
            wasRead(identity)
            return
        }
        var known = before
        var tail: [UInt8] = []
        if let position = before {
            let count = min(position.offset, Int64(LogMark.length))
            tail = try waiting {
                try await container.read(
                    blob.name,
                    from: position.offset - count,
                    count: Int(count)
                )
            }.bytes
            // It was written anew: the keys of its records tell what is known.
            if blob.length < position.offset || LogMark.hash(tail) != position.tail {
                known = nil
                tail = []
            }
        }
        var position = known ?? LogPosition(place: address, isImported: true)
        position.isImported = true
        let start = position.offset
        let stream = BlobStream(container, name: blob.name, from: start, to: blob.length)
        let chunks = LineChunks(stream, pool: pool, from: start, tail: tail, isCut: position.isCut)
        position.version = ""
        let end = try read(
            OpenedLog(chunks: chunks, stream: stream, isCompressed: false),
            identity,
            into: position,
            after: known
        )
        bytesBefore += stream.fetched
        report.files += 1
        guard var end, end.offset == blob.length else { return }
        end.version = blob.version
        try ledger.store(end, of: request.registry, now: now)
    }
}
