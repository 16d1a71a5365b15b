/// The name of an upload that is under way: distribution gives it a UUID.
package struct UploadName: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    /// Takes letters, digits, dashes and underscores; anything else was not named by a registry.
    package init?(_ text: some StringProtocol) {
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isName, (1...128).contains(text.utf8.count) else { return nil }
        description = String(text)
    }

    package static func < (left: UploadName, right: UploadName) -> Bool {
        left.description < right.description
    }
}
