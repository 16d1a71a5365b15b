import Daemon
import Foundation
import RegistryModel
import Testing

/// Each `fixtures/settings/NAME.yaml` has its problems beside it, in `NAME.expected.txt`.
struct RefusedSettingsTests {
    @Test(arguments: SettingsSamples.names(in: SettingsSamples.folder))
    func tellsEveryProblemAtOnce(name: String) throws {
        let problems = try SettingsSamples.problems(
            in: SettingsSamples.text(name),
            file: name
        )
        let expected = try SettingsSamples.text(
            name.replacing(".yaml", with: ".expected.txt")
        )
        #expect(problems.joined(separator: "\n") + "\n" == expected)
    }

    @Test func fiveMistakesAreFiveProblemsInTheOrderOfTheirLines() throws {
        let text = try SettingsSamples.text("five-mistakes.yaml")
        let error = try #require(throws: SettingsError.self) {
            try SettingsSamples.parse(text)
        }
        #expect(error.problems.map(\.place.line) == [3, 6, 7, 10, 12])
    }

    /// Whoever writes a secret into the wrong key must not find it in the log.
    @Test(arguments: SettingsSamples.names(in: SettingsSamples.folder))
    func messagesAreOneLineWithoutSecrets(name: String) throws {
        for problem in try SettingsSamples.problems(in: SettingsSamples.text(name)) {
            #expect(!problem.contains("hunter2"))
            #expect(!problem.contains { $0.isNewline })
        }
    }

    /// The parser gives up at a repeated key, so that each costs another pass; there is an end.
    @Test func manyRepeatedKeysAreRefused() throws {
        let text = String(repeating: "ledger: /a\n", count: 1_000)
        let problems = try SettingsSamples.problems(in: text)
        #expect(problems.first?.hasSuffix("ledger: is there twice; keep one") == true)
    }

    /// Letters of the private use area are what repeated keys are marked with inside.
    @Test func unusualLettersOfAKeyStayWhatTheyAre() throws {
        let problems = try SettingsSamples.problems(
            in: "\u{E000}istory: 1\nhistory: 30d\nhistory: 30d\n"
                + "registries: [{ name: a, url: 'http://a' }]\n"
        )
        try #require(problems.count == 2)
        #expect(problems[0].contains("\u{E000}istory: unknown key; did you mean history?"))
        #expect(problems[1].contains(":3:1: history: is there twice, first in line 2"))
    }

    /// Nothing that is not a settings file may bring the daemon down; lists of aliases grow
    /// without bound when they are followed.
    @Test func hostileFilesAreRefused() throws {
        let laughs = (1...30).map {
            "a\($0): &a\($0) [\(String(repeating: "*a\($0 - 1),", count: 9))]"
        }
        let texts = [
            "\u{0}", "\u{FEFF}", "{", "a: b: c", "- \n- ", "? ", "!!binary x: y", "*a",
            "registries: &a [*a]", "{a: 1, a: 2", "'': 1\n'': 2\n", "&x a: 1\n&y a: 2\n",
            "registries: " + String(repeating: "[", count: 5_000),
            "a0: &a0 [x]\n" + laughs.joined(separator: "\n"),
        ]
        for text in texts {
            #expect(try !SettingsSamples.problems(in: text).isEmpty, "\(text.prefix(40))")
        }
    }
}
