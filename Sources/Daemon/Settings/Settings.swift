package import Publishing
package import RegistryModel
package import RetentionPlanning

/// What the operator decided, validated (design, section 6.2).
///
/// Every value is within its bounds and every name refers to something; ``parse(_:file:readFile:)``
/// is the way to get one.
package struct Settings: Sendable {
    package var listen: ListenAddress
    /// The path of the SQLite file.
    package var ledger: String
    /// How long accesses are remembered.
    package var history: Span
    /// At least one, or an engine; with names of their own.
    package var registries: [RegistrySettings]
    package var engines: [EngineSettings] = []
    package var ignoreAccess: AccessIgnoreList
    /// In the order of the file: the first that matches decides.
    package var policies: [Policy]
    package var triggers: [Trigger]
    /// Who is told of events, each under a name of its own.
    package var publish: [Webhook] = []
    package var access: AccessSettings
    /// What is legal but hardly meant, one line each, `file:line:column: message`.
    package var warnings: [String]
    /// Whether they are those of no file, but of one registry or engine that a command names.
    package var isOfCommand = false

    package static let defaultLedger = "/var/lib/lastpull/ledger.sqlite"
    package static let defaultHistory = Span.days(30)
}

/// Who may use the daemon; nil lets everyone in, which only a loopback address may do.
package struct AccessSettings: Sendable, Equatable {
    /// For what registries send.
    package var ingest: Secret?
    /// For events, metrics, the page and questions.
    package var read: Secret?
    /// For what starts, approves or restores a run.
    package var admin: Secret?

    package init(ingest: Secret? = nil, read: Secret? = nil, admin: Secret? = nil) {
        self.ingest = ingest
        self.read = read
        self.admin = admin
    }
}
