import RegistryModel
import Testing

@testable import RegistryStorage

/// Who goes when: each rule of the grace (design, section 5.8, point 2), with times as arguments.
struct SweepGraceTests {
    private static let now = Timestamp(milliseconds: 1_780_000_000_000)
    private let app: RepositoryName
    private let other: RepositoryName
    private let blob = Digest(hashing: Array("blob".utf8))
    private let manifest = Digest(hashing: Array("manifest".utf8))

    init() throws {
        app = try #require(RepositoryName("app"))
        other = try #require(RepositoryName("other"))
    }

    /// How long ago something happened; nil for never.
    struct BlobCase: CustomStringConvertible {
        var data = Span.days(9)
        var link = Span.days(9)
        var linkElsewhere: Span?
        var event: Span?
        /// The last link or upload in the repository, and in the other one.
        var pushed: Span?
        var pushedElsewhere: Span?
        var isNow = false
        var kept: KeepReason?

        var description: String {
            "data \(data), link \(link), elsewhere \(linkElsewhere.map { "\($0)" } ?? "none"), "
                + "event \(event.map { "\($0)" } ?? "none"), "
                + "pushed \(pushed.map { "\($0)" } ?? "never"), "
                + "elsewhere \(pushedElsewhere.map { "\($0)" } ?? "never"), now \(isNow): "
                + "\(kept?.rawValue ?? "goes")"
        }
    }

    static let justYoung = Span.minutes(60) + Span(milliseconds: -1)

    static let blobCases: [BlobCase] = [
        BlobCase(),
        // The newest of the data, any link and the last event counts.
        BlobCase(data: justYoung, kept: .youngerThanGrace),
        BlobCase(link: justYoung, pushed: justYoung, kept: .youngerThanGrace),
        BlobCase(linkElsewhere: justYoung, pushedElsewhere: justYoung, kept: .youngerThanGrace),
        BlobCase(event: justYoung, kept: .youngerThanGrace),
        // The grace is over on the dot.
        BlobCase(data: .hours(1), link: .hours(1), event: .hours(1), pushed: .hours(1)),
        // A clock that is ahead makes nothing old.
        BlobCase(data: .minutes(-5), kept: .youngerThanGrace),
        // A slow push keeps what its repository links, for a day.
        BlobCase(link: .hours(23), pushed: .minutes(1), kept: .slowPush),
        BlobCase(link: .hours(24), pushed: .minutes(1)),
        BlobCase(data: .hours(23), link: .hours(30), pushed: .minutes(1), kept: .slowPush),
        BlobCase(linkElsewhere: .hours(2), pushedElsewhere: .minutes(1), kept: .slowPush),
        BlobCase(linkElsewhere: .days(2), pushedElsewhere: .minutes(1)),
        BlobCase(event: .hours(2), pushed: .minutes(1), kept: .slowPush),
        // A push to where nothing links it is of no matter.
        BlobCase(data: .hours(2), pushedElsewhere: .minutes(1)),
        // The push came to its end.
        BlobCase(link: .hours(2), pushed: .hours(1)),
        // At once means at once.
        BlobCase(data: .zero, link: .zero, event: .zero, pushed: .zero, isNow: true),
    ]

    @Test(arguments: blobCases)
    func decidesOnABlob(_ given: BlobCase) {
        var mark = Mark(beganAt: Self.now)
        var found = UnreferencedBlob(digest: blob, bytes: 10, modified: Self.now - given.data)
        found.links.append(link(app, given.link))
        if let age = given.linkElsewhere { found.links.append(link(other, age)) }
        mark.unreferenced = [found]
        mark.repositories = [state(app, given.pushed), state(other, given.pushedElsewhere)]
        let event = given.event.map { Self.now - $0 }
        let rules = SweepRules(
            isNow: given.isNow,
            lastNamed: { [blob] in $0 == blob ? event : nil }
        )
        let plan = SweepPlan(mark, rules: rules, now: Self.now)
        #expect(plan.removals.isEmpty == (given.kept != nil))
        #expect(plan.kept == (given.kept.map { [$0: 1] } ?? [:]))
    }

