import Foundation
package import RegistryModel
import Yams

/// A distribution registry that runs on this machine.
package struct RegistryProcess: Sendable, Equatable {
    /// What its descriptor cache is.
    package enum Cache: Sendable, Equatable {
        case none
        /// It forgets with its process.
        case inMemory
        /// It outlives the process.
        case other(String)
        case unknown
    }

    package var pid: Int32
    /// By the clock as it is set now.
    package var startedAt: Timestamp?
    /// By the machine's own time, which nobody sets.
    package var start: MachineMoment?
    package var cache: Cache
    /// Whether it is a pull-through cache, which refuses every delete over its API.
    package var isPullThrough: Bool
}

/// Which registries run on a storage, as far as this machine shows.
package enum RegistryPresence: Sendable, Equatable {
    case running([RegistryProcess])
    /// None: every process of this machine was looked at.
    case absent
    /// Not to be told, and why.
    case unknown(String)

    /// Looks through the processes of this machine for registries with this storage.
    ///
    /// A registry in a container counts, too: its root is compared by device and inode through
    /// `/proc/PID/root`. Inside of a container only its own processes are seen, which proves nothing.
    package static func onStorage(_ root: StorageRoot) -> RegistryPresence {
        let search = RegistrySearch()
        return onStorage(root, search.candidates, search.doubt)
    }

    /// Looks at what a search has found, and came to doubt: what has ended since remembers nothing.
    static func onStorage(
        _ root: StorageRoot,
        _ candidates: [RegistrySearch.Candidate],
        _ doubt: String?
    ) -> RegistryPresence {
        var own = stat()
        guard fstat(root.descriptor, &own) == 0 else {
            return .unknown("\(root.path) can't be read")
        }
        var found: [RegistryProcess] = []
        /// Registries that may be on this storage, too.
        var unclear: [RegistryProcess] = []
        var doubt = doubt
        for candidate in candidates {
            let pid = candidate.pid
            guard let settings = RegistrySettingsFile(pid: pid, arguments: candidate.arguments)
            else {
                guard !RegistrySearch.hasEnded(pid) else { continue }
                doubt = "the settings of process \(pid) can't be read"
                unclear.append(RegistryProcess(pid: pid, cache: .unknown, isPullThrough: false))
                continue
            }
            let ticks = startTicks(of: pid)
            let startedAt = ticks.flatMap(time(ofTicks:))
            var status = stat()
            guard stat(place(settings.rootFolder, of: pid), &status) == 0 else {
                // It ended meanwhile, keeps nothing on a disk, or hides it; what is not there yet is
                // another one, but a link in a container may lead to what is not found from here.
                let isHidden = errno != ENOENT || hasOtherRoot(pid)
                if settings.isOnDisk, isHidden, !RegistrySearch.hasEnded(pid) {
                    doubt = "the storage of process \(pid) can't be read"
                    unclear.append(RegistryProcess(pid: pid, cache: .unknown, isPullThrough: false))
                }
                continue
            }
            guard settings.isOnDisk, status.st_dev == own.st_dev, status.st_ino == own.st_ino
            else { continue }
            found.append(
                RegistryProcess(
                    pid: pid,
                    startedAt: startedAt,
                    start: ticks.flatMap(MachineMoment.start(ofTicks:)),
                    cache: settings.cache(since: startedAt),
                    isPullThrough: settings.isPullThrough
                )
            )
        }
        if !found.isEmpty { return .running(found + unclear) }
        if let doubt { return .unknown(doubt) }
        guard seesAll else { return .unknown("not all processes of this machine can be seen") }
        guard root.isOnThisMachine else {
            return .unknown("\(root.path) is not on a disk of this machine: others may use it")
        }
        return .absent
    }

    /// Where a process finds a path: below its own root or, where it is relative, its own folder.
    static func place(_ path: String, of pid: Int32) -> String {
        path.hasPrefix("/") ? "/proc/\(pid)/root\(path)" : "/proc/\(pid)/cwd/\(path)"
    }

    private static func hasOtherRoot(_ pid: Int32) -> Bool {
        var (own, other) = (stat(), stat())
        guard stat("/", &own) == 0, stat("/proc/\(pid)/root/", &other) == 0 else { return true }
        return own.st_dev != other.st_dev || own.st_ino != other.st_ino
    }

    /// Whether we are root in the machine's first namespace of processes.
    private static var seesAll: Bool {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        return geteuid() == 0 && own == "pid:[\(firstProcessNamespace)]"
    }

    /// Linux, `include/linux/proc_ns.h`, `PROC_PID_INIT_INO`.
    private static let firstProcessNamespace: UInt32 = 0xEFFF_FFFC

    /// When a process began: field 22 of `/proc/PID/stat`, in ticks since the machine's start.
    static func startTicks(of pid: Int32) -> Double? {
        guard let stat = contents("/proc/\(pid)/stat").map({ String(decoding: $0, as: UTF8.self) }),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? Double(fields[19]) : nil
    }

    private static func time(ofTicks ticks: Double) -> Timestamp? {
        let boot = contents("/proc/stat").map { String(decoding: $0, as: UTF8.self) }?
            .split(separator: "\n").first { $0.hasPrefix("btime ") }?
            .split(separator: " ").last.flatMap { Double($0) }
        return boot.map { Timestamp(seconds: $0 + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))) }
    }

    /// Reads a file of `/proc`, whose size is not told beforehand.
    static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 22 {
            let count = withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer in
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { bytes += buffer[..<count] }
                return count
            }
            guard count > 0 else { return count == 0 ? bytes : nil }
        }
        return nil
    }
}

