import AccessLedger
import RegistryStorage

/// The files of many removals in the order in which they go at once, shared out by folders.
///
/// A kill between two steps leaves a valid tree: first goes what only remembers manifests, then what
/// makes them manifests, then content and layer links, which other links may still name, and last the
/// folders that this leaves empty. Within a step threads share the folders: to find a folder takes
/// longer than to remove a file, and two that work in one folder wait for each other.
struct RemovalSteps {
    /// Paths below the same folder, each in a folder of its own.
    typealias Job = [StoragePath]

    private(set) var files: [[Job]] = []
    /// The folders of all these files.
    private(set) var folders: [Job] = []

    /// Takes blobs, links and manifests, whose files have a folder each.
    init(_ removals: [Taking]) {
        var steps = Array(repeating: Jobs(), count: Step.allCases.count)
        for removal in removals {
            let isManifest = removal.kind == .manifest
            for path in removal.files {
                steps[(isManifest ? Step(path) : .content).rawValue].add(path)
            }
            for link in removal.links { steps[Step.content.rawValue].add(link.path) }
        }
        files = steps.map(\.all)
        folders = steps.flatMap(\.all)
    }

    private enum Step: Int, CaseIterable {
        case memory
        case manifest
        case content

        init(_ path: StoragePath) {
            switch path.place {
            case .tagIndex: self = .memory
            case .revision: self = .manifest
            default: self = .content
            }
        }
    }

    /// Paths by the folder that theirs is in.
    private struct Jobs {
        private var places: [Substring: Int] = [:]
        private(set) var all: [Job] = []

        mutating func add(_ path: StoragePath) {
            let folder = path.description.dropParts(2)
            if let place = places[folder], all[place].count < Self.longest {
                all[place].append(path)
            } else {
                places[folder] = all.count
                all.append([path])
            }
        }

        /// A large folder is shared between threads.
        private static let longest = 256
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
