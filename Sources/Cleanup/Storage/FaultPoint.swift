import Foundation

/// A step of a sweep at which tests kill the process, to see that the next start goes on or puts
/// back; or stop it, to push at just that moment.
///
/// In a release build there is none.
enum FaultPoint: String {
    case planned
    case begun
    case halfTaken
    case taken
    case lookedAgain
    case dropping
    case halfForgotten
    case forgotten
    case quarantined
    /// Tags have lost their files, and still have their folders.
    case hollowed
    /// Manifests have lost their links, and their content is still there.
    case detached
    case halfRemoved
    case purgePlanned
    case halfPurged
    case purged

    func reach() {
        #if DEBUG
        let environment = ProcessInfo.processInfo.environment
        if environment["LASTPULL_KILL_AT"] == rawValue { kill(getpid(), SIGKILL) }
        if environment["LASTPULL_STOP_AT"] == rawValue { kill(getpid(), SIGSTOP) }
        #endif
    }
}
