import RegistryModel
import Testing

@testable import RegistryClients

struct AuthChallengeTests {
    @Test(
        arguments: [
            #"Bearer realm="https://a.test/t",service="s",scope="repository:a/b:pull,push""#,
            #"bearer  realm = "https://a.test/t" ,  service=s, scope="repository:a/b:pull,push""#,
            #"Basic realm="x, y", Bearer realm="https://a.test/t",service="s",scope="repository:a/b:pull,push""#,
            #"Negotiate YWJj==, Bearer REALM="https://a.test/t",Service="s",scope="repository:a/b:pull,push",error="invalid_token""#,
        ]
    )
    func bearerIsFound(field: String) throws {
        let bearer = try #require(
            AuthChallenge.parse([field]).first { $0.scheme == "bearer" }
        )
        #expect(bearer.parameters["realm"] == "https://a.test/t")
        #expect(bearer.parameters["service"] == "s")
        #expect(bearer.parameters["scope"] == "repository:a/b:pull,push")
    }

    @Test func repeatedScopesAreAllKept() {
        let found = AuthChallenge.parse([#"Bearer realm="r",scope="a b",scope="c""#])
        #expect(found.first?.parameters["scope"] == "a b c")
    }

    @Test func challengesOfSeveralFieldsAreFound() {
        let found = AuthChallenge.parse([#"Basic realm="a\"b""#, "Bearer realm=r"])
        #expect(found.map(\.scheme) == ["basic", "bearer"])
        #expect(found.first?.parameters["realm"] == #"a"b"#)
    }

    @Test(arguments: ["", ",,", "=", "\"", "=x, ==", "Bearer realm=\"open", "\"\"\"=\"\\"])
    func nonsenseEnds(field: String) {
        #expect(AuthChallenge.parse([field]).count <= 1)
    }
}

struct LinkFieldTests {
    @Test(
        arguments: [
            (#"</v2/x?last=a%2Fb&n=2>; rel="next""#, "/v2/x?last=a%2Fb&n=2"),
            ("<next,page;1>;rel=next", "next,page;1"),
            (#"</a>; rel="prev", </b>; title="t"; REL="Next""#, "/b"),
            (#"</a>; rel="prev next""#, "/a"),
            (#"</a>; rel="nextish""#, nil),
            ("/a; rel=next", nil),
            ("<unclosed", nil),
        ]
    )
    func nextIsFound(field: String, target: String?) {
        #expect(LinkField.next(in: [field]) == target)
    }
}

struct ManifestDigestTests {
    // The registry's digest of a signed schema 1 manifest leaves the signatures out.
    @Test func signedManifestIsHashedWithoutItsSignatures() {
        let head = #"{"name":"a""#
        // {"formatLength":11,"formatTail":"Cn0"}, where the tail is a line break and a brace.
        let protected = "eyJmb3JtYXRMZW5ndGgiOjExLCJmb3JtYXRUYWlsIjoiQ24wIn0"
        let signed = head + #","signatures":[{"protected":"\#(protected)"}]}"#
        let content = ManifestDigest.content(
            of: Array(signed.utf8),
            mediaType: MediaType.schema1Signed
        )
        #expect(String(decoding: content, as: UTF8.self) == head + "\n}")
    }

    @Test(arguments: ["{}", "", #"{"signatures":[]}"#, #"{"signatures":[{"protected":"e30"}]}"#])
    func otherBytesAreHashedAsTheyAre(text: String) {
        let bytes = Array(text.utf8)
        #expect(ManifestDigest.content(of: bytes, mediaType: MediaType.schema1Signed) == bytes)
        #expect(ManifestDigest.content(of: bytes, mediaType: MediaType.ociManifest) == bytes)
    }
}

struct RetryAfterTests {
    // 2026-03-04T05:06:07Z.
    let now = Timestamp(milliseconds: 1_772_600_767_000)

    @Test(
        arguments: [
            ("120", Span.seconds(120)), ("0", .zero),
            ("Wed, 04 Mar 2026 05:08:07 GMT", .seconds(120)),
            ("Wed, 04 Mar 2025 05:08:07 GMT", .zero),
            ("-1", nil), ("soon", nil), ("", nil), ("Wed, 04 Foo 2026 05:08:07 GMT", nil),
        ]
    )
    func isSecondsOrADate(field: String, span: Span?) {
        #expect(RetryAfter.span(field, now: now) == span)
    }
}

struct RegistryAddressTests {
    @Test(
        arguments: [
            "ftp://a.test", "a.test:5000", "http://", "http://user:pw@a.test", "http://user@a.test",
            "https://a.test/?q", "https://a.test/#f", "", "unix:///run/x",
        ]
    )
    func otherURLsAreRefused(text: String) {
        #expect(RegistryAddress(text) == nil)
    }

    @Test func pathAboveTheAPIIsKept() throws {
        let address = try #require(RegistryAddress("https://a.test/registry/"))
        #expect(address.url("/v2/") == "https://a.test/registry/v2/")
    }

    @Test(
        arguments: [
            ("/v2/x?n=1", "https://a.test:5000/v2/x?n=1"),
            ("?n=2&last=a%2Fb", "https://a.test:5000/v2/y?n=2&last=a%2Fb"),
            ("y?n=2&last=a%2Fb", "https://a.test:5000/v2/y?n=2&last=a%2Fb"),
            ("./y?last=v1:2", "https://a.test:5000/v2/y?last=v1:2"),
            ("../v2/y?last=a/../b", "https://a.test:5000/v2/y?last=a/../b"),
            ("../../../z", "https://a.test:5000/z"), ("#part", "https://a.test:5000/v2/y"),
            ("//a.test/z", "https://a.test:5000/z"),
            (#"\\b.test\z"#, "https://a.test:5000/v2/%5C%5Cb.test%5Cz"),
            ("https://a.test:5000/z", "https://a.test:5000/z"),
            // A proxy that ends TLS leaves the registry with the wrong idea of its own address.
            ("http://A.test/z?s=%3D", "https://a.test:5000/z?s=%3D"),
            ("https://b.test/z", nil), ("//b.test/z", nil), ("file:///etc/passwd", nil),
            ("https://a.test@b.test/z", nil), ("https://u:p@a.test/z", nil), ("", nil),
            ("ftp://a.test/z", nil), ("v2:1?n=2", nil), ("https:///z", nil),
        ]
    )
    func placesAreResolvedOnThisHostOnly(target: String, url: String?) throws {
        let address = try #require(RegistryAddress("https://a.test:5000"))
        #expect(address.resolve(target, from: address.url("/v2/y")) == url)
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:5000", true), ("http://127.8.9.1", true), ("http://localhost", true),
            ("http://[::1]:5000", true), ("http://127.0.0.1.evil.test", false),
            ("http://localhost.test", false), ("http://10.0.0.1", false),
        ]
    )
    func loopbackIsTold(text: String, isLoopback: Bool) throws {
        let address = try #require(RegistryAddress(text))
        #expect(address.origin.isLoopback == isLoopback)
    }
}
