import AccessLedger
import Cleanup
import Daemon
import Foundation

/// What signals mean to a command, for as long as this lives; then they mean again what they did.
final class Signals {
    private let numbers: [Int32]
    private let sources: [any DispatchSourceSignal]

    private init(_ numbers: [Int32], then act: @escaping @Sendable () -> Void) {
        self.numbers = numbers
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { act() }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in numbers { signal(number, SIG_DFL) }
    }

    /// Raises `interruption` at the first SIGINT, SIGTERM or SIGHUP; then one of the first two ends
    /// the process as always.
    ///
    /// A second SIGHUP does not: when a connection drops, both the kernel and the shell send one. What
    /// is ignored from the start, as by `nohup`, stays so.
    static func raising(
        _ interruption: Interruption,
        then tell: @escaping @Sendable () -> Void = {}
    ) -> Signals {
        let meant = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
        return Signals(meant) {
            guard !interruption.isRaised else { return }
            for number in meant where number != SIGHUP { signal(number, SIG_DFL) }
            interruption.raise()
            tell()
        }
    }

    /// Lets a signal do nothing but call `tell`.
    static func ignoring(_ number: Int32, tell: @escaping @Sendable () -> Void) -> Signals {
        Signals([number], then: tell)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        // Functions can't be compared, their addresses can.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

extension Deployment {
    /// Lets `body` remove: a first signal ends it after what is under way, with a report.
    func interruptibly<Result: Sendable>(
        _ body: (Cleaner) async throws -> Result
    ) async throws -> Result {
        let signals = Signals.raising(cleaner.interruption) {
            Terminal.complain(
                "interrupted: what is under way is ended; a second signal ends at once, and then "
                    + "the next cleanup finishes the run"
            )
        }
        defer { withExtendedLifetime(signals) {} }
        do {
            return try await body(cleaner)
        } catch is CancellationError {
            Terminal.complain("interrupted before anything was removed")
            throw Outcome.failed
        }
    }

    /// Works on one registry after the other, and begins none after a signal; a plan is nothing that
    /// has to be ended in good order.
    ///
    /// - Returns: The runs, and whether something was not begun.
    func interruptibly(
        over targets: [CleanupTarget],
        isDryRun: Bool,
        _ work: (CleanupTarget, inout [RunRecord]) async throws -> Void
    ) async throws -> (runs: [RunRecord], isCutShort: Bool) {
        guard !isDryRun else { return try await inTurn(targets, work) }
        return try await interruptibly { _ in try await inTurn(targets, work) }
    }

    /// The same while somebody else looks after signals.
    func inTurn(
        _ targets: [CleanupTarget],
        _ work: (CleanupTarget, inout [RunRecord]) async throws -> Void
    ) async throws -> (runs: [RunRecord], isCutShort: Bool) {
        var runs: [RunRecord] = []
        var isCutShort = false
        for target in targets where !isCutShort {
            do {
                isCutShort = cleaner.interruption.isRaised
                if !isCutShort { try await work(target, &runs) }
            } catch {
                guard cleaner.interruption.isRaised else { throw error }
                if !(error is CancellationError) { Terminal.complain("\(error)") }
                isCutShort = true
            }
        }
        if isCutShort {
            Terminal.complain(
                "interrupted before all was begun; the rest stays until it is asked for"
            )
        }
        return (runs, isCutShort)
    }
}
