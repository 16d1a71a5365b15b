import AccessLedger
import Cleanup
package import Foundation
import RegistryModel
import RetentionPlanning

/// What was heard of each registry, from whom, and how much of the past that covers.
package struct SourcesReport: Encodable, Sendable {
    package struct Registry: Encodable, Sendable {
        package var registry: String
        /// The moment since which every access is known; nil for none.
        ///
        /// Milliseconds since 1970, as all times.
        package var coveredSince: Int64?
        /// Up to when, where more was missed since then than is tolerated; nil for now.
        package var coveredUntil: Int64?
        /// Nothing was heard from then on; nil while all is well.
        package var silentSince: Int64?
        /// Why.
        package var silence: String?
        /// What is known to be missing of the history.
        package var losses: [Loss]
        package var sources: [Source]
        /// What came by the sockets of `logs`.
        package var sockets: [Socket]
        /// The logs that are followed.
        package var followed: [Followed]
        /// What was imported by hand; nil where nothing was.
        package var imported: Imported?
        /// What was refused for its token or signature.
        package var refused: [Refused]
    }

    package struct Refused: Encodable, Sendable {
        /// `missingToken`, `wrongToken`, `wrongSignature` or `unknownRegistry`.
        package var reason: String
        package var count: Int
        package var lastAt: Int64
        /// Where the last came from; empty where that is not known.
        package var address: String
        /// Count, reason and what helps, in words.
        package var text: String
    }

    package struct Loss: Encodable, Sendable {
        package var from: Int64
        /// Nil while it goes on.
        package var to: Int64?
        package var reason: String
    }

    package struct Source: Encodable, Sendable {
        /// `events` or `log`.
        package var source: String
        package var accepted: Int
        package var duplicates: Int
        package var ignored: Int
        package var rejected: Int
        /// Accepted since the full hour.
        package var thisHour: Int
        /// Accepted in the whole hour before.
        package var lastHour: Int
        package var lastAt: Int64
        package var clockOffset: Int64
        /// Whether silence may mean anything: false where only such webhooks come as tell of no pulls.
        package var tellsPulls: Bool
        package var senders: [Sender]
    }

    package struct Socket: Encodable, Sendable {
        /// Such as `udp://127.0.0.1:5514`.
        package var address: String
        package var lines: Int
        package var dropped: Int
        /// Nil while nothing has come.
        package var lastAt: Int64?
        /// When something was last dropped.
        package var droppedAt: Int64?
    }

    package struct Followed: Encodable, Sendable {
        /// The path, or the address without its signature.
        package var place: String
        /// Why it can't be read; nil while all is well.
        package var problem: String?
        /// Since when that is so; nil for what was never looked at.
        package var changedAt: Int64?
        package var files: Int
        package var accesses: Int
        /// Bytes read of the newest file or blob.
        package var offset: Int64?
        package var lastLine: Int64?
    }

    package struct Imported: Encodable, Sendable {
        package var logs: Int
        package var accesses: Int
        package var lastLine: Int64?
    }

    package struct Sender: Encodable, Sendable {
        package var kind: String
        package var tellsPulls: Bool
        package var lastAt: Int64
    }

    package var registries: [Registry] = []
    /// What was refused for registries that are not in the settings, all names together.
    package var refused: [Refused] = []

    package init(_ deployment: Deployment) async throws {
        let now = deployment.now()
        let heard = try await deployment.ledger.sources(now: now)
        let refusals = try await deployment.ledger.refusedDeliveries()
        let known = Set(deployment.targets.map(\.row.name))
        refused = refusals.filter { $0.registry.map { !known.contains($0) } ?? true }
            .map(Refused.init)
        let horizon = now - deployment.settings.history
        for target in deployment.targets {
            let coverage = try await deployment.cleaner.planMaker.provenCoverage(target, now)
            let answer = coverage.answer(window: .hours(1), now: now)
            let gap = try await deployment.prober.gap(of: target)
            let record = try await deployment.cleaner.planMaker.record(target, since: horizon, now)
            registries.append(
                Registry(
                    registry: target.row.name,
                    coveredSince: answer.coveredSince?.milliseconds,
                    coveredUntil: answer.coveredUntil?.milliseconds,
                    silentSince: gap?.since.milliseconds,
                    silence: gap?.why,
                    losses: (record.losses + record.absences)
                        .sorted { $0.from < $1.from }
                        .map {
                            Loss(
                                from: $0.from.milliseconds,
                                to: $0.to?.milliseconds,
                                reason: $0.reason
                            )
                        },
                    sources: heard.filter { $0.registry == target.row.name }.map(Source.init),
                    sockets: try await deployment.sockets(of: target).map(Socket.init),
                    followed: try await deployment.followed(of: target)
                        .map { Followed(place: $0.place, state: $0.state) },
                    imported: Imported(try await deployment.ledger.imported(of: target.row)),
                    refused: refusals.filter { $0.registry == target.row.name }.map(Refused.init)
                )
            )
        }
    }

    package var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }
}

extension SourcesReport.Refused {
    init(_ refused: RefusedDelivery) {
        self.init(
            reason: refused.reason.rawValue,
            count: refused.count,
            lastAt: refused.lastAt.milliseconds,
            address: refused.address,
            text: "\(refused)"
        )
    }
}

extension SourcesReport.Followed {
    init(place: String, state: FollowedPlace?) {
        self.init(
            place: place,
            problem: state.flatMap { $0.problem.isEmpty ? nil : $0.problem },
            changedAt: state?.changedAt.milliseconds,
            files: state?.files ?? 0,
            accesses: state?.accesses ?? 0,
            offset: state?.newest?.offset,
            lastLine: state?.newest?.lastLine?.milliseconds
        )
    }
}

extension SourcesReport.Imported {
    init?(_ sums: (files: Int, accesses: Int, lastLine: Timestamp?)) {
        guard sums.files > 0 else { return nil }
        self.init(
            logs: sums.files,
            accesses: sums.accesses,
            lastLine: sums.lastLine?.milliseconds
        )
    }
}

extension SourcesReport.Socket {
    init(_ socket: SocketStatistics) {
        self.init(
            address: socket.address,
            lines: socket.lines,
            dropped: socket.dropped,
            lastAt: socket.lastAt?.milliseconds,
            droppedAt: socket.droppedAt?.milliseconds
        )
    }
}

extension SourcesReport.Source {
    init(_ source: SourceStatistics) {
        self.init(
            source: "\(source.source)",
            accepted: source.answer.accepted,
            duplicates: source.answer.duplicates,
            ignored: source.answer.ignored,
            rejected: source.answer.rejected,
            thisHour: source.thisHour,
            lastHour: source.lastHour,
            lastAt: source.lastAt.milliseconds,
            clockOffset: source.clockOffset,
            tellsPulls: !source.isDeafToPulls,
            senders: source.senders.map {
                SourcesReport.Sender(
                    kind: $0.kind,
                    tellsPulls: $0.tellsPulls,
                    lastAt: $0.lastAt.milliseconds
                )
            }
        )
    }
}
