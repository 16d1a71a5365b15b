import Foundation
import RegistryModel
import TestSupport
import Testing

/// What tests of `lastpull import` have in common: a folder for logs, and a ledger in it.
protocol ImportScene {
    var folder: TemporaryFolder { get }
    var now: Timestamp { get }
}

/// What an import says of itself.
struct ImportAnswer: Decodable, Equatable {
    struct Span: Decodable, Equatable {
        var from: Int64
        var to: Int64
    }

    var files: Int
    var unchanged: Int
    var lines: Int
    var accesses: Int
    var duplicates: Int
    var ignored: Int
    var rejected: Int
    var tooOld: Int
    var covered: [Span]
    var failures: [String]
    var coverageRefused: String?
}

private struct ImportedAccesses: Decodable { var accesses: Int }

extension ImportScene {
    typealias Answer = ImportAnswer

    /// A line for each of these minutes, from ten days ago on.
    func lines(_ range: Range<Int>) -> String {
        range.map { LogLines.combined("v1", at: now - .days(10) + .minutes(Int64($0))) }
            .joined()
    }

    /// Imports into the scene's ledger.
    func importing(
        _ arguments: String...,
        input: String = "",
        status: Int32 = 0
    ) async throws -> Answer {
        let result = try await Lastpull.run(
            ["import", "--url", "http://127.0.0.1:1", "--json"]
                + ["--ledger", folder.file("ledger.sqlite")] + arguments,
            input: input
        )
        #expect(result.status == status, "\(result.errors)")
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    func accesses() async throws -> Int {
        let result = try await Lastpull.run(
            ["explain", "team/api:v1", "--url", "http://127.0.0.1:1", "--json"]
                + ["--ledger", folder.file("ledger.sqlite")]
        )
        return try JSONDecoder().decode(ImportedAccesses.self, from: Data(result.output.utf8))
            .accesses
    }

    func gzip(_ name: String) async throws {
        guard let gzip = Command.find("gzip") else { throw HarnessError("install gzip") }
        let result = try await Command.run(gzip, [folder.file(name)])
        try #require(result.status == 0)
    }
}
