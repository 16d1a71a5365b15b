import HTTPTypes
import Hummingbird
import Listening
import Logging
import NIOCore
import RegistryModel
import Synchronization

/// A registry that has every generated image, and writes down when it was asked to delete one.
///
/// One image more of each repository is there once it was pushed. Its catalog is refused: what is
/// listed is what the ledger knows.
final class GeneratedRegistry: Sendable {
    /// A request to delete something that is there, which a trial is not.
    struct Deletion: Sendable {
        var repository: Int
        var at: ContinuousClock.Instant
    }

    private struct State {
        var deletions: [Deletion] = []
        /// Of the repositories that were asked for, the images by tag and digest.
        var numbers: [Int: [String: Int]] = [:]
        var pushed: Set<Int> = []
        var deleted: [Int: Set<Int>] = [:]

        /// The numbers of the images that are there.
        func images(in repository: Int) -> [Int] {
            let count = GeneratedImage.perRepository + (pushed.contains(repository) ? 1 : 0)
            return (0..<count).filter { deleted[repository]?.contains($0) != true }
        }
    }

    private let state = Mutex(State())

    /// Serves on `port` while `body` runs.
    static func serving<Result: Sendable>(
        port: Int,
        _ body: (GeneratedRegistry) async throws -> Result
    ) async throws -> Result {
        let registry = GeneratedRegistry()
        let (running, isRunning) = AsyncStream<Void>.makeStream()
        var logger = Logger(label: "registry")
        // At its end it is cancelled, and says so.
        logger.logLevel = .critical
        let application = makeApplication(
            router: registry.router,
            host: "127.0.0.1",
            port: port,
            onServerRunning: { _ in isRunning.yield() },
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await _ in running { break }
            let result = try await body(registry)
            group.cancelAll()
            return result
        }
    }

    /// The first delete in a repository.
    func firstDeletion(in repository: Int) -> Deletion? {
        state.withLock { $0.deletions.first { $0.repository == repository } }
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        let path: RouterPath = "/v2/bench/{repository}/manifests/{reference}"
        router.get("/v2/") { _, _ in Response(status: .ok) }
        router.get("/v2/bench/{repository}/tags/list") { _, context in
            let name = try context.parameters.require("repository")
            let repository = Int(name.dropFirst("app-".count)) ?? -1
            let images = self.state.withLock { $0.images(in: repository) }
            let tags = images.map { "\"v\($0)\"" }
            return Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string: #"{"name":"bench/\#(name)","tags":["#
                            + tags.joined(separator: ",") + "]}"
                    )
                )
            )
        }
        router.get(path) { [self] _, context in answer(try place(context), withBody: true) }
        router.head(path) { [self] _, context in answer(try place(context), withBody: false) }
        router.delete(path) { [self] _, context in
            let now = ContinuousClock.now
            guard let image = try place(context) else { return Response(status: .notFound) }
            state.withLock {
                $0.deletions.append(Deletion(repository: image.repository, at: now))
                $0.deleted[image.repository, default: []].insert(image.number)
            }
            return Response(status: .accepted)
        }
        return router
    }

    private func place(_ context: BasicRequestContext) throws -> GeneratedImage? {
        let name = try context.parameters.require("repository")
        let reference = try context.parameters.require("reference").removingColonEscape
        guard let repository = Int(name.dropFirst("app-".count)) else { return nil }
        guard let number = number(of: reference, in: repository),
            state.withLock({ $0.images(in: repository).contains(number) })
        else { return nil }
        return GeneratedImage(repository: repository, number: number)
    }

    /// The number of the image that a tag or digest names.
    private func number(of reference: String, in repository: Int) -> Int? {
        state.withLock { state in
            if let known = state.numbers[repository] { return known[reference] }
            var numbers: [String: Int] = [:]
            for number in 0...GeneratedImage.perRepository {
                let image = GeneratedImage(repository: repository, number: number)
                numbers[image.tag] = number
                numbers[Digest(hashing: image.manifest).description] = number
            }
            state.numbers[repository] = numbers
            return numbers[reference]
        }
    }

    /// Takes one image more, and works out what the repository holds, so that no answer has to wait
    /// for it.
    func push(to repository: Int) {
        _ = state.withLock { $0.pushed.insert(repository) }
        _ = number(of: "", in: repository)
    }

    private func answer(_ image: GeneratedImage?, withBody: Bool) -> Response {
        guard let image else { return Response(status: .notFound) }
        let bytes = image.manifest
        var headers: HTTPFields = [.contentType: MediaType.ociManifest]
        if let name = HTTPField.Name("Docker-Content-Digest") {
            headers[name] = Digest(hashing: bytes).description
        }
        guard withBody else {
            headers[.contentLength] = "\(bytes.count)"
            return Response(status: .ok, headers: headers)
        }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

extension String {
    fileprivate var removingColonEscape: String {
        contains("%") ? replacing("%3A", with: ":").replacing("%3a", with: ":") : self
    }
}
