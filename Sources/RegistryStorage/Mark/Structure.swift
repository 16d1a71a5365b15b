import RegistryModel

/// Finds what stays in one repository: what tags point to, what kept indexes hold, and the
/// referrers of what stays; all of it where something is doubtful.
///
/// Pure: it works on what was read. One value is used for many repositories, one after the other.
struct Structure {
    struct Outcome {
        /// Numbers of all that stays, also of what an index holds without a link of its own.
        var kept: [UInt32] = []
        /// Numbers of what has to be read before more can be said.
        var pending: [UInt32] = []
        /// Places in the survey's list of revisions that go.
        var going: [Int] = []
        var held: [(revision: Int, hold: Mark.Hold)] = []
        /// Problems with manifests: number and text.
        var problems: [(manifest: UInt32, text: String)] = []
    }

    private enum Cause {
        /// It stays for itself.
        case root
        case tag
        case index
        case subject
    }

    let condemnsUntagged: Bool
    /// Manifests that go, by repository.
    let condemned: [UInt32: Set<UInt32>]

    private var reached: [UInt32: Cause] = [:]
    private var queue: [UInt32] = []
    private var outcome = Outcome()

    init(condemnsUntagged: Bool, condemned: [UInt32: Set<UInt32>]) {
        self.condemnsUntagged = condemnsUntagged
        self.condemned = condemned
    }

    /// Looks at a repository.
    ///
    /// Problems make it doubtful; it has to be looked at again then.
    mutating func examine(
        _ repository: UInt32,
        in survey: Survey,
        _ contents: Contents
    ) -> Outcome {
        outcome = Outcome()
        reached.removeAll(keepingCapacity: true)
        queue.removeAll(keepingCapacity: true)
        let revisions = survey.revisionRange(repository)
        let isDoubtful = survey.doubtful[Int(repository)]
        var linked: Set<UInt32> = []
        var referrers: [UInt32: [UInt32]] = [:]
        for revision in survey.revisions[revisions] {
            linked.insert(revision.manifest)
            if let subject = contents.subject(revision.manifest) {
                referrers[subject, default: []].append(revision.manifest)
            }
            if !isDoubtful { checkIsRead(revision.manifest, contents) }
        }
        takeRoots(repository, revisions, in: survey)
        follow(linked, referrers, contents, isDoubtful: isDoubtful)
        sortOut(repository, revisions, in: survey)
        return outcome
    }

    /// A manifest that can't be read may refer to anything; one whose data is gone is looked at
    /// only when something keeps it.
    private mutating func checkIsRead(_ manifest: UInt32, _ contents: Contents) {
        switch contents.state(manifest) {
        case .unreadable:
            outcome.problems.append((manifest, contents.texts[manifest] ?? "it can't be read"))
        case .known(.notAManifest):
            outcome.problems.append((manifest, "its data is no manifest of a known format"))
        case .known, .missing, .unknown: break
        }
        if contents.hasForeignManifests(manifest) {
            outcome.problems.append((manifest, "it refers to manifests by other than SHA-256"))
        }
    }

    private mutating func takeRoots(
        _ repository: UInt32,
        _ revisions: Range<Int>,
        in survey: Survey
    ) {
        let isDoubtful = survey.doubtful[Int(repository)]
        for tag in survey.tags[survey.tagRange(repository)] where !tag.isCondemned || isDoubtful {
            reach(tag.manifest, .tag)
        }
        for revision in survey.revisions[revisions] {
            if isDoubtful || !isCondemned(revision.manifest, in: repository) {
                reach(revision.manifest, .root)
            }
        }
    }

    private func isCondemned(_ manifest: UInt32, in repository: UInt32) -> Bool {
        condemnsUntagged || condemned[repository]?.contains(manifest) ?? false
    }

    private mutating func reach(_ manifest: UInt32, _ cause: Cause) {
        guard reached[manifest] == nil else { return }
        reached[manifest] = cause
        queue.append(manifest)
    }

    /// Goes on from the roots, which come first in the queue.
    private mutating func follow(
        _ linked: Set<UInt32>,
        _ referrers: [UInt32: [UInt32]],
        _ contents: Contents,
        isDoubtful: Bool
    ) {
        var next = 0
        while next < queue.count {
            let manifest = queue[next]
            next += 1
            let isTagged: Bool = if case .tag = reached[manifest] { true } else { false }
            let isManifest = isTagged || linked.contains(manifest)
            if !isDoubtful { checkKept(manifest, contents, isManifest: isManifest, linked) }
            if contents.state(manifest) == .unknown { outcome.pending.append(manifest) }
            for child in contents.children(manifest) { reach(child, .index) }
            for referrer in referrers[manifest] ?? [] { reach(referrer, .subject) }
        }
        outcome.kept = queue
    }

    private mutating func checkKept(
        _ manifest: UInt32,
        _ contents: Contents,
        isManifest: Bool,
        _ linked: Set<UInt32>
    ) {
        switch contents.state(manifest) {
        case .missing where isManifest: outcome.problems.append((manifest, "its data is gone"))
        case .unreadable where !linked.contains(manifest):
            // An index holds it, or a tag points to it, without a link of its own.
            outcome.problems.append((manifest, contents.texts[manifest] ?? "it can't be read"))
        case .known(.notAManifest) where isManifest && !linked.contains(manifest):
            outcome.problems.append((manifest, "its data is no manifest of a known format"))
        default: break
        }
        if contents.hasForeignManifests(manifest), !linked.contains(manifest) {
            outcome.problems.append((manifest, "it refers to manifests by other than SHA-256"))
        }
    }

    /// Tells what goes from what was to go and stays.
    private mutating func sortOut(
        _ repository: UInt32,
        _ revisions: Range<Int>,
        in survey: Survey
    ) {
        let isDoubtful = survey.doubtful[Int(repository)]
        let named = condemned[repository] ?? []
        let tagged = Set(
            survey.tags[survey.tagRange(repository)].lazy.filter { !$0.isCondemned }.map(\.manifest)
        )
        for index in revisions {
            let manifest = survey.revisions[index].manifest
            let isNamed = named.contains(manifest)
            let isTagged = tagged.contains(manifest)
            guard isNamed || condemnsUntagged && !isTagged else { continue }
            switch reached[manifest] {
            case nil: outcome.going.append(index)
            case _ where isDoubtful: outcome.held.append((index, .repositoryUnreadable))
            case .tag, .root: outcome.held.append((index, .taggedManifest))
            case .index: outcome.held.append((index, .inKeptIndex))
            case .subject: outcome.held.append((index, .referrerOfKept))
            }
        }
    }
}
