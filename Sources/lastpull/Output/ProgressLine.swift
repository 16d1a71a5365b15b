import Cleanup
import Foundation
import RegistryModel
import Synchronization

/// How far a run has come, on one line of standard error that is written over while that is a
/// terminal.
final class ProgressLine: Sendable {
    private let lastShown = Mutex<ContinuousClock.Instant?>(nil)

    /// Nil where nobody watches.
    init?() {
        guard isatty(STDERR_FILENO) == 1 else { return nil }
    }

    func show(_ progress: RunProgress) {
        let isEnd = progress.settled >= progress.total
        let isDue = lastShown.withLock { last in
            let now = ContinuousClock.now
            guard isEnd || last.map({ now - $0 >= Self.interval }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        Terminal.ask("\r\u{1b}[K\(Self.text(progress))\(isEnd ? "\n" : "")")
    }

    static func text(_ progress: RunProgress) -> String {
        var text = "\(progress.registry): \(progress.settled) of \(progress.total)"
        if progress.skipped > 0 { text += ", \(progress.skipped) skipped" }
        if progress.failed > 0 { text += ", \(progress.failed) failed" }
        text += String(format: ", %.1f a second", progress.rate)
        guard let left = progress.left, progress.settled < progress.total else { return text }
        let seconds = max(1, left.milliseconds / 1_000)
        return "\(text), about \(Span.seconds(seconds)) left"
    }

    private static let interval = Duration.milliseconds(200)
}
