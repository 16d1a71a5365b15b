package import RegistryModel

/// Why a cleanup was not done.
package enum CleanupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another run works on the registry; the listener answers it with 409.
    case alreadyRunning(registry: String)
    case unknownRegistry(String)
    case unknownRun(String)
    case notWaiting(run: RunName, state: String)
    case nothingToRestore(String)
    case cannotLock(path: String, reason: String)
    case unknownImage(String)
    /// Nothing says where the registry's disk is.
    case noStorage(String)
    case unknownRepository(String)
    case unknownPolicy(String, known: [String])

    package var description: String {
        switch self {
        case .alreadyRunning(let registry):
            "registry \(registry): a cleanup is already running; try again when it has ended"
        case .unknownRegistry(let name):
            "registry \(name) is not in the settings; name one that is"
        case .unknownRun(let name):
            "no run \(name) in the ledger; `lastpull runs` lists them"
        case .notWaiting(let run, let state):
            "run \(run) does not wait for approval, it is \(state)"
        case .nothingToRestore(let subject):
            "nothing of \(subject) was removed by lastpull, so there is nothing to restore"
        case .cannotLock(let path, let reason):
            "cannot lock \(path): \(reason)"
        case .noStorage(let registry):
            "registry \(registry) has no `storage`; name the folder that its filesystem driver writes to"
        case .unknownImage(let image):
            "the ledger knows no image \(image); check the name, or list the registry with `plan`"
        case .unknownPolicy(let name, let known):
            "no policy \(name) in the settings; "
                + (known.isEmpty ? "there are none" : "there are \(known.joined(separator: ", "))")
        case .unknownRepository(let name):
            "no repository \(name) is known, nor listed by the registry; check the name"
        }
    }
}
