import AccessLedger
import Daemon
import Foundation
import RegistryModel

extension Import {
    /// Says what an import did, what it covers, and why it does not cover more.
    func say(_ report: ImportReport, _ registry: String) throws {
        for failure in report.failures { Terminal.complain(failure) }
        if options.json { return try Terminal.say(json: Self.json(report, registry)) }
        let sums = report.sums
        let seconds = report.elapsed / .seconds(1)
        let rate = seconds > 0 ? Int(Double(report.lines) / seconds) : report.lines
        Terminal.say(
            "\(registry): \(report.lines) lines of \(report.files) logs (\(ByteCount(report.bytes))) in "
                + "\(Self.rounded(seconds)) s, \(rate) a second"
                + (report.unchanged > 0 ? "; \(report.unchanged) more had nothing new" : "")
        )
        Terminal.say(
            "\(sums.accepted) accesses, \(sums.duplicates) duplicates, \(sums.ignored) ignored, "
                + "\(sums.rejected) rejected"
                + (sums.tooOld > 0 ? ", \(sums.tooOld) older than the history" : "")
        )
        if let first = sums.first, let last = sums.last {
            Terminal.say("from \(first.text) to \(last.text)")
        }
        for span in report.covered {
            Terminal.say("covered: \(span.lowerBound.text) to \(span.upperBound.text)")
        }
        if let refusal = report.refusal { Terminal.say(Self.text(refusal)) }
        for doubt in report.doubts.prefix(Self.mostDoubts) {
            Terminal.say(Self.text(doubt))
        }
        if report.doubts.count > Self.mostDoubts {
            Terminal.say("and \(report.doubts.count - Self.mostDoubts) times more")
        }
        if !report.doubts.isEmpty {
            Terminal.say(
                "import such a log again with the --format or --key that it needs, or when it is "
                    + "complete; if what was not understood in it says nothing of this registry, say "
                    + "--pass-over PLACE, which ends that"
            )
        }
        if sums.rejected > 0 { Terminal.say("`lastpull rejected` shows what was not understood") }
        for place in report.unfinished {
            Terminal.say("\(place): its last line is not complete, and is left for the next import")
        }
    }

    private static func text(_ doubt: ImportDoubt) -> String {
        let end = doubt.range.upperBound.text
        let hours = doubt.start.map { "the hours from \($0.text) to \(end)" }
        if doubt.isUnfinished {
            return "not covered, for the last line of \(doubt.place) is not complete: "
                + (hours ?? "all hours to \(end)")
        }
        return "not covered, for something in \(doubt.place) was not understood: "
            + (hours ?? "all hours to \(end), for nobody knows how old it is")
    }

    private static func text(_ refusal: CoverageRefusal) -> String {
        switch refusal {
        case .noReads(let places):
            "the lines of \(listed(places)) cover nothing, for none tells of a pull or another read: "
                + "it may be a log of writes only; if it is whole, import it again with "
                + "--covers FROM..TO"
        case .unread(let places):
            "nothing is covered yet, for not every log could be read and understood, and nobody knows "
                + "what is in \(listed(places)): mend that and import it again (with the --format or "
                + "--key that it needs), or if it says nothing of this registry, or was piped in meanwhile, "
                + "say --leave-out PLACE"
        case .future(let time):
            "nothing is covered, for lines are of the future, up to \(time.text): the log has another "
                + "clock or time zone; let a probe show the difference (probeUrl) or stamp lines in "
                + "UTC, then import again with --covers FROM..TO"
        }
    }

    private static func listed(_ places: [String]) -> String {
        var seen: Set<String> = []
        let unique = places.filter { seen.insert($0).inserted }
        guard !unique.isEmpty else { return "it" }
        let rest = unique.count - mostPlaces
        return unique.prefix(mostPlaces).joined(separator: ", ")
            + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func json(_ report: ImportReport, _ registry: String) -> [String: Any] {
        func number(_ time: Timestamp?) -> Any { time?.milliseconds ?? NSNull() }
        func spans(_ ranges: [ClosedRange<Timestamp>]) -> [[String: Any]] {
            ranges.map {
                ["from": $0.lowerBound.milliseconds, "to": $0.upperBound.milliseconds]
            }
        }
        return [
            "registry": registry,
            "files": report.files,
            "unchanged": report.unchanged,
            "bytes": report.bytes,
            "lines": report.lines,
            "accesses": report.sums.accepted,
            "duplicates": report.sums.duplicates,
            "ignored": report.sums.ignored,
            "rejected": report.sums.rejected,
            "tooOld": report.sums.tooOld,
            "from": number(report.sums.first),
            "to": number(report.sums.last),
            "covered": spans(report.covered),
            "notCovered": report.doubts.map {
                [
                    "log": $0.place,
                    "from": number($0.start),
                    "to": $0.range.upperBound.milliseconds,
                ]
            },
            "coverageRefused": report.refusal.map(text) ?? NSNull(),
            "unfinished": report.unfinished,
            "failures": report.failures,
            "seconds": report.elapsed / .seconds(1),
        ]
    }

    private static func rounded(_ value: Double) -> String { String(format: "%.1f", value) }

    private static let mostDoubts = 10
    private static let mostPlaces = 5
}
