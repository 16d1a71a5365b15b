package import RegistryModel

/// Why a cleanup was not done.
package enum CleanupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another run works on the registry; the listener answers it with 409.
    case alreadyRunning(registry: String)
    /// Another run works on the engine.
    case engineBusy(String)
    case unknownEngine(String)
    /// A registry's own collector must not run beside a push.
    case pushedRecently(String, within: Span)
    case pushesUnknown(String)
    case unknownRegistry(String)
    case unknownRun(String)
    case notWaiting(run: RunName, state: String)
    /// The clock leapt, and nobody knows yet whether it is right.
    case clockInDoubt(run: RunName, why: String)
    /// A newer plan of the same has come in its place; nil where that has left the ledger.
    case superseded(run: RunName, by: RunName?, isWaiting: Bool)
    case nothingToRestore(String)
    case cannotLock(path: String, reason: String)
    case unknownImage(String)
    /// No engine has it, and no run removed it from one.
    case unknownEngineImage(String, engines: [String])
    /// Its repository could not be listed.
    case unlistedImage(String, why: String)
    /// Nothing says where the registry's disk is.
    case noStorage(String)
    /// The registry's disk is so full that nothing can be moved away.
    case noRoom(String)
    /// What a run took lies on another storage than the one that is set.
    case otherStorage(run: RunName, path: String, storage: String)
    case unknownRepository(String)
    case unknownPolicy(String, known: [String])
    /// A policy that is for an engine, whose past is not kept.
    case policyOfEngine(String, engine: String)

    package var description: String {
        switch self {
        case .alreadyRunning(let registry):
            "registry \(registry): a cleanup is already running; try again when it has ended"
        case .engineBusy(let engine):
            "engine \(engine): a prune is already running; try again when it has ended"
        case .pushedRecently(let registry, let grace):
            "registry \(registry) was pushed to within \(grace), and its collector would take the "
                + "layers of a push under way; wait, or make it read-only and give --now"
        case .pushesUnknown(let registry):
            "registry \(registry) is not listened to, so nobody knows whether somebody pushes; "
                + "make it read-only and give --now"
        case .unknownEngine(let name):
            "engine \(name) is not in the settings; name one that is"
        case .unknownRegistry(let name):
            "registry \(name) is not in the settings; name one that is"
        case .unknownRun(let name):
            "no run \(name) in the ledger; `lastpull runs` lists them"
        case .notWaiting(let run, let state):
            "run \(run) does not wait for approval, it is \(state)"
        case .clockInDoubt(let run, let why):
            "run \(run) still waits for approval: \(why)"
        case .superseded(let run, let newer?, true):
            "run \(run) was superseded by run \(newer), a newer plan of the same; "
                + "`lastpull approve \(newer)` carries that out"
        case .superseded(let run, let newer?, false):
            "run \(run) was superseded, and run \(newer) is the newest of the same, which does not wait; "
                + "`lastpull runs \(newer)` shows it"
        case .superseded(let run, nil, _):
            "run \(run) was superseded by a newer plan, which has left the ledger; `lastpull runs` lists "
                + "what is there"
        case .nothingToRestore(let subject):
            "nothing of \(subject) was removed by lastpull, so there is nothing to restore"
        case .cannotLock(let path, let reason):
            "cannot lock \(path): \(reason)"
        case .noStorage(let registry):
            "registry \(registry) has no `storage`; name the folder that its filesystem driver writes to"
        case .otherStorage(let run, let path, let storage):
            "what run \(run) took lies below \(path), and not below \(storage); name that as the "
                + "storage again to purge or restore it"
        case .noRoom(let path):
            "no room to move anything away: the file system of \(path) is full to the last block; free "
                + "a megabyte on it, or stop the registry and sweep with --now, which needs none"
        case .unknownImage(let image):
            "the ledger knows no image \(image); check the name, or list the registry with `plan`"
        case .unknownEngineImage(let image, let engines):
            "no image \(image) is in engine \(engines.joined(separator: ", ")), and no run has removed "
                + "it; write it as `docker images` does"
        case .unlistedImage(let image, let why):
            "the ledger knows no image \(image), and its repository could not be listed: \(why)"
        case .unknownPolicy(let name, let known):
            "no policy \(name) in the settings; "
                + (known.isEmpty ? "there are none" : "there are \(known.joined(separator: ", "))")
        case .policyOfEngine(let name, let engine):
            "policy \(name) is for engine \(engine), and of an engine's images only the last use is "
                + "kept, so there is no past to replay; `lastpull plan --engine \(engine)` shows what "
                + "it lets go now"
        case .unknownRepository(let name):
            "no repository \(name) is known, nor listed by the registry; check the name"
        }
    }
}
