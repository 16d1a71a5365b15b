import AccessLedger
import Cleanup
import RegistryModel

extension Periodic {
    /// Notes what is lost while a registry process runs on a storage and is never heard.
    static func countOfProcesses(_ deployment: Deployment, into intake: Intake) -> Periodic {
        let planMaker = deployment.cleaner.planMaker
        let (targets, now) = (deployment.targets, deployment.now)
        return Periodic(name: "count of registry processes", logger: deployment.logger) {
            for target in targets {
                guard let unheard = try await planMaker.unheardProcesses(target, now()),
                    now() - unheard.complete >= untilHeard
                else { continue }
                var body = DecodedBody()
                body.loss = "a registry process on its storage is not heard"
                _ = try await intake.record(body, from: .events, of: target.row.name)
            }
            return .seconds(15)
        }
    }

    /// By then a replica that was started anew has had a probe among its requests.
    private static let untilHeard = Span.minutes(10)
}
