import AccessLedger
import ArgumentParser
import Cleanup
import Daemon
import Foundation
import RegistryModel

/// What a `prune` asks of each engine.
struct EngineRequests {
    struct Item {
        var engine: String
        var parts: [EnginePart]
        var filters: EngineFilters
    }

    var all: [Item] = []

    /// Reads the options over the settings; a filter that something does not know is refused.
    init(_ command: Prune, _ settings: Settings) throws {
        guard command.narrow.registry == nil, command.narrow.repository.isEmpty else { return }
        let engines = settings.engines.filter {
            command.engine == nil || $0.name == command.engine
        }
        if let name = command.engine, engines.isEmpty { throw CleanupError.unknownEngine(name) }
        let asked = try command.types.map { word in
            guard let part = EnginePart(rawValue: word) else {
                let known = EnginePart.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError(
                    "--type \(word) is unknown; there are \(known), one for each --type"
                )
            }
            return part
        }
        for engine in engines {
            var filters = engine.filters
            for text in command.filter { try Self.add(text, to: &filters) }
            var parts = asked.isEmpty ? engine.prune : asked
            if asked.isEmpty, command.options.socket != nil {
                // Nobody has named them: what can't be narrowed is left alone.
                for part in parts {
                    guard let filter = filters.foreign(to: part) else { continue }
                    Terminal.complain(
                        "\(part.rawValue) knows no filter \(filter), and is left alone"
                    )
                    parts.removeAll { $0 == part }
                }
            }
            guard !parts.isEmpty else { continue }
            try Self.refuseForeign(filters, parts)
            all.append(Item(engine: engine.name, parts: parts, filters: filters))
        }
    }

    private static func add(_ text: String, to filters: inout EngineFilters) throws {
        guard let equals = text.firstIndex(of: "=") else {
            throw ValidationError("--filter \(text) has no value; write it as KEY=VALUE")
        }
        do throws(EngineFilterError) {
            let value = String(text[text.index(after: equals)...])
            try filters.add(String(text[..<equals]), value, on: .ofMachine)
        } catch {
            throw ValidationError("--filter \(text): \(error)")
        }
    }

    private static func refuseForeign(_ filters: EngineFilters, _ parts: [EnginePart]) throws {
        for part in parts {
            guard let filter = filters.foreign(to: part) else { continue }
            throw ValidationError(
                "\(part.rawValue) knows no filter \(filter); leave \(part.rawValue) out, or the filter"
            )
        }
        if let idle = filters.idle(among: parts) {
            let names = parts.map(\.rawValue).joined(separator: ", ")
            throw ValidationError(
                "\(names) know no filter \(idle.filter); prune \(idle.part.rawValue), too, or leave "
                    + "the filter out"
            )
        }
    }
}

/// A prune of engines by hand: a signal ends it with a report of what was freed.
struct EnginePrune {
    let deployment: Deployment
    let isDryRun: Bool
    let isNow: Bool

    func run(_ requests: [EngineRequests.Item]) async throws -> [RunRecord] {
        guard !requests.isEmpty else { return [] }
        let interruption = deployment.cleaner.interruption
        var runs: [RunRecord] = []
        for item in requests where !interruption.isRaised || runs.isEmpty {
            guard let target = deployment.engines.first(where: { $0.name == item.engine }) else {
                throw CleanupError.unknownEngine(item.engine)
            }
            var request = EnginePruner.Request(
                cause: .init(name: "prune"),
                parts: item.parts,
                filters: item.filters
            )
            request.waivesClock = isNow
            do {
                runs.append(try await run(request, target, interruption))
            } catch {
                guard interruption.isRaised else { throw error }
                Terminal.complain(
                    "interrupted before anything of engine \(target.name) was removed"
                )
                throw Outcome.failed
            }
        }
        return runs
    }

    private func run(
        _ request: EnginePruner.Request,
        _ target: EngineTarget,
        _ interruption: Interruption
    ) async throws -> RunRecord {
        guard !isDryRun else {
            return try await deployment.pruner.plan(request, of: target)
        }
        return try await deployment.pruner.prune(request, of: target, interruption: interruption)
    }
}
