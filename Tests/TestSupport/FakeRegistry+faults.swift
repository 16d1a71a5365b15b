extension FakeRegistry {
    /// What goes wrong with a request.
    package enum Fault: Sendable {
        /// Answered thus, without being looked at: 500, 429 with `Retry-After`, a redirect, …
        case answer(Int, headers: [String: String] = [:], body: String = "")
        /// Carried out, and answered thus all the same.
        case answerAfterAll(Int)
        /// Carried out at once, and answered late.
        case slow(Duration)
        /// Carried out, and the connection closed instead of an answer.
        case drop
        /// Carried out, and the connection closed after half of the body.
        case truncate
        /// Carried out, and one byte of the body changed.
        case corrupt
        /// Refused with 401, whatever the credentials.
        case challenge
    }

    struct PlannedFault: Sendable {
        var fault: Fault
        var count: Int
        var matches: @Sendable (_ method: String, _ path: String) -> Bool
    }

    /// Plans a fault for the next `count` requests that match; of several, the first planned.
    package func fail(
        next count: Int = 1,
        _ fault: Fault,
        where matches: @escaping @Sendable (_ method: String, _ path: String) -> Bool = { _, _ in
            true
        }
    ) {
        faults.append(PlannedFault(fault: fault, count: count, matches: matches))
    }

    /// Forgets the faults that are still planned.
    package func heal() { faults = [] }

    func nextFault(_ method: String, _ path: String) -> Fault? {
        guard let index = faults.firstIndex(where: { $0.matches(method, path) }) else {
            return nil
        }
        let fault = faults[index].fault
        faults[index].count -= 1
        if faults[index].count <= 0 { faults.remove(at: index) }
        return fault
    }
}
