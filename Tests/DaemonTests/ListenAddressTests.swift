import Daemon
import Testing

struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8480", "127.0.0.1", 8_480, true),
        ("127.9.9.9:1", "127.9.9.9", 1, true),
        ("localhost:0", "localhost", 0, true),
        ("[::1]:8480", "::1", 8_480, true),
        ("[::ffff:127.0.0.1]:8480", "::ffff:127.0.0.1", 8_480, true),
        (":8480", "0.0.0.0", 8_480, false),
        ("0.0.0.0:8480", "0.0.0.0", 8_480, false),
        ("[::]:65535", "::", 65_535, false),
        ("10.0.0.1:8480", "10.0.0.1", 8_480, false),
        // A name that begins like loopback, and isn't.
        ("127.0.0.1.example.com:80", "127.0.0.1.example.com", 80, false),
    ])
    func hostAndPort(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(text))
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", "8480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8480",
        "[::1]", "[127.0.0.1]:80", "300.0.0.1:80", "a b:80", "http://127.0.0.1:80", "[::1:80",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(ListenAddress(text) == nil)
    }

    @Test func descriptionParsesBack() {
        for address in [ListenAddress.standard, ListenAddress(host: "::1", port: 80)] {
            #expect(ListenAddress(address.description) == address)
        }
    }
}
