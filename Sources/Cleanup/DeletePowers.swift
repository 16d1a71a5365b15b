import AccessLedger
package import RegistryClients
package import RegistryModel

/// Finds out what may be deleted in each of some repositories.
///
/// A registry may refuse some only: a project that is another registry's cache, a token for a few
/// repositories, an archive. Each is asked once. Where as many in a row refuse for the same reason
/// that more would only be a burden, the rest is taken as they are.
package struct DeletePowers: Sendable {
    let target: CleanupTarget
    let interruption: Interruption

    package init(target: CleanupTarget, interruption: Interruption = Interruption()) {
        self.target = target
        self.interruption = interruption
    }

    package enum Answer: Sendable, Equatable {
        case power(DeletePower)
        /// It could not be found out.
        case failed(String)

        /// Whether anything may be deleted.
        package var permits: Bool {
            if case .power(let power) = self { return power.permits }
            return false
        }
    }

    /// Asks in `repositories`, in their order; what an interruption came before has no answer.
    package func answers(
        in repositories: [RepositoryName]
    ) async throws -> [RepositoryName: Answer] {
        var record = RefusalRecord()
        var answers: [RepositoryName: Answer] = [:]
        var rest = repositories[...]
        // The first alone: it often tells all that is to be told of a registry that is down.
        var width = 1
        while !rest.isEmpty, !interruption.isRaised {
            var asked: [RepositoryName] = []
            while asked.count < width, let name = rest.popFirst() {
                if let taken = record.takenFor(name) {
                    answers[name] = taken
                } else {
                    asked.append(name)
                }
            }
            let found = try await inParallel(asked, width: width) { await answer(in: $0) }
            for (name, (answer, isOfAll)) in zip(asked, found) {
                answers[name] = answer
                record.note(answer, in: name, isOfAll: isOfAll)
            }
            if !record.isPingAnswered, !asked.isEmpty, let first = found.first?.answer,
                !first.permits
            {
                record.isPingAnswered = true
                if !(await doesAnswer()) { record.all = record.all ?? first }
            }
            width = InventoryKeeper.width
        }
        return answers
    }

    private func answer(
        in repository: RepositoryName
    ) async -> (answer: Answer, isOfAll: Bool) {
        do {
            return (.power(try await target.client.deletePower(in: repository)), false)
        } catch {
            return (.failed("\(error)"), error.isOfWholeRegistry)
        }
    }

    private func doesAnswer() async -> Bool {
        do { try await target.client.ping() } catch { return false }
        return true
    }

    // MARK: What is said

    /// What is said where deletes are switched off in `repositories`; `isEverywhere` where no other
    /// permits them.
    package static func switchedOff(
        in repositories: [RepositoryName],
        of target: CleanupTarget,
        isEverywhere: Bool
    ) -> String {
        let more = repositories.count - mostNames
        let names =
            repositories.prefix(mostNames).map(\.description).joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
        let name = target.row.name
        guard !isEverywhere else {
            let subject = "\(name) (\(names))"
            return
                "\(RegistryError(operation: "delete from", subject: subject, kind: .deletesDisabled))"
        }
        return "delete from \(names): \(name) refuses all deletes there (status 405), but not "
            + "everywhere; a proxy's cache, an archive or a read-only project does"
    }

    private static let mostNames = 5
}

extension DeletePowers.Answer {
    /// The answer for repositories that were not asked.
    fileprivate var taken: Self {
        let words = "; taken as the same here without asking"
        switch self {
        case .power(.forbidden(let reason)): return .power(.forbidden(reason + words))
        case .power: return self
        case .failed(let reason): return .failed(reason + words)
        }
    }
}

/// The refusals so far, and what follows from them for repositories that are not asked yet.
struct RefusalRecord {
    /// What holds for all that is not asked yet.
    var all: DeletePowers.Answer?
    /// Whether it was looked at once if the registry answers us at all.
    var isPingAnswered = false
    private var row = Row()
    private var rows: [Substring: Row] = [:]

    private struct Row {
        var kind = ""
        var count = 0
        var isPermitted = false
        var last: DeletePowers.Answer?

        mutating func note(_ answer: DeletePowers.Answer, _ newKind: String) {
            count = newKind == kind ? count + 1 : 1
            (kind, last) = (newKind, answer)
        }
    }

    /// The answer for a repository that need not be asked.
    func takenFor(_ name: RepositoryName) -> DeletePowers.Answer? {
        if let all { return all.taken }
        guard let place = Self.place(of: name), let row = rows[place], !row.isPermitted,
            row.count >= Self.mostInOnePlace
        else { return nil }
        return row.last?.taken
    }

    mutating func note(
        _ answer: DeletePowers.Answer,
        in name: RepositoryName,
        isOfAll: Bool
    ) {
        let place = Self.place(of: name)
        guard !answer.permits else {
            row.isPermitted = true
            if let place { rows[place, default: Row()].isPermitted = true }
            return
        }
        if isOfAll { all = all ?? answer }
        // The same but for the name of the repository is the same.
        let kind = "\(answer)".replacing("\(name)", with: "")
        row.note(answer, kind)
        if let place { rows[place, default: Row()].note(answer, kind) }
        if !row.isPermitted, row.count >= Self.mostInAll { all = all ?? answer }
    }

    /// What has rights of its own: a project, a group, a namespace; nil where a name has none.
    private static func place(of name: RepositoryName) -> Substring? {
        let text = name.description
        return text.firstIndex(of: "/").map { text[..<$0] }
    }

    /// So many in a row in one project mean that it refuses them all.
    static let mostInOnePlace = 5
    /// So many in a row, and none that permitted anything, mean that the registry refuses them all.
    static let mostInAll = 20
}