/// What a running registry was told: by its settings file, and by its environment above that.
///
/// Source: distribution, documentation, "Configuring a registry".
struct RegistrySettingsFile {
    var rootFolder = "/var/lib/registry"
    var isOnDisk = true
    var cache = RegistryProcess.Cache.none
    var isPullThrough = false
    private var changedAt: Timestamp?

    /// The cache of a process that read these settings when it started; unknown where they were
    /// changed since.
    func cache(since startedAt: Timestamp?) -> RegistryProcess.Cache {
        guard let changedAt, let startedAt, changedAt <= startedAt + Self.clockNoise else {
            return .unknown
        }
        return cache
    }

    /// Start times are told in hundredths of a second since a boot told in whole ones.
    private static let clockNoise = Span.seconds(2)

    init?(pid: Int32, arguments: [String]) {
        guard let environment = RegistryPresence.contents("/proc/\(pid)/environ") else {
            return nil
        }
        var variables: [String: String] = [:]
        for entry in environment.split(separator: 0) {
            let text = String(decoding: entry, as: UTF8.self)
            guard let equals = text.firstIndex(of: "=") else { continue }
            variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        let named = arguments.dropFirst().last { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }
        guard
            let file = named ?? variables["REGISTRY_CONFIGURATION_PATH"]
                ?? (arguments.contains("serve") ? nil : Optional("")),
            !file.isEmpty,
            let bytes = RegistryPresence.contents(RegistryPresence.place(file, of: pid)),
            let tree = try? Yams.load(yaml: String(decoding: bytes, as: UTF8.self))
        else { return nil }
        var status = stat()
        if stat(RegistryPresence.place(file, of: pid), &status) == 0 {
            let time = status.st_mtim
            changedAt = Timestamp(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
        }
        let sections = tree as? [String: Any] ?? [:]
        take(sections["storage"] as? [String: Any] ?? [:])
        let origin = (sections["proxy"] as? [String: Any])?["remoteurl"] as? String
        isPullThrough = !(variables["REGISTRY_PROXY_REMOTEURL"] ?? origin ?? "").isEmpty
        take(variables)
    }

    private mutating func take(_ storage: [String: Any]) {
        let drivers = Set(storage.keys).subtracting(Self.otherSections)
        isOnDisk = drivers.isEmpty || drivers.contains("filesystem")
        if let folder = (storage["filesystem"] as? [String: Any])?["rootdirectory"] as? String {
            rootFolder = folder
        }
        if let section = storage["cache"] as? [String: Any],
            let kind = (section["blobdescriptor"] ?? section["layerinfo"]) as? String
        {
            cache = Self.cache(kind)
        }
    }

    private mutating func take(_ variables: [String: String]) {
        if let folder = variables["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"] {
            rootFolder = folder
            isOnDisk = true
        }
        if let kind = variables["REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR"] {
            cache = Self.cache(kind)
        } else if variables.keys.contains(where: { $0.hasPrefix("REGISTRY_STORAGE_CACHE") }) {
            cache = .unknown
        }
    }

    private static func cache(_ kind: String) -> RegistryProcess.Cache {
        switch kind {
        case "inmemory": .inMemory
        case "": .none
        default: .other(kind)
        }
    }

    /// Sections of `storage` that name no driver.
    private static let otherSections: Set<String> = [
        "cache", "delete", "maintenance", "redirect", "tag",
    ]
}
