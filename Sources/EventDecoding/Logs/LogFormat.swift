/// The access logs that are understood.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Azure Container Registry's resource logs, in JSON.
    case acr
    /// The access lines of CNCF distribution.
    case distribution
    /// nginx's format `combined`, which has the same grammar as distribution's lines.
    case combined
}
