import Foundation

/// A log of one format, made of lines of which some tell of manifests.
struct GeneratedLog {
    var name: String
    /// Whether a speed was promised for it.
    var isPledged = false
    /// One line for its number; nil at its end stands for the line's end.
    var line: @Sendable (Int) -> String
    /// Whether the line of that number tells of a manifest.
    var isAccess: @Sendable (Int) -> Bool = { $0 % 4 != 3 }

    func body(lines: Int) -> [UInt8] {
        var body: [UInt8] = []
        for number in 0..<lines {
            body += Array(line(number).utf8)
            body.append(UInt8(ascii: "\n"))
        }
        return body
    }

    func accesses(lines: Int) -> Int { (0..<lines).filter(isAccess).count }

    static let all: [GeneratedLog] = [
        GeneratedLog(name: "acr", line: azure, isAccess: isAzureAccess),
        GeneratedLog(name: "nginx combined", isPledged: true, line: combined),
        GeneratedLog(name: "nginx JSON", isPledged: true, line: nginx),
        GeneratedLog(name: "distribution's own, JSON", line: logrus),
        GeneratedLog(name: "distribution's own, text", line: logrusText),
        GeneratedLog(name: "zot", line: zot),
        GeneratedLog(name: "caddy", line: caddy),
        GeneratedLog(name: "traefik JSON", line: traefik),
        GeneratedLog(name: "envoy", line: envoy),
        GeneratedLog(name: "haproxy", line: haproxy),
        GeneratedLog(name: "Fluent Bit with nginx combined", line: wrapped),
    ]
}

extension GeneratedLog {
    /// A million different times, images of 300 repositories, and 40 clients.
    private static func digest(_ number: Int) -> String {
        let hex = String(
            UInt64(truncatingIfNeeded: number % 3_000) &* 0x9E37_79B9_7F4A_7C15,
            radix: 16
        )
        return "sha256:" + String(repeating: "0", count: 64 - hex.count) + hex
    }

    private static func image(_ number: Int) -> (path: String, client: String, second: String) {
        let repository = "team-\(number % 17)/service-\(number % 300)"
        let isBlob = number % 4 == 3
        let reference = number % 2 == 0 ? "1.\(number % 9).\(number % 7)" : digest(number)
        let path =
            "/v2/\(repository)/\(isBlob ? "blobs/" + digest(number) : "manifests/" + reference)"
        let client = "10.20.\(number % 5).\(number % 8)"
        let seconds = number / 400
        let second = String(
            format: "%02d:%02d:%02d",
            seconds / 3_600 % 24,
            seconds / 60 % 60,
            seconds % 60
        )
        return (path, client, second)
    }

    private static func azure(_ number: Int) -> String {
        let image = image(number)
        let category =
            number % 100 < 3 ? "ContainerRegistryLoginEvents" : "ContainerRegistryRepositoryEvents"
        let operation = number % 100 >= 97 ? "Untag" : "Pull"
        let status = number % 50 == 7 ? "404" : "200"
        let id = String(format: "%012d", number)
        return
            #"{"time": "2026-03-04T\#(image.second).\#(String(format: "%07d", number % 10_000_000))Z", "#
            + #""category": "\#(category)", "resourceId": "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.CONTAINERREGISTRY/REGISTRIES/CONTOSO", "#
            + #""operationName": "\#(operation)", "identity": "ci-bot-\#(number % 8)@contoso.example", "location": "westeurope", "resultType": "HttpStatusCode", "#
            + #""resultDescription": "\#(status)", "durationMs": "\#(number % 90).212784", "callerIpAddress": "\#(image.client)", "correlationId": "5b0f6a5e-8d5a-4a3b-9a39-\#(id)", "#
            + #""properties": {"tag": "1.\#(number % 9).\#(number % 7)", "digest": "\#(digest(number))", "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "#
            + #""repository": "team-\#(number % 17)/service-\#(number % 300)", "size": "524", "artifactType": "acr.docker", "tenantId": "99999999-8888-7777-6666-555555555555", "#
            + #""loginServer": "contoso.azurecr.io", "userAgent": "containerd/v2.0.2"}, "RegionStamp": "weu-3"}"#
    }

    private static func isAzureAccess(_ number: Int) -> Bool {
        number % 100 >= 3 && number % 50 != 7
    }

    private static func combined(_ number: Int) -> String {
        let image = image(number)
        return
            #"\#(image.client) - ci-bot [04/Mar/2026:\#(image.second) +0000] "GET \#(image.path) HTTP/1.1" 200 1609 "-" "containerd/v2.0.2""#
    }

    private static func nginx(_ number: Int) -> String {
        let image = image(number)
        let id = String(format: "%016d", number)
        return
            #"{"time":"2026-03-04T\#(image.second)+00:00","msec":"177260\#(1000 + number / 400).\#(100 + number % 900)","remote_addr":"\#(image.client)","remote_user":"ci-bot","request_method":"GET","#
            + #""request_uri":"\#(image.path)","server_protocol":"HTTP/1.1","status":"200","body_bytes_sent":"\#(1_000 + number % 900)","request_time":"0.00\#(number % 9)","http_user_agent":"containerd/v2.0.2","#
            + #""sent_http_docker_content_digest":"\#(digest(number))","host":"registry.example.test","request_id":"\#(id)"}"#
    }

