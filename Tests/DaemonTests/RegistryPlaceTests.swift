import Testing

@testable import Daemon

/// What of an address tells one registry from another.
struct RegistryPlaceTests {
    @Test(arguments: [
        ("http://reg.test:5000", "https://reg.test:5000/"), ("http://reg.test", "https://reg.test"),
        ("https://reg.test:443", "http://REG.test:80/"),
        ("http://localhost:5000", "http://127.0.0.1:5000"),
        ("http://[::1]", "https://[::1]:443"), ("https://a.test/x/", "https://a.test/x"),
    ])
    func isTheSame(one: String, other: String) throws {
        #expect(try RegistryURL(one).place == RegistryURL(other).place)
    }

    @Test(arguments: [
        ("http://reg.test:5000", "http://reg.test:5001"),
        ("http://reg.test", "http://reg.test:5000"),
        ("https://a.test", "https://b.test"), ("https://a.test/x", "https://a.test/y"),
        ("http://127.0.0.1", "http://127.0.0.2"), ("http://[::1]:5000", "http://[::2]:5000"),
        ("http://[::1]:5000", "http://[::1]:5001"), ("https://a.test/X", "https://a.test/x"),
    ])
    func isAnother(one: String, other: String) throws {
        #expect(try RegistryURL(one).place != RegistryURL(other).place)
    }
}
