import CurlTransport
import RegistryModel

/// Sends requests at the registry's pace, and again where that may help.
///
/// 429 waits as long as the registry says, and in total as long as `patience`; 5xx, time-outs and
/// broken connections are tried four times with growing pauses. Everything else is the caller's.
struct Exchange: Sendable {
    let transport: any HTTPTransport
    let pace: Pace
    /// From 0 up to, not including, 1.
    let random: @Sendable () -> Double
    /// How long one request waits in all for a registry that is asked too much.
    var patience = Exchange.standardPatience

    /// - Returns: an answer that is neither 429 nor a server's error.
    func send(
        _ request: HTTPRequest,
        for call: RegistryCall
    ) async throws(RegistryError) -> HTTPResponse {
        var attempt = 1
        var refusals = 0
        var patience = self.patience
        while true {
            try await waitForTurn(&patience, call)
            let sent = pace.time
            switch await outcome(of: request, call) {
            case .success(let response):
                await pace.accepted(RateLimit(response.headers))
                return response
            case .failure(let error) where error.kind == .tooManyRequests:
                // A moment that is past by our clock is no leave to ask without end.
                let told = error.retryAfter ?? .zero
                let wait = told >= .seconds(1) ? told : max(told, Self.pause(refusals, random))
                refusals += 1
                await pace.refused(sent: sent)
                await pace.hold(for: wait)
            case .failure(let error):
                guard error.isRetryable, error.kind != .connectionRefused,
                    attempt < Self.attempts
                else { throw error }
                if let wait = error.retryAfter { await pace.hold(for: wait) }
                try await sleep(Self.pause(attempt - 1, random), call)
                attempt += 1
            }
        }
    }

    private func outcome(
        of request: HTTPRequest,
        _ call: RegistryCall
    ) async -> Result<HTTPResponse, RegistryError> {
        do throws(TransportError) {
            let response = try await transport.send(request)
            let status = response.status
            let retryAfter = RetryAfter.span(response.headers, now: pace.time)
            if status == 429 {
                return .failure(
                    call.error(.tooManyRequests, status: status, retryAfter: retryAfter)
                )
            }
            guard status >= 500 else { return .success(response) }
            return .failure(call.error(.serverError, status: status, retryAfter: retryAfter))
        } catch {
            return .failure(call.error(for: error))
        }
    }

    private func waitForTurn(
        _ patience: inout Span,
        _ call: RegistryCall
    ) async throws(RegistryError) {
        let waited: Span?
        do { waited = try await pace.waitForTurn(atMost: patience) } catch {
            throw call.error(.cancelled)
        }
        guard let waited else {
            throw call.error(.tooManyRequests, status: 429, retryAfter: await pace.remaining)
        }
        patience = Span(milliseconds: patience.milliseconds - waited.milliseconds)
    }

    private func sleep(_ span: Span, _ call: RegistryCall) async throws(RegistryError) {
        do { try await pace.pause(span) } catch { throw call.error(.cancelled) }
    }

    /// Doubles each time; up to twice as long by chance, so that many do not come back at once.
    private static func pause(_ earlier: Int, _ random: () -> Double) -> Span {
        let base = shortestPause.milliseconds << min(earlier, 8)
        return Span(milliseconds: base + Int64(Double(base) * random()))
    }

    /// Three more tries outlast a restart of most registries, and stay under a few seconds.
    private static let attempts = 4
    private static let shortestPause = Span(milliseconds: 250)
    static let standardPatience = Span.minutes(10)
    /// For registries that count requests by the minute or hour: whatever they ask for.
    static let endlessPatience = Span.days(7)
}
