/// Why a compressed body could not be inflated.
package enum InflateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It does not begin as data of its kind does.
    case notCompressed
    /// Its content or its checksum is wrong, or something follows its end.
    case corrupt
    /// It ends before its end mark.
    case truncated
    /// It would inflate to more than `limit` bytes.
    case tooLarge(limit: Int)
    /// There is no memory to inflate it.
    case outOfMemory

    package var description: String {
        switch self {
        case .notCompressed: "body is not compressed as it says"
        case .corrupt: "compressed body is corrupt"
        case .truncated: "compressed body ends early"
        case .tooLarge(let limit): "compressed body inflates to more than \(limit) bytes"
        case .outOfMemory: "no memory to inflate the compressed body"
        }
    }
}
