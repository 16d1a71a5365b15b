import EventDecoding
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

extension LogClient {
    /// The answer to a delivery that is safe, as its sender wants it.
    func response(_ answer: DeliveryAnswer, to request: Request, _ bulk: BulkBody?) -> Response {
        switch self {
        case .plain: answer.response
        case .loki: Response(status: .noContent)
        case .splunk: Self.splunk(request)
        case .elasticsearch: Self.elasticsearch(bulk)
        case .otlp: Self.otlp(answer)
        }
    }

    /// With a channel it waits for an acknowledgement, which it can have at once.
    private static func splunk(_ request: Request) -> Response {
        let hasChannel = request.headers[named: splunkChannel] != nil
        let number = hasChannel ? #","ackId":0"# : ""
        return json(#"{"text":"Success","code":0\#(number)}"#)
    }

    /// Tells of each number that it is safe: no number is given before it is.
    static func acknowledgements(_ body: ByteBuffer) -> Response {
        let wanted = try? JSONDecoder().decode(
            [String: [Int]].self,
            from: Data(body.readableBytesView)
        )
        let items = Set(wanted?["acks"] ?? []).sorted().map { "\"\($0)\":true" }
        return json(#"{"acks":{\#(items.joined(separator: ","))}}"#)
    }

    /// One item for each action, without any space: some senders look for texts in it.
    private static func elasticsearch(_ bulk: BulkBody?) -> Response {
        let items = (bulk?.actions ?? []).map { action in
            let (status, result) = action.kind == "create" ? (201, "created") : (200, "updated")
            let index = quoted(action.index ?? "logs")
            let id = quoted(action.id ?? "-")
            return #"{"\#(action.kind)":{"_index":\#(index),"_id":\#(id),"_version":1,"#
                + #""result":"\#(result)","status":\#(status)}}"#
        }
        return json(
            #"{"took":0,"errors":false,"items":[\#(items.joined(separator: ","))]}"#,
            isElastic: true
        )
    }

    private static func otlp(_ answer: DeliveryAnswer) -> Response {
        guard answer.rejected > 0 else { return json(#"{"partialSuccess":{}}"#) }
        return json(
            #"{"partialSuccess":{"rejectedLogRecords":"\#(answer.rejected)","#
                + #""errorMessage":"not understood; see lastpull rejected"}}"#
        )
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    static func json(_ text: String, isElastic: Bool = false) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if isElastic { headers[named: elasticProduct] = "Elasticsearch" }
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    /// Who asks for the product, of a version that its clients still speak to.
    static let elasticGreeting = json(
        #"{"name":"lastpull","cluster_name":"lastpull","cluster_uuid":"lastpull","version":{"#
            + #""number":"8.17.0","build_flavor":"default","build_type":"deb","#
            + #""lucene_version":"9.12.0","minimum_wire_compatibility_version":"7.17.0","#
            + #""minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"}"#,
        isElastic: true
    )

    static let elasticLicense = json(
        #"{"license":{"status":"active","uid":"lastpull","type":"basic"}}"#,
        isElastic: true
    )

    static let elasticHealth = json(
        #"{"cluster_name":"lastpull","status":"green","timed_out":false}"#,
        isElastic: true
    )

    /// To templates and other preparations, none of which is needed.
    static let elasticAgreement = json(#"{"acknowledged":true}"#, isElastic: true)

    private static let splunkChannel = HTTPField.Name("X-Splunk-Request-Channel")
    private static let elasticProduct = HTTPField.Name("X-Elastic-Product")
}
