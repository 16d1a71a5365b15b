import Foundation
import RegistryModel
import TestSupport

/// Pushes and pulls without a client of their own process: quick, and step by step.
extension StorageScene {
    /// An image of these layers that is to be pushed.
    struct Parcel: Sendable {
        let name: String
        let push: HandPush
        let from: String?

        /// Uploads or mounts what is not there.
        func bring() async throws {
            for blob in try push.blobs { try await push.bring(blob, from: from) }
        }

        func finish() async throws {
            try await push.finish(name.split(separator: ":").last.map(String.init) ?? "")
        }
    }

    /// `from` is the repository that layers are mounted from, where it has them.
    func parcel(
        _ name: String,
        _ layers: [ImageFolder.Layer],
        from: String? = nil
    ) throws -> (parcel: Parcel, digest: Digest) {
        var folder = try ImageFolder()
        let digest = try folder.addImage(layers: layers, labels: ["name": name])
        let repository = String(name.split(separator: ":")[0])
        let push = HandPush(to: registry, repository, folder, digest)
        return (Parcel(name: name, push: push, from: from), digest)
    }

    @discardableResult
    func pushByHand(_ name: String, _ layers: [ImageFolder.Layer]) async throws -> Digest {
        let (parcel, digest) = try parcel(name, layers)
        try await parcel.bring()
        try await parcel.finish()
        return digest
    }

    /// Pulls an image of one platform whole, and checks every byte.
    func fetch(_ name: String) async throws {
        let separator: Character = name.contains("@") ? "@" : ":"
        let parts = name.split(separator: separator).map(String.init)
        let answer = try await registry.manifest(parts[0], parts[1])
        guard answer.status == 200 else { throw HarnessError("GET \(name): \(answer.status)") }
        for blob in try HandPush.blobs(in: answer.body) {
            let url = "\(registry.url)/v2/\(parts[0])/blobs/\(blob)"
            let content = try await LoopbackHTTP.get(url)
            guard content.status == 200, Digest(hashing: content.body) == blob else {
                throw HarnessError("GET \(name), blob \(blob): \(content.status)")
            }
        }
    }

    /// Runs a command, does something when it first reaches a point, and returns its status.
    func run(
        _ arguments: [String],
        holdingAt point: String,
        onDisk isOnDisk: Bool = false,
        _ body: (ChildProcess) async throws -> Void
    ) async throws -> Command.Result {
        let marker = folder.file("held")
        let process = try ChildProcess(
            Lastpull.binary,
            arguments + (isOnDisk ? diskAlone : ["--config", configuration]),
            environment: ["LASTPULL_HOLD_AT": point, "LASTPULL_HOLD_FILE": marker],
            output: folder.file("held.out"),
            errors: folder.file("held.err")
        )
        var times = 0
        try await eventually("\(arguments) ends", within: .seconds(60), every: .milliseconds(5)) {
            if process.exitStatus != nil { return true }
            guard FileManager.default.fileExists(atPath: marker) else { return false }
            if times == 0 { try await body(process) }
            times += 1
            try FileManager.default.removeItem(atPath: marker)
            return false
        }
        let result = Command.Result(
            status: process.exitStatus ?? -1,
            output: folder.text(of: "held.out"),
            errors: folder.text(of: "held.err")
        )
        guard times > 0 else {
            throw HopelessError(
                "\(arguments) did not reach \(point): status \(result.status), \(result.output) "
                    + result.errors
            )
        }
        return result
    }
}
