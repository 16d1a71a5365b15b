/// Thrown by a condition that can't come true any more, to end the waiting at once.
package struct HopelessError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Waits until `condition` holds, and throws an error that names `what` when it does not in time.
///
/// A condition that throws does not hold yet; the last error is part of the message.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(15),
    every interval: Duration = .milliseconds(20),
    file: String = #fileID,
    line: Int = #line,
    condition: () async throws -> Bool
) async throws {
    _ = try await eventualValue(what, within: limit, every: interval, file: file, line: line) {
        try await condition() ? true : nil
    }
}

/// Waits until `find` returns a value, and returns that; otherwise as `eventually`.
package func eventualValue<Value>(
    _ what: String,
    within limit: Duration = .seconds(15),
    every interval: Duration = .milliseconds(20),
    file: String = #fileID,
    line: Int = #line,
    find: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var obstacle = ""
    while true {
        // On a busy machine a sleep may take longer than the limit: what came true meanwhile counts.
        let isLast = clock.now >= deadline
        do {
            if let value = try await find() { return value }
            obstacle = ""
        } catch let error as CancellationError {
            throw error
        } catch let error as HopelessError {
            throw HarnessError("\(file):\(line): \(what): \(error)")
        } catch {
            obstacle = "; last error: \(error)"
        }
        if isLast {
            throw HarnessError("\(file):\(line): not within \(limit): \(what)\(obstacle)")
        }
        try await Task.sleep(for: interval)
    }
}
