import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel
import RegistryStorage

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Removes named images: REPOSITORY[:TAG|@DIGEST].",
        discussion: """
            No policy is asked, but structure still protects: what an index holds, what belongs to a \
            manifest that stays. A digest goes with all its tags. A bare REPOSITORY removes all of \
            it, and asks first, or wants --yes.
            """
    )

    @OptionGroup var options: GlobalOptions

    @Option(help: "The registry of the settings; needed where there are several.")
    var registry: String?

    @Argument(help: "The images.")
    var images: [String]

    @Flag(help: "Plan only.")
    var dryRun = false

    @Flag(help: "From the disk: free the bytes at once, for a registry that is stopped.")
    var now = false

    @Flag(help: "With --now: although the registry answers or its disk changes.")
    var force = false

    @Flag(help: "Do not ask before a whole repository is removed.")
    var yes = false

    func run() async throws {
        let deployment = try await options.deployment()
        let target = try deployment.target(named: registry, images: images)
        let names = try images.map { try ImageName($0, hosts: ImageName.hosts(of: target)) }
        try confirm(names)
        if try await isOnDiskOnly(target, deployment) {
            return try await deleteFromDisk(names, target, deployment)
        }
        for repository in Set(names.map(\.repository)).sorted() {
            try await deployment.keeper.list(repository, of: target)
        }
        try await deployment.keeper.readNew(of: target)
        var candidates: [InventorySlice.Candidate] = []
        for name in names { candidates += try await deployment.candidates(name, of: target) }
        let run = try await deployment.interruptibly { cleaner in
            try await cleaner.delete(candidates, images: images, of: target, isDryRun: dryRun)
        }
        let output = RunOutput(run: run)
        try output.print(asJSON: options.json)
        if run.items.isEmpty {
            let reasons = run.keptReasons.keys.sorted().joined(separator: ", ")
            Terminal.complain("nothing removed; structure protects it: \(reasons)")
            throw Outcome.failed
        }
        if run.kept > 0, output.status == Outcome.done { throw Outcome.partlyDone }
        throw output.status
    }

    func validate() throws {
        if force, !now { throw ValidationError("--force goes with --now") }
    }

    /// Whether the images go straight from the disk: the registry is not known, or does not answer.
    private func isOnDiskOnly(
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws -> Bool {
        guard target.storage != nil else {
            guard now else { return false }
            throw ValidationError("--now works on the registry's disk; add --storage DIR")
        }
        guard !now, !target.url.isEmpty else { return true }
        return await !deployment.sweeper.doesAnswer(target)
    }

    private func deleteFromDisk(
        _ names: [ImageName],
        _ target: CleanupTarget,
        _ deployment: Deployment
    ) async throws {
        var scope = CleanupScope()
        scope.registry = target.row.name
        scope.images = images
        scope.targets = ["storage"]
        var request = StorageRequest(
            cause: .init(name: "delete"),
            scope: scope,
            kinds: [.blobs, .revisions, .links]
        )
        request.images = names.map { name in
            ImageReference(
                repository: name.repository,
                part: name.tag.map { .tag($0) } ?? name.digest.map { .digest($0) } ?? .whole
            )
        }
        let sweep = StorageSweep(
            deployment: deployment,
            request: request,
            isDryRun: dryRun,
            isNow: now,
            isForced: force,
            brake: nil
        )
        let (runs, isCutShort) = try await deployment.interruptibly(
            over: [target],
            isDryRun: dryRun
        ) { target, runs in
            try await sweep.run(target, &runs)
        }
        try RunOutput.print(runs, asJSON: options.json)
        guard !isCutShort, let run = runs.last else { throw runs.status(isCutShort: true) }
        if run.storage.isEmpty {
            Terminal.complain("nothing removed; structure protects it: \(run.note)")
            throw Outcome.failed
        }
        let left = names.filter { !run.takes($0) }
        guard !left.isEmpty else { throw run.status }
        let list = left.map(\.description).joined(separator: ", ")
        Terminal.complain("not removed: \(list); \(run.note)")
        throw run.status == Outcome.done ? Outcome.partlyDone : run.status
    }

    /// Asks before whole repositories go.
    private func confirm(_ names: [ImageName]) throws {
        let whole = names.filter { $0.tag == nil && $0.digest == nil }
        guard !whole.isEmpty, !yes, !dryRun else { return }
        let list = whole.map(\.description).joined(separator: ", ")
        guard isatty(STDIN_FILENO) == 1 else {
            throw ValidationError("\(list) is a whole repository; add --yes to remove all of it")
        }
        Terminal.ask("Remove all of \(list)? [y/N] ")
        guard readLine()?.lowercased() == "y" else { throw Outcome.failed }
    }
}

extension RunRecord {
    /// Whether something goes from the disk that has this name.
    fileprivate func takes(_ image: ImageName) -> Bool {
        storage.contains { item in
            guard item.repository == image.repository else { return false }
            if let tag = image.tag { return item.kind == .tag && item.name == "\(tag)" }
            guard let digest = image.digest else { return true }
            return item.digest == digest && (item.kind == .manifest || item.kind == .tag)
        }
    }
}

extension Deployment {
    /// The registry that a command means.
    ///
    /// Without a name it is the only one, or the one whose host all the images begin with.
    func target(named name: String?, images: [String] = []) throws -> CleanupTarget {
        if let name { return try cleaner.target(named: name) }
        let meant = targets.filter { target in
            let hosts = ImageName.hosts(of: target)
            return !images.isEmpty
                && images.allSatisfy { image in hosts.contains { image.hasPrefix($0 + "/") } }
        }
        if meant.count == 1 { return meant[0] }
        try refuseWithoutRegistry("remove an image there with `docker rmi`, or by a policy")
        guard targets.count == 1 else {
            let names = targets.map(\.row.name).joined(separator: ", ")
            throw ValidationError("there are several registries; add --registry, one of \(names)")
        }
        return targets[0]
    }

    /// The tags and untagged manifests that a name stands for.
    func candidates(
        _ name: ImageName,
        of target: CleanupTarget
    ) async throws -> [InventorySlice.Candidate] {
        if name.tag == nil, name.digest == nil {
            return try await wholeRepository(name, of: target)
        }
        let image = try await ledger.image(
            name.repository,
            tag: name.tag,
            digest: name.digest,
            in: target.row
        )
        guard let image, !image.isGone else { throw CleanupError.unknownImage(name.description) }
        if let tag = image.tagId { return [.tag(tag)] }
        guard let manifest = image.manifestId else { return [] }
        let tags = try await ledger.tags(
            inRepository: image.repositoryId,
            pointingTo: manifest
        )
        guard tags.isEmpty else { return tags.map { .tag($0.id) } }
        return [.untagged(manifest, repository: image.repositoryId)]
    }

    private func wholeRepository(
        _ name: ImageName,
        of target: CleanupTarget
    ) async throws -> [InventorySlice.Candidate] {
        let facts = try await ledger.repositories(of: target.row)
            .first { $0.name == name.repository }
        guard let facts else { throw CleanupError.unknownImage(name.description) }
        let tags = try await ledger.tags(inRepository: facts.id)
        let untagged = try await ledger.untaggedManifests(inRepository: facts.id)
        guard !tags.isEmpty || !untagged.isEmpty else {
            throw CleanupError.unknownImage(name.description)
        }
        return tags.map { .tag($0.id) } + untagged.map { .untagged($0, repository: facts.id) }
    }
}
