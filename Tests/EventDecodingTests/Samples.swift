import EventDecoding
import RegistryModel
import Testing

let digestA = "sha256:" + String(repeating: "a", count: 64)
let digestB = "sha256:" + String(repeating: "b", count: 64)

/// One event of distribution 3 in JSON, with parts replaced; a part that is nil is left out.
struct EventSample {
    var id: String? = "\"5b0f6a5e-8d5a-4a3b-9a39-000000000101\""
    var timestamp: String? = "\"2026-03-04T05:06:07.123456789Z\""
    var action: String? = "\"pull\""
    var mediaType: String? = "\"application/vnd.oci.image.manifest.v1+json\""
    var digest: String? = "\"\(digestA)\""
    var repository: String? = "\"team/api\""
    var url: String?
    var tag: String?
    var size: String? = "708"
    var length: String?
    var method: String? = "\"GET\""
    var address: String? = "\"10.20.30.40:51234\""
    var userAgent: String? = "\"containerd/v2.0.2\""
    var actor: String? = "{\"name\":\"ci-bot\"}"
    var instance: String? = "\"replica-1\""

    var json: String {
        let target = Self.object([
            ("mediaType", mediaType), ("digest", digest), ("repository", repository),
            ("url", url), ("tag", tag), ("size", size), ("length", length),
        ])
        let request = Self.object([
            ("method", method), ("addr", address), ("useragent", userAgent),
        ])
        return Self.object([
            ("id", id), ("timestamp", timestamp), ("action", action), ("target", target),
            ("request", request), ("actor", actor),
            ("source", Self.object([("instanceID", instance)])),
        ])
    }

    var decoded: DecodedBody { NotificationEnvelope.decode(Array("{\"events\":[\(json)]}".utf8)) }

    /// The only access, where there is one and nothing else.
    var access: Access {
        get throws {
            let decoded = decoded
            try #require(decoded.rejections.isEmpty && decoded.accesses.count == 1)
            return decoded.accesses[0]
        }
    }

    /// The reason of the only rejection, where there is one and nothing else.
    var rejection: String {
        get throws {
            let decoded = decoded
            try #require(decoded.rejections.count == 1 && decoded.accesses.isEmpty)
            return decoded.rejections[0].reason
        }
    }

    static func object(_ members: [(name: String, value: String?)]) -> String {
        let present = members.compactMap { member in
            member.value.map { "\"\(member.name)\":\($0)" }
        }
        return "{\(present.joined(separator: ","))}"
    }
}

/// One record of Azure Container Registry in JSON; a part that is nil is left out.
struct AzureSample {
    var time: String? = "\"2026-03-04T05:06:07.1931730Z\""
    var category: String? = "\"ContainerRegistryRepositoryEvents\""
    var operation: String? = "\"Pull\""
    var status: String? = "\"200\""
    var repository: String? = "\"team/api\""
    var tag: String? = "\"1.4.2\""
    var digest: String? = "\"\(digestA)\""
    var size: String? = "\"524\""
    var correlation: String? = "\"5b0f6a5e-8d5a-4a3b-9a39-000000000350\""

    var json: String {
        EventSample.object([
            ("time", time), ("category", category), ("operationName", operation),
            ("identity", "\"ci-bot\""), ("resultDescription", status),
            ("callerIpAddress", "\"203.0.113.18\""), ("correlationId", correlation),
            (
                "properties",
                EventSample.object([
                    ("tag", tag), ("digest", digest), ("repository", repository), ("size", size),
                    ("artifactType", "\"acr.docker\""), ("userAgent", "\"containerd/v2.0.2\""),
                ])
            ),
        ])
    }

    var decoded: DecodedBody { decodeLog(json) }
}

/// One access line, with parts replaced.
func line(
    host: String = "10.20.30.40",
    user: String = "-",
    time: String = "04/Mar/2026:05:06:07 +0000",
    request: String = "GET /v2/team/api/manifests/1.4.2 HTTP/1.1",
    status: Int = 200,
    rest: String = "1609 \"-\" \"containerd/v2.0.2\""
) -> String {
    "\(host) - \(user) [\(time)] \"\(request)\" \(status) \(rest)"
}

func decodeLog(_ text: String, format: LogFormat? = nil) -> DecodedBody {
    AccessLog.decode(Array(text.utf8), format: format)
}
