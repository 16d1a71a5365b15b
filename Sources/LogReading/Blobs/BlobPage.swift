import EventDecoding
import Foundation
import FoundationXML
package import RegistryModel

/// What a list says of one blob.
package struct BlobEntry: Sendable, Equatable {
    package var name: String
    package var length: Int64 = 0
    /// Its ETag, which changes with every write.
    package var version = ""
    /// `Last-Modified`, as it was sent.
    var modified = ""

    /// When it was last written to; nil where that can't be understood.
    package var modifiedAt: Timestamp? {
        var text = modified
        return text.withUTF8 { Timestamp(httpDate: UnsafeRawBufferPointer($0)) }
    }
}

/// A page of a list of blobs.
package struct BlobPage: Sendable, Equatable {
    package var blobs: [BlobEntry] = []
    /// Where the next page begins; nil for the last one.
    package var next: String?
}

/// Reads the answer to "List Blobs" (Azure Storage REST, version 2021-12-02).
final class BlobListParser: NSObject, XMLParserDelegate {
    private var page = BlobPage()
    private var blob: BlobEntry?
    private var text = ""
    private var isEncoded = false
    private var sawList = false
    /// Most of what a list says of a blob is of no use here.
    private var isOfUse = false

    static func page(_ bytes: [UInt8]) throws -> BlobPage {
        let parser = XMLParser(data: Data(bytes))
        let reader = BlobListParser()
        parser.delegate = reader
        guard parser.parse(), reader.sawList else {
            let line = parser.lineNumber
            throw LogReadingError(kind: .other, place: "list", reason: "no XML in line \(line)")
        }
        return reader.page
    }

    func parser(
        _ parser: XMLParser,
        didStartElement element: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        text = ""
        isOfUse = Self.used.contains(element)
        switch element {
        case "EnumerationResults": sawList = true
        case "Blob": blob = BlobEntry(name: "")
        case "Name": isEncoded = attributes["Encoded"] == "true"
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if isOfUse { text += string }
    }

    func parser(
        _ parser: XMLParser,
        didEndElement element: String,
        namespaceURI: String?,
        qualifiedName: String?
    ) {
        switch element {
        case "Blob":
            if let blob, !blob.name.isEmpty { page.blobs.append(blob) }
            blob = nil
        case "NextMarker": page.next = text.isEmpty ? nil : text
        // Not encoded, names may begin or end with spaces.
        case "Name": blob?.name = isEncoded ? text.removingPercentEncoding ?? text : text
        case "Content-Length": blob?.length = Int64(text) ?? 0
        case "Etag": blob?.version = text.replacing("\"", with: "")
        case "Last-Modified": blob?.modified = text
        default: break
        }
        isOfUse = false
    }

    private static let used: Set<String> = [
        "Name", "NextMarker", "Content-Length", "Etag", "Last-Modified",
    ]
}
