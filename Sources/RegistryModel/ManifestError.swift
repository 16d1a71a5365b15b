/// Why a manifest's references are not known; whatever it holds has to be kept.
package enum ManifestError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case notJSON
    /// Neither the media type nor the fields are those of a format that is known.
    case unknownFormat(String?)
    /// A field is missing, or has a value that can't be.
    case malformed(String)
    /// It could be read in two ways, such as an image and an index.
    case ambiguous
    /// A field comes twice, or once in another spelling: readers differ in which they take.
    case unclearField(String)

    package var description: String {
        switch self {
        case .tooLarge(let bytes): "a manifest of \(bytes) bytes is too large"
        case .notJSON: "the manifest is not JSON"
        case .unknownFormat(let mediaType): "unknown manifest format \(mediaType ?? "")"
        case .malformed(let field): "the manifest's field \(field) is missing or invalid"
        case .ambiguous: "the manifest could be of two formats"
        case .unclearField(let field):
            "the manifest's field \(field) comes twice or in another spelling"
        }
    }
}
