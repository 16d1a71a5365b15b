import Foundation
import RegistryModel

/// A page of a list (Docker Hub API).
struct HubPage<Item: Decodable>: Decodable {
    /// How many there are on all pages.
    var count: Int?
    var next: String?
    var results: [Item]
}

struct HubRepository: Decodable {
    var name: String
    var namespace: String?
}

/// One tag as the Hub tells of it (Docker Hub API, "List repository tags").
struct HubTag: Decodable {
    var name: String
    var digest: String?
    var mediaType: String?
    var fullSize: Int64?
    var lastUpdated: String?
    var lastPushed: String?
    var lastPulled: String?
    /// Whether the answer speaks of pulls at all, if only to say null.
    var tellsOfPulls: Bool
    var images: [HubImage]?

    private enum CodingKeys: String, CodingKey {
        case name
        case digest
        case images
        case mediaType = "media_type"
        case fullSize = "full_size"
        case lastUpdated = "last_updated"
        case lastPushed = "tag_last_pushed"
        case lastPulled = "tag_last_pulled"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        digest = try fields.decodeIfPresent(String.self, forKey: .digest)
        mediaType = try fields.decodeIfPresent(String.self, forKey: .mediaType)
        fullSize = try fields.decodeIfPresent(Int64.self, forKey: .fullSize)
        lastUpdated = try fields.decodeIfPresent(String.self, forKey: .lastUpdated)
        lastPushed = try fields.decodeIfPresent(String.self, forKey: .lastPushed)
        lastPulled = try fields.decodeIfPresent(String.self, forKey: .lastPulled)
        tellsOfPulls = fields.contains(.lastPulled)
        images = try fields.decodeIfPresent([HubImage].self, forKey: .images)
    }
}

/// One platform of a tag.
struct HubImage: Decodable {
    var digest: String?
    var size: Int64?
    var lastPulled: String?

    private enum CodingKeys: String, CodingKey {
        case digest
        case size
        case lastPulled = "last_pulled"
    }
}

/// `{"detail":"…"}`, or `{"message":"…"}`: why the Hub refuses.
struct HubRefusal: Decodable {
    var detail: String?
    var message: String?

    /// One line that is fit for a message, or nil.
    static func text(_ body: [UInt8]) -> String? {
        guard let refusal = try? JSONDecoder().decode(HubRefusal.self, from: Data(body)),
            let text = refusal.detail ?? refusal.message
        else { return nil }
        let line = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let short = String(String.UnicodeScalarView(line)).prefix(longest)
        return short.isEmpty ? nil : String(short)
    }

    private static let longest = 200
}

extension Timestamp {
    /// Parses RFC 3339 with up to nine digits of a second; nil for what is no such time, and for
    /// the year 1, by which some say that there is none.
    init?(rfc3339 text: String) {
        var whole = text
        var milliseconds: Int64 = 0
        if let dot = text.firstIndex(of: ".") {
            let digits = text[text.index(after: dot)...].prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, digits.count <= 9 else { return nil }
            let padded = (digits + "00").prefix(3)
            guard let fraction = Int64(padded) else { return nil }
            milliseconds = fraction
            whole.removeSubrange(dot..<digits.endIndex)
        }
        guard let date = try? Date(whole, strategy: .iso8601), date.timeIntervalSince1970 > 0
        else { return nil }
        self.init(milliseconds: Int64(date.timeIntervalSince1970) * 1_000 + milliseconds)
    }
}
