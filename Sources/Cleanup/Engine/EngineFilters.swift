package import RegistryModel

/// What an engine's prune is narrowed to, in Docker's own words.
package struct EngineFilters: Sendable, Equatable {
    /// The point in time before which something must have been created.
    package enum Until: Sendable, Equatable {
        case ago(Span)
        case moment(Timestamp)

        func moment(now: Timestamp) -> Timestamp {
            switch self {
            case .ago(let span): now - span
            case .moment(let moment): moment
            }
        }
    }

    /// A label, with any value or with this one.
    package struct Label: Sendable, Equatable {
        package var key: String
        package var value: String?

        init(_ text: String) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            key = String(parts[0])
            value = parts.count > 1 ? String(parts[1]) : nil
        }

        func matches(_ labels: [String: String]) -> Bool {
            guard let own = labels[key] else { return false }
            return value == nil || value == own
        }
    }

    /// Whether only images without a tag go; else all that no container is made of.
    package private(set) var dangling = true
    package private(set) var until: Until?
    /// All of them must be there.
    package private(set) var labels: [Label] = []
    /// Any of them protects.
    package private(set) var exceptions: [Label] = []
    /// Whether volumes that somebody gave a name go, too.
    package private(set) var namedVolumes = false
    private var given: Set<String> = []

    package init() {}

    /// Whether what goes depends on how late it is now.
    package var goesByAge: Bool {
        if case .ago = until { return true }
        return false
    }

    /// The names of filters that there are.
    package static let names = ["dangling", "until", "label", "label!", "all"]

    /// Takes one filter more, or says what is wrong with it.
    ///
    /// A date or time without a zone is one on `clocks`.
    package mutating func add(
        _ name: String,
        _ value: String,
        on clocks: LocalClock
    ) throws(EngineFilterError) {
        switch name {
        case "dangling":
            dangling = try Self.flag(name, value)
        case "all":
            namedVolumes = try Self.flag(name, value)
        case "until":
            guard until == nil else {
                throw EngineFilterError(filter: name, reason: "is there twice; keep one")
            }
            guard let moment = Until(value, on: clocks) else {
                throw EngineFilterError(filter: name, reason: Self.notATime)
            }
            until = moment
        case "label", "label!":
            guard let first = value.first, first != "=" else {
                throw EngineFilterError(filter: name, reason: "is empty; write KEY or KEY=VALUE")
            }
            if name == "label" {
                labels.append(Label(value))
            } else {
                exceptions.append(Label(value))
            }
        default:
            throw EngineFilterError(
                filter: name,
                reason:
                    "is not a filter of a prune; there are \(Self.names.joined(separator: ", "))"
            )
        }
        given.insert(name)
    }

    /// A filter that says something `part` knows nothing about, so that it would go unnarrowed.
    package func foreign(to part: EnginePart) -> String? {
        guard part == .buildCache else { return nil }
        return given.intersection(["label", "label!"]).min()
    }

    /// A filter of something that is not among `parts`.
    package func idle(among parts: [EnginePart]) -> (filter: String, part: EnginePart)? {
        if given.contains("dangling"), !parts.contains(.images) { return ("dangling", .images) }
        if given.contains("all"), !parts.contains(.volumes) { return ("all", .volumes) }
        return nil
    }

    /// Whether something created at `created` with `labels` may go; an unknown time is no old one.
    func permit(_ labels: [String: String], created: Timestamp?, now: Timestamp) -> Bool {
        guard self.labels.allSatisfy({ $0.matches(labels) }),
            !exceptions.contains(where: { $0.matches(labels) })
        else { return false }
        guard let until else { return true }
        return created.map { $0 < until.moment(now: now) } ?? false
    }

    private static let notATime =
        "is not a time; write one such as 24h, 2026-01-31 or 2026-01-31T08:00:00Z"

    private static func flag(_ name: String, _ value: String) throws(EngineFilterError) -> Bool {
        switch value.lowercased() {
        case "true", "1", "t": return true
        case "false", "0", "f": return false
        default:
            throw EngineFilterError(filter: name, reason: "is not true or false")
        }
    }
}

/// Why a filter is refused.
package struct EngineFilterError: Error, Sendable, Equatable, CustomStringConvertible {
    package var filter: String
    package var reason: String

    package init(filter: String, reason: String) {
        self.filter = filter
        self.reason = reason
    }

    package var description: String { "filter \(filter) \(reason)" }
}
