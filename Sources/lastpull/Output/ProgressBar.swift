import Daemon
import Foundation
import RegistryModel

/// How far a long work is, on one line of the terminal; nothing where nobody looks.
final class ProgressBar {
    private let isShown = isatty(STDERR_FILENO) == 1
    private var lastShown: ContinuousClock.Instant?
    private var hasShown = false

    func show(_ progress: ImportProgress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < Self.interval { return }
        lastShown = now
        hasShown = true
        Terminal.ask("\r\u{1B}[K" + Self.text(progress))
    }

    func clear() {
        if hasShown { Terminal.ask("\r\u{1B}[K") }
    }

    static func text(_ progress: ImportProgress) -> String {
        let seconds = progress.elapsed / .seconds(1)
        let rate = seconds > 0 ? Int(Double(progress.lines) / seconds) : 0
        let bytes = ByteCount(progress.bytes)
        guard let total = progress.totalBytes, total > 0 else {
            return "\(bytes), \(rate) lines a second"
        }
        let share = min(1, Double(progress.bytes) / Double(total))
        let filled = Int(share * Double(width))
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: width - filled)
        let left = share > 0 ? Int(seconds / share * (1 - share)) : 0
        return
            "[\(bar)] \(Int(share * 100))% \(bytes) of \(ByteCount(total)), \(rate) lines a second, "
            + "\(left / 60):\(String(format: "%02d", left % 60)) left"
    }

    private static let width = 30
    private static let interval = Duration.milliseconds(100)
}
