import Daemon
import Publishing
import RegistryModel
import Testing

struct WebhookSettingsTests {
    private func key(_ secret: String) throws -> WebhookKey {
        try #require(WebhookKey(Secret(secret)))
    }

    @Test func everyKeyArrives() throws {
        let settings = try SettingsSamples.parse(
            SettingsSamples.text("design.yaml", in: SettingsSamples.good)
        )
        try #require(settings.publish.count == 4)
        let newest = try key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let plain = settings.publish[0]
        #expect(plain.name == "ops.example")
        #expect(plain.url == Secret("https://ops.example/prune"))
        #expect(plain.mode == .structured)
        #expect(plain.keys == [newest])
        #expect(plain.fields.isEmpty)
        #expect(plain.filter == .everything)
        #expect(plain.source.hasPrefix("urn:lastpull"))
        #expect(
            settings.publish[1]
                == Webhook(
                    name: "siem",
                    url: Secret("http://127.0.0.1:9000/hook?room=7"),
                    mode: .binary,
                    keys: [newest, try key("a secret as it is, of 34 letters up")],
                    fields: [
                        .init(name: "Authorization", value: Secret("Bearer t0ken")),
                        .init(name: "X-Site", value: Secret("paris")),
                        .init(name: "X-Api-Key", value: Secret("bare")),
                    ],
                    filter: EventFilter(lists: ["event": ["prune"], "type": ["blob", "tag"]]),
                    source: "urn:lastpull:paris"
                )
        )
        #expect(settings.publish[2].name == "10.0.0.9")
        #expect(settings.publish[3].authorities == "/etc/ssl/own.pem")
    }

    @Test func nobodyIsToldUnlessTheSettingsSaySo() throws {
        #expect(try SettingsSamples.parse(beside: "history: 30d").publish.isEmpty)
    }

    // Plain HTTP on this machine is read by nobody else.
    @Test(arguments: [
        ("http://127.0.0.1:9000/a", "127.0.0.1-9000"), ("http://localhost/a", "localhost"),
        ("http://[::1]:80/?a=b", "1--80"), ("https://Ops.Example:443", "ops.example-443"),
        ("HTTPS://ops.example?a", "ops.example"),
    ])
    func addressesHaveAName(url: String, name: String) throws {
        let settings = try SettingsSamples.parse(
            beside: "publish: [{ webhook: '\(url)', secretFile: /run/secrets/hook }]"
        )
        #expect(settings.publish.map(\.name) == [name])
        #expect(settings.publish.map(\.url) == [Secret(url)])
        #expect(settings.warnings.isEmpty)
    }

    @Test func whatIsHardlyMeantIsWarnedOf() throws {
        let settings = try SettingsSamples.parse(
            beside: """
                publish:
                  - { webhook: "https://a" }
                  - { webhook: "https://b", secretFile: /run/secrets/bare }
                """
        )
        #expect(
            settings.warnings == [
                "lastpull.yaml:3:5: publish[0]: the receiver can't know who sends; add a secretFile",
                "lastpull.yaml:4:41: publish[1].secretFile: the secret has less than 24 bytes; "
                    + "use a longer one",
            ]
        )
    }
}