    private static func logrus(_ number: Int) -> String {
        let image = image(number)
        let id = String(format: "%012d", number)
        return
            #"{"auth.user.name":"ci-bot","environment":"production","go.version":"go1.25.0","http.request.host":"registry.example.test","http.request.id":"5b0f6a5e-8d5a-4a3b-9a39-\#(id)","#
            + #""http.request.method":"GET","http.request.remoteaddr":"\#(image.client):51234","http.request.uri":"\#(image.path)","http.request.useragent":"containerd/v2.0.2","#
            + #""http.response.contenttype":"application/vnd.oci.image.index.v1+json","http.response.duration":"4.\#(number % 1_000)ms","http.response.status":200,"http.response.written":\#(1_000 + number % 900),"#
            + #""instance.id":"5b0f6a5e-8d5a-4a3b-9a39-000000000900","level":"info","msg":"response completed","service":"registry","time":"2026-03-04T\#(image.second).\#(String(format: "%09d", number))Z","version":"3.1.1"}"#
    }

    private static func logrusText(_ number: Int) -> String {
        let image = image(number)
        return
            #"time="2026-03-04T\#(image.second).123456789Z" level=info msg="response completed" go.version=go1.20.8 http.request.host=registry.example.test http.request.id=\#(number) "#
            + #"http.request.method=GET http.request.remoteaddr="\#(image.client):51234" http.request.uri="\#(image.path)" http.request.useragent="containerd/v2.0.2" http.response.status=200 http.response.written=1609 "#
    }

    private static func zot(_ number: Int) -> String {
        let image = image(number)
        return
            #"{"time":"2026-03-04T\#(image.second).123456789Z","level":"info","message":"HTTP API","module":"http","username":"ci-bot","component":"session","clientIP":"\#(image.client):51234","#
            + #""method":"GET","path":"\#(image.path)","statusCode":200,"latency":"0s","bodySize":\#(number % 900),"headers":{"Accept":["application/vnd.oci.image.manifest.v1+json"],"#
            + #""Authorization":["******"],"User-Agent":["containerd/v2.0.2"]},"goroutine":\#(number % 99),"caller":"zotregistry.dev/zot/v2/pkg/api/session.go:131"}"#
    }

    private static func caddy(_ number: Int) -> String {
        let image = image(number)
        return
            #"{"level":"info","ts":17726\#(10_000 + number / 400).123456,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"\#(image.client)","remote_port":"51234","#
            + #""client_ip":"\#(image.client)","proto":"HTTP/2.0","method":"GET","host":"registry.example.test","uri":"\#(image.path)","headers":{"User-Agent":["containerd/v2.0.2"],"Authorization":["REDACTED"]}},"#
            + #""bytes_read":0,"user_id":"ci-bot","duration":0.00\#(number % 999 + 1),"size":1609,"status":200,"resp_headers":{"Server":["Caddy"],"Docker-Content-Digest":["\#(digest(number))"]}}"#
    }

    private static func traefik(_ number: Int) -> String {
        let image = image(number)
        return
            #"{"ClientAddr":"\#(image.client):51234","ClientHost":"\#(image.client)","ClientPort":"51234","ClientUsername":"-","DownstreamContentSize":1609,"DownstreamStatus":200,"Duration":\#(number),"#
            + #""RequestCount":\#(number),"RequestHost":"registry.example.test","RequestMethod":"GET","RequestPath":"\#(image.path)","RequestProtocol":"HTTP/2.0","RouterName":"registry@docker","#
            + #""StartUTC":"2026-03-04T\#(image.second).123456789Z","entryPointName":"websecure","level":"info","msg":"","time":"2026-03-04T\#(image.second)Z"}"#
    }

    private static func envoy(_ number: Int) -> String {
        let image = image(number)
        return
            #"[2026-03-04T\#(image.second).123Z] "GET \#(image.path) HTTP/2" 200 - 0 1609 4 3 "\#(image.client)" "containerd/v2.0.2" "\#(number)" "registry.example.test" "10.0.2.1:5000""#
    }

    private static func haproxy(_ number: Int) -> String {
        let image = image(number)
        return
            #"Mar  4 \#(image.second) edge1 haproxy[14389]: \#(image.client):51234 [04/Mar/2026:\#(image.second).123] fe_registry~ be_registry/reg1 0/0/1/3/4 200 2025 - - ---- 1/1/0/0/0 0/0 "GET \#(image.path) HTTP/1.1""#
    }

    private static func wrapped(_ number: Int) -> String {
        let line = combined(number).replacing("\"", with: "\\\"")
        return #"{"date":17726\#(10_000 + number / 400).123456,"log":"\#(line)"}"#
    }
}
