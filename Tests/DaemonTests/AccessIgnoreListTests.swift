import RegistryModel
import Testing

struct AccessIgnoreListTests {
    private let list: AccessIgnoreList

    init() throws {
        list = AccessIgnoreList(
            userAgents: [Glob("trivy/*")],
            actors: [Glob("scanner"), Glob("bot-?")],
            networks: [try #require(Network("10.9.0.0/16")), try #require(Network("fd00::/8"))]
        )
    }

    private func access(
        userAgent: String? = nil,
        actor: String? = nil,
        address: String? = nil
    ) throws -> Access {
        Access(
            key: EventKey(high: 0, low: 0),
            time: Timestamp(milliseconds: 0),
            class: .pull,
            repository: try #require(RepositoryName("team/api")),
            address: address,
            actor: actor,
            userAgent: userAgent
        )
    }

    @Test func anyOfTheThreeListsIsEnough() throws {
        #expect(try list.ignores(access(userAgent: "trivy/0.50.1")))
        #expect(try list.ignores(access(actor: "scanner")))
        #expect(try list.ignores(access(actor: "bot-7")))
        #expect(try list.ignores(access(address: "10.9.1.2")))
        #expect(try list.ignores(access(address: "::ffff:10.9.1.2")))
        #expect(try list.ignores(access(userAgent: "docker/28", address: "fd12::1")))
    }

    @Test func othersCount() throws {
        let docker = try access(userAgent: "docker/28.0", actor: "ci", address: "10.8.0.1")
        #expect(!list.ignores(docker))
        // A pattern speaks of the whole text, in its own letters.
        #expect(try !list.ignores(access(userAgent: "Trivy/0.50", actor: "scanner2")))
        #expect(try !list.ignores(access(userAgent: "my trivy/0.50", actor: "bot-77")))
        #expect(try !list.ignores(access(address: "scanner.example")))
    }

    /// Without a name there is no reason to leave an access out.
    @Test func whatIsNotSaidIsNotIgnored() throws {
        let all = AccessIgnoreList(
            userAgents: [Glob("**")],
            actors: [Glob("**")],
            networks: [try #require(Network("0.0.0.0/0"))]
        )
        #expect(try !all.ignores(access()))
        #expect(try !AccessIgnoreList().ignores(access(userAgent: "a", actor: "b", address: "::1")))
    }
}
