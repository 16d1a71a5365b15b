import RegistryModel
import Testing

struct GlobTests {
    @Test(arguments: [
        ("latest", "latest"), ("v*", "v"), ("v*", "v1.2"), ("*", ""), ("*", "abc"), ("a?c", "abc"),
        ("cache/*", "cache/x"), ("cache/**", "cache/x/y"), ("**", ""), ("**", "a/b/c"),
        ("cache/**/base", "cache/base"), ("cache/**/base", "cache/x/base"),
        ("cache/**/base", "cache/x/y/base"), ("**/base", "base"), ("**/base", "a/b/base"),
        ("a/**/**/b", "a/b"), ("a/**/**/b", "a/x/b"), ("a**b", "a/x/b"), ("***", "a/b"),
        ("trivy/*", "trivy/0.50"), ("a.b", "a.b"), ("", ""), ("é*", "éa"), ("a*b*c", "axxbyyc"),
    ])
    func matches(_ pattern: String, _ text: String) {
        #expect(Glob(pattern).matches(text))
    }

    @Test(arguments: [
        ("latest", "latest2"), ("latest", "xlatest"), ("v*", "w1"), ("*", "a/b"), ("a?c", "a/c"),
        ("a?c", "ac"), ("cache/*", "cache/x/y"), ("cache/*", "cache"), ("cache/**", "cache"),
        ("cache/**", "cachex/y"), ("cache/**/base", "cache/xbase"), ("**/base", "xbase"),
        ("cache/**/base", "cache/x/ybase"), ("a.b", "axb"), ("", "a"), ("Team", "team"),
        ("[ab]", "a"), ("a*b*c", "axxbyy"),
    ])
    func doesNotMatch(_ pattern: String, _ text: String) {
        #expect(!Glob(pattern).matches(text))
    }

    /// The time grows with the product of the lengths, not with the ways to match.
    @Test func endsSoonWithManyStars() {
        let pattern = Glob(String(repeating: "*a", count: 50))
        #expect(!pattern.matches(String(repeating: "a", count: 2_000) + "b"))
    }
}
