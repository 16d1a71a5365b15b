import Cleanup
import Daemon
import Foundation

/// SIGINT and SIGTERM as the wish to end in good order.
enum Signals {
    /// Raises `interruption` at the first signal for as long as the result lives; a second of the
    /// kind ends the process as always.
    static func raising(
        _ interruption: Interruption,
        then tell: @escaping @Sendable () -> Void = {}
    ) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                signal(number, SIG_DFL)
                interruption.raise()
                tell()
            }
            source.resume()
            return source
        }
    }

    /// Lets a signal do nothing but call `tell`, for as long as the result lives.
    static func ignoring(
        _ number: Int32,
        tell: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { tell() }
        source.resume()
        return source
    }
}

extension Deployment {
    /// Lets the cleaner remove: a first signal ends it after what is under way, with a report.
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
        return try await body(cleaner)
    }
}
