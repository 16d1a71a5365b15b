/// Which daemon served a ledger last, and how far it came: written into the ledger and into a small
/// file beside it, so that an older ledger in the place of a newer one is noticed.
///
/// In the file it is one line: the session, the beats and, while a start is under way, the session
/// that begins, with a space between.
package struct ServingMark: Sendable, Equatable, CustomStringConvertible {
    /// Drawn anew at each start.
    package var session: String
    /// Heartbeats of the session.
    package var beats: Int64
    /// The session that is about to begin; nil but for a start that was cut off.
    package var next: String?

    package init(session: String, beats: Int64, next: String? = nil) {
        self.session = session
        self.beats = beats
        self.next = next
    }

    /// Reads the line; nil where it is none.
    package init?(_ text: String) {
        let parts = text.split { $0.isWhitespace }.map(String.init)
        guard 2...3 ~= parts.count, let beats = Int64(parts[1]), beats >= 0 else { return nil }
        self.init(session: parts[0], beats: beats, next: parts.dropFirst(2).first)
    }

    package var description: String {
        "\(session) \(beats)" + (next.map { " \($0)" } ?? "") + "\n"
    }

    /// Of a start before which nobody is known to have served.
    package static let unknown = ServingMark(session: "-", beats: 0)

    /// Whether it names a session that has begun.
    var isKnown: Bool { session != Self.unknown.session }

    /// Whether a ledger with the mark `ledger` is the one that this file was written beside.
    ///
    /// The ledger is written first, so that it may be a beat ahead, and never behind.
    func isOf(_ ledger: ServingMark) -> Bool {
        if ledger.session == next { return true }
        return ledger.session == session && ledger.beats >= beats
    }
}
