import AccessLedger
import RegistryStorage

/// The files of many removals in the order in which they go at once, each with the folder that it
/// leaves empty, shared out by the folders above.
///
/// A kill between two steps leaves a valid tree: first goes what only remembers manifests, then what
/// makes them manifests, then content, and last the links to it, by which the next start finds what is
/// left. Within a step threads share the folders: a file system removes one folder after the other from
/// the same one.
struct RemovalSteps {
    /// Paths below the same folder, each in a folder of its own.
    typealias Job = [StoragePath]

    private(set) var steps: [[Job]] = []

    /// The number of the step after which manifests are none any more.
    static let detaching = Step.manifest.rawValue

    /// Takes blobs, links and manifests, whose files have a folder each.
    init(_ removals: [Taking]) {
        var steps = Array(repeating: Jobs(), count: Step.allCases.count)
        for removal in removals {
            let isManifest = removal.kind == .manifest
            for path in removal.files {
                steps[(isManifest ? Step(path) : .content).rawValue].add(path)
            }
            for link in removal.links { steps[Step.link.rawValue].add(link.path) }
        }
        self.steps = steps.map(\.all)
    }

    private enum Step: Int, CaseIterable {
        case memory
        case manifest
        case content
        case link

        init(_ path: StoragePath) {
            switch path.place {
            case .tagIndex: self = .memory
            case .revision: self = .manifest
            default: self = .content
            }
        }
    }

    /// Paths by the folder above theirs.
    private struct Jobs {
        private var places: [Substring: Int] = [:]
        private var folders: [[Job]] = []

        mutating func add(_ path: StoragePath) {
            let folder = path.description.dropParts(2)
            guard let place = places[folder] else {
                places[folder] = folders.count
                folders.append([[path]])
                return
            }
            let last = folders[place].count - 1
            if folders[place][last].count < Self.longest {
                folders[place][last].append(path)
            } else {
                folders[place].append([path])
            }
        }

        /// The first of each folder, then the second: neighbours are in different folders.
        var all: [Job] {
            let most = folders.map(\.count).max() ?? 0
            return (0..<most).flatMap { number in
                folders.lazy.filter { number < $0.count }.map { $0[number] }
            }
        }

        /// At the end of a step all threads wait for the last job.
        private static let longest = 4
    }
}

extension String {
    /// Without its last parts, as a path.
    fileprivate func dropParts(_ count: Int) -> Substring {
        var rest = utf8[...]
        for _ in 0..<count {
            guard let slash = rest.lastIndex(of: UInt8(ascii: "/")) else { return "" }
            rest = rest[..<slash]
        }
        return Substring(rest)
    }
}
