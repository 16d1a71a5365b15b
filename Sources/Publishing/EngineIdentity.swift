import HTTPTypes
import Hummingbird
import NIOCore
import RegistryModel

/// What lastpull says of itself to Docker's clients, so that they talk to it.
enum EngineIdentity {
    /// The API whose events ours look like; 1.52 changed their shape.
    static let apiVersion = "1.47"
    /// The oldest that clients still speak.
    static let oldestAPIVersion = "1.24"

    static var ping: Response {
        Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: "OK"))
        )
    }

    static var headPing: Response { Response(status: .ok, headers: headers) }

    static var version: Response {
        let version = OwnUserAgent.version
        let text = """
            {"Platform":{"Name":"lastpull"},"Components":[{"Name":"Engine","Version":"\(version)",\
            "Details":{"ApiVersion":"\(apiVersion)","MinAPIVersion":"\(oldestAPIVersion)",\
            "Os":"linux","Arch":"\(architecture)"}}],"Version":"\(version)",\
            "ApiVersion":"\(apiVersion)","MinAPIVersion":"\(oldestAPIVersion)","GitCommit":"",\
            "GoVersion":"","Os":"linux","Arch":"\(architecture)","KernelVersion":"","BuildTime":""}

            """
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }

    private static let headers: HTTPFields = {
        let values = [
            ("Api-Version", apiVersion), ("Docker-Experimental", "false"), ("Ostype", "linux"),
            ("Server", "\(OwnUserAgent.product) (linux)"), ("Cache-Control", "no-cache"),
            ("Content-Type", "text/plain; charset=utf-8"),
        ]
        var headers: HTTPFields = [:]
        for (name, value) in values {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return headers
    }()

    /// In Go's words.
    private static var architecture: String {
        #if arch(arm64)
        "arm64"
        #else
        "amd64"
        #endif
    }
}
