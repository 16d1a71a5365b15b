/// The User-Agent that lastpull sends, by which its own requests are recognised and never counted.
package enum OwnUserAgent {
    package static let version = "0.1.0"
    package static let product = "lastpull/\(version)"
    private static let prefix = "lastpull/"
    private static let probeMark = " probe/"

    /// The User-Agent of a probe (design, section 5.2), which carries the probe's name.
    package static func probe(_ name: String) -> String { product + probeMark + name }

    /// Whether a request with this User-Agent came from a lastpull.
    package static func matches(_ userAgent: String?) -> Bool {
        userAgent?.hasPrefix(prefix) ?? false
    }

    /// The probe's name, when a probe sent this User-Agent.
    package static func probeName(_ userAgent: String?) -> String? {
        guard let userAgent, userAgent.hasPrefix(prefix) else { return nil }
        let parts = userAgent.split(separator: " ")
        guard parts.count == 2, parts[1].hasPrefix("probe/") else { return nil }
        return String(parts[1].dropFirst("probe/".count))
    }
}
