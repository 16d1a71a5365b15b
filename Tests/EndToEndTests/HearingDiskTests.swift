import Foundation
import TestSupport
import Testing

extension Hearing {
    /// A ledger that can't be written to.
    @Suite(.serialized) struct DiskTests {
        // The registry keeps what is answered with 503 and sends it again; what was acknowledged
        // before is on the disk.
        @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root"))
        func aFullDiskRefusesAndLosesNothing() async throws {
            let daemon = try LastpullDaemon()
            let disk = try SmallDisk(at: Self.folder(of: daemon))
            defer { disk.unmount() }
            try await daemon.start(settings: Self.settings())
            var acknowledged = 0
            for _ in 0..<20 { acknowledged += try await Self.deliver(to: daemon) ? 1 : 0 }
            #expect(acknowledged == 20)

            try disk.fill()
            var refusals = 0
            // Some fit into what the ledger's files have room for already.
            for _ in 0..<3_000 where refusals < 20 {
                if try await Self.deliver(to: daemon) { acknowledged += 1 } else { refusals += 1 }
            }
            #expect(refusals == 20)

            disk.free()
            try await eventually("it goes on", within: .seconds(20)) {
                try await Self.deliver(to: daemon)
            }
            acknowledged += 1
            #expect(try await daemon.explain("team/hand:v1").accesses == acknowledged)
            let verification = try await daemon.run("ledger", "verify")
            #expect(verification.status == 0, "\(verification.output)")
            #expect(try await daemon.terminate() == 0)
        }

        // A second full disk has to be survived like the first.
        @Test func theReserveIsMadeAgain() async throws {
            let daemon = try LastpullDaemon()
            try await daemon.start(settings: Self.settings())
            let reserve = "\(daemon.ledger).reserve"
            let manager = FileManager.default
            try #require(manager.fileExists(atPath: reserve), "1 GB has to be free")
            try manager.removeItem(atPath: reserve)
            try await eventually("it is there again", within: .seconds(40)) {
                try manager.attributesOfItem(atPath: reserve)[.size] as? Int64 == 64_000_000
            }
            #expect(try await daemon.terminate() == 0)
        }

        // A message that names the file, and no daemon that takes events which it can't keep.
        @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs root"))
        func aReadOnlyDiskStopsTheStart() async throws {
            let daemon = try LastpullDaemon()
            let disk = try SmallDisk(at: Self.folder(of: daemon))
            defer { disk.unmount() }
            try await daemon.start(settings: Self.settings())
            #expect(try await Self.deliver(to: daemon))
            try await daemon.terminate()
            try disk.makeReadOnly()
            let result = try await daemon.run("serve")
            #expect(result.status == 1)
            #expect(result.errors.contains(daemon.ledger), "\(result.errors)")
        }

        private static func folder(of daemon: LastpullDaemon) -> String {
            URL(fileURLWithPath: daemon.ledger).deletingLastPathComponent().path
        }

        private static func settings() throws -> String {
            "registries: [{ name: local, url: \"http://127.0.0.1:\(try LoopbackPort.free())\" }]"
        }

        /// Whether an event of its own is acknowledged; else it must be refused in the right way.
        private static func deliver(to daemon: LastpullDaemon) async throws -> Bool {
            let body = HearingEnvelope.envelope([HearingEnvelope.event()])
            let answer = try await LoopbackHTTP.post(daemon.hook("local"), body)
            if answer.status == 202 { return true }
            #expect(answer.status == 503)
            let seconds = try #require(answer["Retry-After"].flatMap { Int($0) })
            #expect(seconds > 0)
            return false
        }
    }

    /// A settings file that is not to be obeyed.
    @Suite struct RefusedSettingsTests {
        // Who has to start five times to find five mistakes gives up before.
        @Test func fiveMistakesAreFiveLines() async throws {
            let daemon = try LastpullDaemon()
            try daemon.configure(
                """
                history: 30
                registries:
                  - { name: local, url: "ftp://127.0.0.1:5000", prbe: 5m }
                policies:
                  - name: unused
                    registry: nowhere
                    keep: { accessed: { atLeast: many, within: 7d } }
                """
            )
            let result = try await daemon.run("serve", within: .seconds(20))
            #expect(result.status == 1)
            let lines = result.errors.split(separator: "\n")
            #expect(lines.count == 5, "\(result.errors)")
            for (line, number) in zip(lines, [3, 5, 5, 8, 9]) {
                #expect(line.hasPrefix("\(daemon.configuration):\(number):"), "\(line)")
            }
            #expect(!FileManager.default.fileExists(atPath: daemon.ledger))
        }
    }
}
