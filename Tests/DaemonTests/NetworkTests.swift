import RegistryModel
import Testing

struct NetworkTests {
    @Test(arguments: [
        ("10.9.0.0/16", "10.9.255.1"), ("10.9.0.0/16", "::ffff:10.9.0.1"),
        ("10.9.0.0/16", "::FFFF:0a09:0001"), ("10.1.2.3/32", "10.1.2.3"), ("10.1.2.3", "10.1.2.3"),
        ("0.0.0.0/0", "255.255.255.255"), ("0.0.0.0/0", "::ffff:1.2.3.4"),
        ("10.128.0.0/9", "10.200.0.1"), ("fd00::/8", "fdff::1"), ("::/0", "2001:db8::1"),
        ("::1", "::1"), ("::1/128", "0:0:0:0:0:0:0:1"), ("fe80::/10", "fe80::1%eth0"),
        ("::ffff:10.9.0.0/112", "10.9.3.4"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("64:ff9b::/96", "64:ff9b::10.0.0.1"),
    ])
    func holds(network: String, address: String) throws {
        #expect(try #require(Network(network)).contains(address))
    }

    @Test(arguments: [
        ("10.9.0.0/16", "10.10.0.1"), ("10.9.0.0/16", "::ffff:10.10.0.1"),
        ("10.1.2.3/32", "10.1.2.4"), ("10.1.2.3", "10.1.2.2"), ("10.128.0.0/9", "10.127.255.255"),
        ("fd00::/8", "fe00::1"), ("::1", "::2"), ("0.0.0.0/0", "::1"), ("0.0.0.0/0", "::1.2.3.4"),
        // All of IPv6 is not all of the world: what is left out is not counted as use.
        ("::/0", "10.0.0.1"), ("::/0", "::ffff:10.0.0.1"),
    ])
    func doesNotHold(network: String, address: String) throws {
        #expect(try !#require(Network(network)).contains(address))
    }

    @Test(arguments: [
        "", "10.9.0.0/", "/16", "10.9.0.0/33", "10.9.0.0/-1", "10.9.0.0/+8", "10.9.0.0/08",
        "10.9.0.0/16/8", "10.9.0/16", "10.9.0.0.0", "10.09.0.0/16", "256.0.0.0/8", "10.9.1.0/16",
        "fd00::1/8", "::/129", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8:9", "12345::", ":::", "::g", "::+1", "1.2.3.4::", "::1.2.3", ":1",
        "1:", "fe80::1%eth0", "scanner", "10.9.0.0/16 ", "٣.0.0.0/8", "fd00:: /8",
    ])
    func junkIsNoNetwork(text: String) {
        #expect(Network(text) == nil)
    }

    @Test(arguments: [
        "", "-", "unknown", "10.9.0.1:5000", "[::1]", "10.9.0", "10.9.0.1\u{0}", "%eth0", "::1%",
        "::%%",
    ])
    func junkIsInNoNetwork(text: String) throws {
        for network in ["0.0.0.0/0", "::/0"] {
            let isIn = try #require(Network(network)).contains(text)
            // A zone named `%` is odd, and a zone all the same.
            #expect(isIn == (text == "::%%" && network == "::/0"))
        }
    }
}
