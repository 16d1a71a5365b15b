import CurlTransport
import RegistryClients
import RegistryModel
import TestSupport
import Testing

struct OCIRetryTests {
    let clock = ManualClock()

    @Test func threeServerErrorsAreOutlasted() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 3, .answer(500))
            try await OCIRegistryClient.make(registry.url, clock: clock).ping()
            #expect(await registry.requests.count == 4)
            #expect(clock.sleeps.map(\.milliseconds) == [250, 500, 1_000])
        }
    }

    @Test func serverThatKeepsFailingIsReported() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 100, .answer(503))
            let client = try OCIRegistryClient.make(registry.url, clock: clock)
            let error = try await expectError(.serverError) { try await client.ping() }
            #expect(error.status == 503)
            #expect(error.isRetryable)
            #expect(await registry.requests.count == 4)
        }
    }

    @Test func droppedConnectionIsTriedAgain() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 2, .drop)
            try await OCIRegistryClient.make(registry.url, clock: clock).ping()
        }
    }

    @Test func timeoutIsTriedFourTimesAndReported() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 100, .slow(.seconds(60)))
            let client = try OCIRegistryClient.make(
                registry.url,
                clock: clock,
                timeout: Span(milliseconds: 100)
            )
            try await expectError(.timeout) { try await client.ping() }
            // One that ends in so short a time may not even have reached a busy registry.
            #expect(clock.sleeps.count == 3)
            #expect(await registry.requests.count <= 4)
        }
    }

    // Nobody listens: the caller wants to know at once, and a probe takes it for downtime.
    @Test func refusedConnectionIsReportedAtOnce() async throws {
        let url = "http://127.0.0.1:\(try LoopbackPort.free())"
        let client = try OCIRegistryClient.make(url, clock: clock)
        try await expectError(.connectionRefused) { try await client.ping() }
        #expect(clock.sleeps.isEmpty)
    }

    @Test(arguments: ["7", "date"])
    func retryAfterIsWaitedFor(field: String) async throws {
        try await withRegistry { registry in
            // The manual clock stands at 2026-03-04T05:06:07Z.
            let value = field == "date" ? "Wed, 04 Mar 2026 05:06:14 GMT" : field
            await registry.fail(.answer(429, headers: ["Retry-After": value]))
            try await OCIRegistryClient.make(registry.url, clock: clock).ping()
            #expect(clock.sleeps == [.seconds(7)])
        }
    }

    @Test func tooManyRequestsAreNoFailedAttempts() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 20, .answer(429, headers: ["Retry-After": "20"]))
            try await OCIRegistryClient.make(registry.url, clock: clock).ping()
            #expect(clock.slept == .seconds(400))
        }
    }

    @Test func patienceEndsAfterTenMinutes() async throws {
        try await withRegistry { registry in
            await registry.fail(next: 1_000, .answer(429, headers: ["Retry-After": "20"]))
            let client = try OCIRegistryClient.make(registry.url, clock: clock)
            let error = try await expectError(.tooManyRequests) { try await client.ping() }
            #expect(error.isRetryable)
            #expect(clock.slept == .minutes(10))
        }
    }

    @Test func longerRetryAfterIsReportedWithoutWaiting() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(429, headers: ["Retry-After": "3600"]))
            let client = try OCIRegistryClient.make(registry.url, clock: clock)
            let error = try await expectError(.tooManyRequests) { try await client.ping() }
            #expect(error.retryAfter == .hours(1))
            #expect(clock.sleeps.isEmpty)
        }
    }

    // The registry asked to be left alone, not to be asked something else.
    @Test func otherRequestsOfTheTargetWaitToo() async throws {
        try await withRegistry { registry in
            await registry.fail(.answer(429, headers: ["Retry-After": "3600"]))
            let client = try OCIRegistryClient.make(registry.url, clock: clock)
            try await expectError(.tooManyRequests) { try await client.ping() }
            try await expectError(.tooManyRequests) { _ = try await client.tags(of: .team) }
            #expect(await registry.requests.count == 1)
            clock.advance(by: .minutes(55))
            _ = try await client.tags(of: .team)
            #expect(clock.sleeps == [.minutes(5)])
        }
    }

    @Test func cancellationIsNotAnAnswer() async throws {
        try await withRegistry { registry in
            await registry.fail(.slow(.seconds(60)))
            let client = try OCIRegistryClient.make(registry.url, clock: clock)
            let task = Task { try await client.tags(of: .team) }
            try await eventually("the request is there") { await !registry.requests.isEmpty }
            task.cancel()
            try await expectError(.cancelled) { _ = try await task.value }
        }
    }
}
