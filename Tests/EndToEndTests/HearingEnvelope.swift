import Foundation

/// Notifications as distribution sends them, made by hand.
enum HearingEnvelope {
    /// One event; without a `digest` it is about a manifest that no registry has.
    static func event(
        id: String = UUID().uuidString,
        action: String = "pull",
        repository: String = "team/hand",
        tag: String = "v1",
        digest: String = digest,
        time: String = now,
        address: String = "192.0.2.7:4711"
    ) -> String {
        #"{"id":"\#(id)","timestamp":"\#(time)","action":"\#(action)","#
            + #""target":{"mediaType":"application/vnd.oci.image.manifest.v1+json","#
            + #""digest":"\#(digest)","repository":"\#(repository)","tag":"\#(tag)"},"#
            + #""request":{"method":"GET","addr":"\#(address)","useragent":"containerd/v2.0.2"},"#
            + #""source":{"instanceID":"made-by-hand"}}"#
    }

    static func envelope(_ events: [String]) -> String {
        #"{"events":["# + events.joined(separator: ",") + "]}"
    }

    static let digest = "sha256:" + String(repeating: "ab", count: 32)

    static var now: String { Date().formatted(.iso8601) }
}
