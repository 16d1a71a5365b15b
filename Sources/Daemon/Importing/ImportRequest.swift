package import AccessLedger
package import EventDecoding
package import LogReading
package import RegistryModel

/// What is to be imported, and what for.
package struct ImportRequest: Sendable {
    /// A log, or a place with logs.
    package enum Place: Sendable {
        case path(String)
        case standardInput
        case blobs(BlobPlace)
    }

    package var registry: RegistryRow
    package var places: [Place]
    /// Which files of a folder, or blobs of a container; nil for all.
    package var glob: Glob?
    /// Nil lets each record tell.
    package var dialect: LogDialect
    /// The time for which somebody says that the logs are whole.
    package var vouched: ClosedRange<Timestamp>?
    /// How long accesses are remembered.
    package var history: Span
    package var ignoreList: AccessIgnoreList
    /// The places of logs, or folders of them, that are not to be read, and that nothing waits for.
    package var leftOut: [String]
    /// The places of logs, or folders of them, in which what is not understood says nothing of this
    /// registry.
    package var passedOver: [String]

    package init(
        registry: RegistryRow,
        places: [Place],
        glob: Glob? = nil,
        dialect: LogDialect = LogDialect(),
        vouched: ClosedRange<Timestamp>? = nil,
        history: Span,
        ignoring ignoreList: AccessIgnoreList = AccessIgnoreList(),
        leavingOut leftOut: [String] = [],
        passingOver passedOver: [String] = []
    ) {
        self.registry = registry
        self.places = places
        self.glob = glob
        self.dialect = dialect
        self.vouched = vouched
        self.history = history
        self.ignoreList = ignoreList
        self.leftOut = leftOut
        self.passedOver = passedOver
    }

    /// Reads `FROM..TO`: two dates or times, the first moments of what is meant.
    package static func span(_ text: String) -> ClosedRange<Timestamp>? {
        guard let dots = text.firstRange(of: ".."),
            let from = Timestamp(dateOrTime: String(text[..<dots.lowerBound])),
            let to = Timestamp(dateOrTime: String(text[dots.upperBound...])), from < to
        else { return nil }
        return from...to
    }
}

/// How far an import is.
package struct ImportProgress: Sendable {
    /// Bytes as they lie on the disk; nil where the whole is not known.
    package var totalBytes: Int64?
    package var bytes: Int64 = 0
    package var lines = 0
    package var elapsed = Duration.zero
}

/// What an import did.
package struct ImportReport: Sendable {
    package var sums = LedgerImport.Sums()
    package var files = 0
    /// Logs with nothing in them that was not imported before.
    package var unchanged = 0
    /// Bytes of logs that were read.
    package var bytes: Int64 = 0
    package var covered: [ClosedRange<Timestamp>] = []
    package var doubts: [ImportDoubt] = []
    /// Why its lines cover nothing, if so.
    package var refusal: CoverageRefusal?
    /// Logs whose last line was not complete yet.
    package var unfinished: [String] = []
    /// What could not be read, and why.
    package var failures: [String] = []
    package var elapsed = Duration.zero

    /// Records that were read, of whatever kind.
    package var lines: Int {
        sums.accepted + sums.duplicates + sums.ignored + sums.rejected + sums.tooOld
    }
}
