import RegistryModel
import TestSupport
import Testing

extension Hearing {
    /// Silence of the registry, which is not the silence of its users.
    @Suite(.serialized) struct SilenceTests {
        enum Fault: String, CaseIterable, CustomTestStringConvertible {
            case notificationsOff = "notifications off"
            case pullsIgnored = "pulls ignored"
            case manifestsIgnored = "all manifests ignored"
            case oneMediaTypeIgnored = "one of two media types ignored"

            var testDescription: String { rawValue }

            func apply(to options: inout RealRegistry.Options) {
                guard var endpoint = options.endpoints.first else { return }
                switch self {
                case .notificationsOff:
                    options.endpoints = []
                    return
                case .pullsIgnored:
                    // Version 2.8 heeds the actions only beside a media type.
                    endpoint.ignoredActions = ["pull"]
                    endpoint.ignoredMediaTypes = ["application/octet-stream"]
                case .manifestsIgnored:
                    endpoint.ignoredMediaTypes = [MediaType.ociManifest, MediaType.dockerManifest]
                case .oneMediaTypeIgnored:
                    endpoint.ignoredMediaTypes = [MediaType.dockerManifest]
                }
                options.endpoints = [endpoint]
            }
        }

        // Whatever keeps pulls from being reported: a probe that was answered does not come back, so
        // nothing goes for lack of use, and `check` says where to look.
        @Test(arguments: Fault.allCases)
        func pullsThatAreNotReportedAreFoundOut(_ fault: Fault) async throws {
            let scene = try await HearingScene.start(policies: HearingScene.removesUnpulled)
            try await scene.push("team/api:v1", seed: 30)
            try await scene.push("team/api:v2", seed: 31)
            try await scene.push("team/old:v1", seed: 32, format: .schema2)
            try await scene.read("team/api", "v1")
            try await scene.everythingIsHeard()
            // As long as it is heard, what nobody pulled goes.
            try await scene.expectPlan(["team/api:v2", "team/old:v1"])

            try await scene.registry.restart { fault.apply(to: &$0) }
            try await scene.expectHeldBack()

            try await eventually("check fails", within: .seconds(40), every: .milliseconds(300)) {
                try await scene.daemon.run("check").status == 1
            }
            let check = try await scene.daemon.run("check")
            #expect(check.status == 1)
            let finding = try #require(
                check.output.split(separator: "\n").first { $0.contains("not heard since") },
                "\(check.output)"
            )
            #expect(finding.contains("registry local") && finding.contains("notifications"))
            #expect(try await scene.daemon.plan().isHeldBack)
        }

        // The right to be silent is not needed for ever: what is heard for long enough again counts.
        @Test func aRegistryHeardAgainIsNoFindingAnyMore() async throws {
            let scene = try await HearingScene.start(policies: HearingScene.removesUnpulled)
            try await scene.push("team/api:v1", seed: 33)
            try await scene.everythingIsHeard()
            try await scene.registry.restart { $0.endpoints = [] }
            try await eventually("check fails", within: .seconds(40), every: .milliseconds(300)) {
                try await scene.daemon.run("check").status == 1
            }
            try await scene.registry.restart {
                $0.endpoints = [.init(url: scene.daemon.hook("local"))]
            }
            try await eventually("check passes", within: .seconds(40), every: .milliseconds(300)) {
                try await scene.daemon.run("check").status == 0
            }
            // The hour still holds the gap.
            #expect(try await scene.daemon.plan().isHeldBack)
        }
    }
}

extension HearingScene {
    /// Waits until exactly these images would go.
    func expectPlan(_ images: [String]) async throws {
        try await eventually("\(images) would go", within: .seconds(30)) {
            let plan = try await daemon.plan()
            guard plan.images == images else {
                throw HarnessError("the plan has \(plan.images); kept \(plan.keptReasons)")
            }
            return true
        }
    }

    /// Waits until nothing goes any more, because silence proves nothing.
    func expectHeldBack() async throws {
        try await eventually("nothing goes for lack of use", within: .seconds(30)) {
            let plan = try await daemon.plan()
            guard plan.isHeldBack else {
                throw HarnessError("the plan has \(plan.images); kept \(plan.keptReasons)")
            }
            return true
        }
    }
}
