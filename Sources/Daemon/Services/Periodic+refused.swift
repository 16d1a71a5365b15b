import AccessLedger
import Listening
import RegistryModel

extension Periodic {
    /// Writes down what was refused, at most every few seconds, however much that is.
    static func countOfRefusals(
        _ deployment: Deployment,
        _ refused: RefusedDeliveries
    ) -> Periodic {
        Periodic(name: "count of refused deliveries", logger: deployment.logger) {
            try await write(refused, deployment)
            return .seconds(2)
        }
    }

    static func write(_ refused: RefusedDeliveries, _ deployment: Deployment) async throws {
        let news = refused.take()
        do {
            try await deployment.ledger.add(news)
        } catch {
            refused.giveBack(news)
            throw error
        }
    }
}
