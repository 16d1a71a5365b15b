import Foundation
import RegistryModel

/// An access log of a busy day, written line by line, and what it holds.
///
/// Azure's lines are as formats of Azure Monitor have them: of a hundred, three are of another
/// category, three are requests that failed, one is a push and one takes a tag away. Nodes pull, and
/// build machines push: what a client reads of a tag in the minute before it pushes that is no use,
/// which a script that only counts does not know.
struct GeneratedLogFile {
    enum Kind: String {
        case azure
        case combined
        case json
    }

    let path: String
    let bytes: Int
    /// Accesses of manifests that count.
    private(set) var uses = 0

    private static let repositories = 200
    private static let tags = 5

    /// Writes `lines` lines over the 24 hours that end six hours before `now`.
    init(_ kind: Kind, lines: Int, to path: String, now: Timestamp) throws {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw BenchError("\(path) can't be written to") }
        var random = SplitMix(state: 7)
        var text: [UInt8] = []
        var written = 0
        let images = Self.images()
        let began = now - .hours(30)
        for number in 0..<lines {
            let time = began + Span(milliseconds: Int64(number) * 86_400_000 / Int64(lines))
            // Few images are pulled often, most seldom.
            let place = random.next() % 1_000 * (random.next() % 1_000) / 1_000
            let image = images[Int(place)]
            switch kind {
            case .azure: uses += Self.azure(image, number, time, &random, &text)
            case .combined: uses += Self.combined(image, time, &random, &text)
            case .json: uses += Self.json(image, time, &random, &text)
            }
            if text.count > 1 << 20 || number == lines - 1 {
                try file.write(contentsOf: text)
                written += text.count
                text.removeAll(keepingCapacity: true)
            }
        }
        try file.close()
        bytes = written
    }

    private struct Image {
        var repository: String
        var tag: String
        var digest: String
    }

    private static func images() -> [Image] {
        (0..<repositories * tags).map { number in
            Image(
                repository: "team-\(number % repositories)/service",
                tag: "v1.\(number / repositories).0",
                digest: GeneratedImage(repository: number % repositories, number: number)
                    .blobs[0].digest
            )
        }
    }

    /// Who asks: one of many nodes, or of a few build machines.
    private struct Client {
        var identity: String
        var address: String
        var userAgent: String

        static func node(_ random: inout SplitMix) -> Client {
            let number = random.next() % 50
            return Client(
                identity: "node-\(number)",
                address: "203.0.113.\(number)",
                userAgent: "containerd/v2.0.2"
            )
        }

        static func builder(_ random: inout SplitMix) -> Client {
            let number = random.next() % 4
            return Client(
                identity: "build-\(number)",
                address: "198.51.100.\(number)",
                userAgent: "docker/28.3.2 go/go1.24.5 os/linux arch/amd64"
            )
        }
    }

    private static func azure(
        _ image: Image,
        _ number: Int,
        _ time: Timestamp,
        _ random: inout SplitMix,
        _ text: inout [UInt8]
    ) -> Int {
        let kind = random.next() % 100
        let category =
            kind < 3 ? "ContainerRegistryLoginEvents" : "ContainerRegistryRepositoryEvents"
        let (operation, status) =
            switch kind {
            case 3..<6: ("Pull", "404")
            case 6: ("Push", "201")
            case 7: ("Untag", "202")
            default: ("Pull", "200")
            }
        let isByDigest = random.next() % 10 < 3 && operation == "Pull"
        let tag = operation == "Untag" ? "tmp-\(number)" : isByDigest ? image.digest : image.tag
        let client = operation == "Pull" ? Client.node(&random) : .builder(&random)
        text +=
            """
            {"time":"\(Stamp.azure(time))","category":"\(category)","resourceId":\
            "/SUBSCRIPTIONS/11111111-2222-3333-4444-555555555555/RESOURCEGROUPS/RG/PROVIDERS/\
            MICROSOFT.CONTAINERREGISTRY/REGISTRIES/CONTOSO","operationName":"\(operation)",\
            "identity":"\(client.identity)","location":"westeurope","resultType":"HttpStatusCode",\
            "resultDescription":"\(status)","durationMs":"38.212784","callerIpAddress":\
            "\(client.address)","correlationId":"5b0f6a5e-8d5a-4a3b-9a39-\(number)","properties":\
            {"tag":"\(tag)","digest":"\(image.digest)","mediaType":\
            "application/vnd.oci.image.manifest.v1+json","repository":"\(image.repository)",\
            "artifactType":"acr.docker","loginServer":"contoso.azurecr.io","userAgent":\
            "\(client.userAgent)"}}

            """.utf8
        return kind == 6 || kind >= 8 ? 1 : 0
    }

    private static func combined(
        _ image: Image,
        _ time: Timestamp,
        _ random: inout SplitMix,
        _ text: inout [UInt8]
    ) -> Int {
        let (method, status, isUse) = request(&random)
        let client = random.next() % 50
        text +=
            """
            10.20.30.\(client) - - [\(Stamp.common(time))] \
            "\(method) /v2/\(image.repository)/manifests/\(image.tag) HTTP/1.1" \(status) 1609 "-" \
            "containerd/v2.0.2"

            """.utf8
        return isUse ? 1 : 0
    }

    private static func json(
        _ image: Image,
        _ time: Timestamp,
        _ random: inout SplitMix,
        _ text: inout [UInt8]
    ) -> Int {
        let (method, status, isUse) = request(&random)
        let client = random.next() % 50
        text +=
            """
            {"time":"\(Stamp.iso(time))","remote_addr":"10.20.30.\(client)","remote_user":"ci-bot",\
            "request_method":"\(method)","request_uri":\
            "/v2/\(image.repository)/manifests/\(image.tag)","server_protocol":"HTTP/1.1",\
            "status":"\(status)","body_bytes_sent":"1609","request_time":"0.004",\
            "http_user_agent":"containerd/v2.0.2","host":"registry.example.test"}

            """.utf8
        return isUse ? 1 : 0
    }

    private static func request(
        _ random: inout SplitMix
    ) -> (method: String, status: Int, isUse: Bool) {
        switch random.next() % 100 {
        case 0..<5: ("GET", 404, false)
        case 5..<35: ("HEAD", 200, true)
        default: ("GET", 200, true)
        }
    }
}

/// Times as logs have them, in UTC; made for each second once.
private enum Stamp {
    static func azure(_ time: Timestamp) -> String {
        let fraction = String(10_000_000 + time.milliseconds % 1_000 * 10_000).dropFirst()
        return "\(parts(time).iso).\(fraction)Z"
    }

    static func iso(_ time: Timestamp) -> String { "\(parts(time).iso)+00:00" }

    static func common(_ time: Timestamp) -> String { "\(parts(time).common) +0000" }

    private struct Parts {
        var second: Int64 = .min
        var iso = ""
        var common = ""
    }

    private nonisolated(unsafe) static var last = Parts()

    /// Used by the one thread that writes logs.
    private static func parts(_ time: Timestamp) -> Parts {
        let second = time.milliseconds / 1_000
        if last.second == second { return last }
        let iso = Date(timeIntervalSince1970: Double(second)).formatted(.iso8601).dropLast()
        let fields = iso.split { "-T".contains($0) }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let month = months[(Int(fields[1]) ?? 1) - 1]
        last = Parts(
            second: second,
            iso: String(iso),
            common: "\(fields[2])/\(month)/\(fields[0]):\(fields[3])"
        )
        return last
    }
}
