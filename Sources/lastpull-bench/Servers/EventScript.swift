import RegistryModel

/// Pulls of generated images, as distribution would report them: one event an envelope, about 1 KB.
///
/// Ids are random, as the registry's are, and never the same twice.
enum EventScript {
    /// The script, for pulls of the first `images` images.
    static func lua(images: Int, seed: UInt32) -> String {
        let rows = (0..<images).map { index -> String in
            let image = GeneratedImage(
                repository: index / GeneratedImage.perRepository,
                number: index % GeneratedImage.perRepository
            )
            let digest = Digest(hashing: image.manifest)
            let repository = GeneratedImage.repositoryName(image.repository)
            return "{'\(repository)','\(digest)','\(image.tag)'},"
        }
        return "local images = {\n\(rows.joined(separator: "\n"))\n}\nlocal seed = \(seed)\n" + code
    }

    private static let code = #"""
        local started = 0
        local heads, tails = {}, {}
        local stamp, serial = "", 0
        local rest = [["action":"pull","target":{"mediaType":"application/vnd.oci.image.manifest.v1+json",]]
            .. [["size":708,"length":708,"digest":"%s","repository":"%s",]]
            .. [["url":"https://registry.example.test/v2/%s/manifests/%s","tag":"%s"},]]
            .. [["request":{"id":"5b0f6a5e-8d5a-4a3b-9a39-000000000202","addr":"10.20.30.40:51234",]]
            .. [["host":"registry.example.test","method":"GET","useragent":"containerd/v2.0.2"},]]
            .. [["actor":{"name":"cluster-a"},"source":{"addr":"registry-0:5000",]]
            .. [["instanceID":"5b0f6a5e-8d5a-4a3b-9a39-000000000900"}}]}]]
        local uuidLength, stampLength = 36, 20
        local open, middle = [[{"events":[{"id":"]], [[","timestamp":"]]

        function setup(thread)
            started = started + 1
            thread:set("place", started)
        end

        function init(args)
            math.randomseed(seed + place * 7919)
            for index, image in ipairs(images) do
                local tail = [[",]] .. rest:format(image[2], image[1], image[1], image[2], image[3])
                local length = #open + uuidLength + #middle + stampLength + #tail
                heads[index] = "POST /hooks/local HTTP/1.1\r\nHost: localhost\r\n"
                    .. "User-Agent: Go-http-client/1.1\r\n"
                    .. "Content-Type: application/vnd.docker.distribution.events.v2+json\r\n"
                    .. "Accept-Encoding: gzip\r\nContent-Length: " .. length .. "\r\n\r\n" .. open
                tails[index] = tail
            end
        end

        function request()
            if serial % 1000 == 0 then stamp = os.date("!%Y-%m-%dT%H:%M:%SZ") end
            serial = serial + 1
            local id = ("%08x-%04x-4%03x-a%03x-%04x%08x"):format(
                math.random(0, 0x7fffffff), math.random(0, 0xffff), math.random(0, 0xfff),
                place, seed % 0x10000, serial)
            local image = math.random(#images)
            return heads[image] .. id .. middle .. stamp .. tails[image]
        end

        function done(summary, latency)
            local errors = summary.errors
            io.write(("figures %d %d %d %d\n"):format(
                summary.requests, summary.duration, latency:percentile(99),
                errors.status + errors.connect + errors.read + errors.write + errors.timeout))
        end
        """#
}