    /// Ages of a manifest's link, its link elsewhere, its data, the last event.
    static let manifestCases: [(ages: [Span?], isNow: Bool, goes: Bool)] = [
        ([.days(2), nil, .days(2), nil], false, true),
        ([.hours(1), .hours(1), .hours(1), .hours(1)], false, true),
        ([justYoung, nil, .days(2), nil], false, false),
        // Pushed elsewhere, which leaves the link here old.
        ([.days(2), justYoung, .days(2), nil], false, false),
        ([.days(2), nil, justYoung, nil], false, false),
        ([.days(2), nil, .days(2), justYoung], false, false),
        ([.zero, .zero, .zero, .zero], true, true),
    ]

    @Test(arguments: manifestCases)
    func decidesOnAManifest(_ given: (ages: [Span?], isNow: Bool, goes: Bool)) {
        let times = given.ages.map { age in age.map { Self.now - $0 } }
        var mark = Mark(beganAt: Self.now)
        for (repository, moment) in [(app, times[0]), (other, times[1])] {
            guard let moment else { continue }
            let key = RevisionKey(repository: repository, digest: manifest)
            var revision = UntaggedRevision(key: key, linkBytes: 71, modified: moment)
            revision.references = PackedReferences.none
            mark.untagged.append(revision)
        }
        if let moment = times[2] {
            var data = UnreferencedBlob(digest: manifest, bytes: 400, modified: moment)
            data.isManifestData = true
            mark.unreferenced = [data]
        }
        let rules = SweepRules(
            isNow: given.isNow,
            lastNamed: { [manifest] in $0 == manifest ? times[3] : nil }
        )
        let plan = SweepPlan(mark, rules: rules, now: Self.now)
        let links = given.ages[1] == nil ? 1 : 2
        #expect(plan.removals.count == (given.goes ? links : 0))
        #expect(plan.bytes == (given.goes ? Int64(71 * links + 400) : 0))
    }

    @Test(arguments: [
        (Span.hours(24), false, true), (.hours(24), true, true), (.minutes(1439), false, false),
        // A day also with --now: nothing says that the client has gone.
        (.minutes(1439), true, false), (.zero, true, false),
    ])
    func decidesOnAnUpload(_ age: Span, _ isNow: Bool, _ goes: Bool) throws {
        var mark = Mark(beganAt: Self.now)
        mark.uploads = [
            PendingUpload(
                repository: app,
                name: try #require(UploadName("one")),
                bytes: 1_000,
                lastWrite: Self.now - age,
                files: []
            )
        ]
        let plan = SweepPlan(mark, rules: SweepRules(isNow: isNow), now: Self.now)
        #expect(plan.removals.map(\.kind) == (goes ? [.upload] : []))
        #expect(plan.kept == (goes ? [:] : [.uploadActive: 1]))
    }

    @Test(arguments: [
        (Span.hours(1), Span?.none, true), (justYoung, nil, false), (.days(1), Span.zero, false),
    ])
    func decidesOnALinkToNothing(_ age: Span, _ event: Span?, _ goes: Bool) {
        var mark = Mark(beganAt: Self.now)
        mark.danglingLinks = [link(app, age)]
        let rules = SweepRules(lastNamed: { _ in event.map { Self.now - $0 } })
        let plan = SweepPlan(mark, rules: rules, now: Self.now)
        #expect(plan.removals.map(\.kind) == (goes ? [.link] : []))
        #expect(plan.kept == (goes ? [:] : [.youngerThanGrace: 1]))
    }

    @Test(arguments: [(Span.hours(1), true), (justYoung, false)])
    func decidesOnAnEmptyFolder(_ age: Span, _ goes: Bool) {
        var mark = Mark(beganAt: Self.now)
        mark.emptyFolders = [
            EmptyFolder(path: .blobFolder(blob), repository: nil, modified: Self.now - age)
        ]
        let plan = SweepPlan(mark, rules: SweepRules(), now: Self.now)
        #expect(plan.removals.map(\.kind) == (goes ? [.folder] : []))
    }

    private func link(_ repository: RepositoryName, _ age: Span) -> LayerLink {
        LayerLink(repository: repository, digest: blob, bytes: 71, modified: Self.now - age)
    }

    private func state(_ name: RepositoryName, _ pushed: Span?) -> Mark.RepositoryState {
        Mark.RepositoryState(name: name, newest: pushed.map { Self.now - $0 }, isDoubtful: false)
    }
}
