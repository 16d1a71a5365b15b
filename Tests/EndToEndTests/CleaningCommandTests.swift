import Foundation
import RegistryModel
import TestSupport
import Testing

extension Cleaning {
    /// What commands print, and what they end with.
    struct Commands {
        private let lastpull: LastpullDaemon
        private let registry: FakeRegistry
        private let repository = "team/app"

        init() async throws {
            lastpull = try LastpullDaemon()
            registry = try await .start(mode: .distribution3)
        }

        private func configure(
            images: Int,
            _ change: (inout CleaningSettings) -> Void = { _ in }
        ) async throws {
            for seed in 1...max(1, images) {
                await registry.add(repository, "v\(seed)", seed: UInt64(seed))
            }
            var settings = CleaningSettings(url: registry.url)
            change(&settings)
            try lastpull.configure(settings.text)
        }

        // What is wrong is found out while the command runs; its own usage helps, not the whole's.
        @Test(arguments: [
            ["explain", "team/app"], ["delete", "team/app"], ["restore", "team/app"],
            ["ledger", "backup", "/dev/null"],
        ])
        func aMistakeShowsTheUsageOfItsCommand(words: [String]) async throws {
            try await configure(images: 1)
            let result = try await Lastpull.run(words + ["--config", lastpull.configuration])
            #expect(result.status == 64)
            let command = words.dropLast().joined(separator: " ")
            #expect(result.errors.hasPrefix("Error: "), "\(result.errors)")
            #expect(result.errors.contains("\nUsage: lastpull \(command) "), "\(result.errors)")
            let advice = "See 'lastpull \(command) --help' for more information.\n"
            #expect(result.errors.hasSuffix(advice), "\(result.errors)")
            #expect(result.output.isEmpty)
            await registry.stop()
        }

        // More than one page of them: the count must not depend on how they are read.
        @Test func aMaximumCountsAllThatStays() async throws {
            try await configure(images: 60) {
                $0.keep = "{ pushed: { within: 0s }, tags: [v1, v2] }"
            }
            let plan = try await lastpull.report("clean", "--max", "3", "--dry-run")
            #expect(plan.items.count == 3)
            #expect(plan.kept == 57)
            #expect(plan.keptReasons == ["tagPattern": 2, "overMaximum": 55])
            await registry.stop()
        }

        @Test func whatAPlanWouldReleaseIsNotReleased() async throws {
            try await configure(images: 2)
            let plan = try await lastpull.run("plan")
            #expect(plan.output.contains("2 to remove, would release "), "\(plan.output)")
            let clean = try await lastpull.run("clean")
            #expect(clean.output.contains("2 of 2 removed, released "), "\(clean.output)")
            let lines = try await lastpull.run("runs").output.split(separator: "\n")
            try #require(lines.count == 2)
            #expect(lines[0].contains("  released ") && !lines[0].contains("would"), "\(lines[0])")
            #expect(lines[1].contains("  would release "), "\(lines[1])")
            await registry.stop()
        }

        // A timer that says `clean` every hour must not pile up plans until somebody looks.
        @Test func aPlanThatWaitsIsStoredOnce() async throws {
            try await configure(images: 3) { $0.policy = "brake: { items: 1 }" }
            let first = try await lastpull.report("clean")
            let second = try await lastpull.report("clean")
            #expect(first.state == "waiting")
            #expect(second == first)
            #expect(try await lastpull.summaries().count == 1)
            // What would go is another matter now, and so is what was asked for.
            let other = try await lastpull.report("clean", "--repository", "team/*")
            #expect(other.run != first.run)
            await registry.add(repository, "v4", seed: 4)
            let third = try await lastpull.report("clean")
            #expect(third.run != first.run)
            #expect(third.items.count == 4)
            #expect(try await lastpull.summaries().count == 3)
            await registry.stop()
        }

        // `sudo lastpull clean` beside a daemon with a user of its own, which takes the same lock.
        @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
        func rootLeavesTheLockToTheOwnerOfTheLedger() async throws {
            try await configure(images: 1)
            #expect(try await lastpull.run("plan").status == 0)
            try #require(chown(lastpull.ledger, 4_321, 4_322) == 0)
            _ = try await lastpull.report("clean")
            var status = stat()
            try #require(stat("\(lastpull.ledger).local.lock", &status) == 0)
            #expect(status.st_uid == 4_321)
            #expect(status.st_gid == 4_322)
            await registry.stop()
        }

        /// Runs a line of bash; `lastpull` and `settings` stand for the command and its options.
        private func bash(_ line: String) async throws -> Command.Result {
            let bash = try #require(Command.find("bash"))
            return try await Command.run(
                bash,
                ["-c", line],
                environment: [
                    "lastpull": Lastpull.binary, "settings": "--config=\(lastpull.configuration)",
                ]
            )
        }

        // A script that keeps the output in a file must learn that it did not.
        @Test(arguments: ["runs", "plan --json", "--help", "--version"])
        func aFullStandardOutputIsAFailure(command: String) async throws {
            try await configure(images: 1)
            let options = command.hasPrefix("-") ? "" : " $settings"
            let result = try await bash("$lastpull \(command)\(options) >/dev/full")
            #expect(result.status == 1)
            #expect(result.errors.contains("standard output: No space left"), "\(result.errors)")
            await registry.stop()
        }

        // The ledger would be the next file to be opened, and be what is written to.
        @Test func aClosedStandardOutputIsAFailure() async throws {
            try await configure(images: 1)
            let result = try await bash("$lastpull plan $settings >&- <&-")
            #expect(result.status == 1)
            #expect(result.errors.contains("cannot write to standard output"), "\(result.errors)")
            #expect(try await lastpull.run("ledger", "verify").status == 0)
            await registry.stop()
        }

        // Nobody reads; what was asked for is done all the same.
        @Test func aReaderThatGoesAwayStopsNoRemoval() async throws {
            try await configure(images: 3)
            let result = try await bash(
                "$lastpull clean $settings | exec <&-; echo ${PIPESTATUS[0]}"
            )
            #expect(result.output == "1\n")
            #expect(result.errors.isEmpty, "\(result.errors)")
            #expect(await registry.tagNames(repository).isEmpty)
            await registry.stop()
        }
    }
}
