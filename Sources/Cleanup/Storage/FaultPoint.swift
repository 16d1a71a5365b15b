import Foundation

/// A step of a sweep at which tests kill the process, to see that the next start goes on or puts
/// back.
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
    case halfRemoved
    case purgePlanned
    case halfPurged
    case purged

    func reach() {
        #if DEBUG
        if ProcessInfo.processInfo.environment["LASTPULL_KILL_AT"] == rawValue {
            kill(getpid(), SIGKILL)
        }
        #endif
    }
}
