import CurlTransport
import Publishing
import RegistryModel
import Testing

struct WebhookOutcomeTests {
    private let time = Timestamp(milliseconds: 1_772_600_767_000)

    private func outcome(_ status: Int, _ headers: HTTPHeaders = [:]) -> WebhookOutcome {
        WebhookOutcome(.success(HTTPResponse(status: status, headers: headers)), at: time)
    }

    @Test(arguments: [200, 201, 202, 204, 299])
    func everySuccessIsADelivery(status: Int) { #expect(outcome(status) == .delivered) }

    // Any other event would meet the same: all of them wait, and their order stays.
    @Test(arguments: [
        301, 302, 307, 308, 401, 403, 404, 405, 408, 409, 415, 425, 429, 451, 500, 502, 503, 504,
        599,
    ])
    func whatAnyEventWouldMeetHoldsAllUp(status: Int) {
        guard case .unreached(let problem, nil) = outcome(status) else {
            Issue.record("\(status): \(outcome(status))")
            return
        }
        #expect(problem.hasPrefix("answered \(status)"))
    }

    @Test(arguments: [400, 413, 422])
    func whatIsAboutOneEventHoldsUpThatOne(status: Int) {
        guard case .refused(let problem) = outcome(status) else {
            Issue.record("\(status): \(outcome(status))")
            return
        }
        #expect(problem.hasPrefix("answered \(status)"))
    }

    @Test func goneIsTheEnd() {
        guard case .gone = outcome(410) else {
            Issue.record("\(outcome(410))")
            return
        }
    }

    @Test(arguments: [
        ("120", Span.minutes(2)), ("Wed, 04 Mar 2026 05:08:07 GMT", .minutes(2)),
        ("Wed, 04 Mar 2026 05:00:00 GMT", .zero), ("0", .zero),
        // Nobody switches us off for years by mistake.
        ("99999999999999", .hours(1)),
    ])
    func retryAfterIsHeeded(field: String, span: Span) {
        for status in [429, 503] {
            guard case .unreached(_, span) = outcome(status, ["Retry-After": field]) else {
                Issue.record("\(outcome(status, ["Retry-After": field]))")
                continue
            }
        }
    }

    @Test func nonsenseIsNotHeeded() {
        for field in ["soon", "-1", ""] {
            #expect(
                outcome(503, ["Retry-After": field]) == .unreached("answered 503", retryAfter: nil)
            )
        }
    }

    @Test func noAnswerIsTriedAgain() {
        for error in [TransportError.timeout, .connectionRefused, .unknownHost, .untrusted("x")] {
            #expect(
                WebhookOutcome(.failure(error), at: time)
                    == .unreached("\(error)", retryAfter: nil)
            )
        }
        #expect(WebhookOutcome(.failure(.cancelled), at: time) == .cancelled)
    }

    // MARK: Pauses

    @Test func pausesDoubleUpToTheirLongest() {
        let whole = (1...12).map {
            WebhookPause.span(after: $0, longest: .minutes(5), chance: 1, atLeast: nil)
        }
        #expect(whole == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map { .seconds($0) })
        let many = WebhookPause.span(after: .max, longest: .minutes(5), chance: 1, atLeast: nil)
        #expect(many == .minutes(5))
    }

    @Test func chanceTakesUpToAHalf() {
        let spans = [0, 0.5, 1].map {
            WebhookPause.span(after: 3, longest: .minutes(5), chance: $0, atLeast: nil)
        }
        #expect(spans == [.seconds(2), .seconds(3), .seconds(4)])
    }

    @Test func theReceiversOwnPauseIsNeverCutShort() {
        let long = WebhookPause.span(after: 1, longest: .minutes(5), chance: 0, atLeast: .hours(1))
        #expect(long == .hours(1))
        let short = WebhookPause.span(after: 9, longest: .minutes(5), chance: 0, atLeast: .zero)
        #expect(short == .seconds(128))
    }
}
