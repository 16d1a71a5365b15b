import ArgumentParser
import HTTPTypes
import Hummingbird
import Listening
import Logging
import NIOCore

/// The peer of the webhooks: the same listener, with nothing behind it.
struct ServeNothing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-nothing",
        abstract: "Takes webhooks, and does nothing with them.",
        shouldDisplay: false
    )

    @Option var port: Int

    func run() async throws {
        EndOfParent.watch()
        let router = Router()
        router.post("/hooks/{registry}") { request, context in
            _ = try context.parameters.require("registry")
            _ = try await request.body.collect(upTo: BodyLimits().received)
            return Response(
                status: .accepted,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: Self.answer)
            )
        }
        router.get("/readyz") { _, _ in Response(status: .ok) }
        var logger = Logger(label: "nothing")
        logger.logLevel = .warning
        try await makeApplication(router: router, host: "127.0.0.1", port: port, logger: logger)
            .runService()
    }

    private static let answer = ByteBuffer(
        string: #"{"accepted":1,"duplicates":0,"ignored":0,"rejected":0}"#
    )
}
