import Foundation

/// A step of a sweep at which tests kill the process, to see that the next start goes on or puts
/// back; or hold it, to push at just that moment.
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
        if environment["LASTPULL_HOLD_AT"] == rawValue, let file = environment["LASTPULL_HOLD_FILE"]
        {
            Self.hold(file)
        }
        #endif
    }

    #if DEBUG
    /// Says by a file that the point is reached, and goes on when that is gone.
    ///
    /// It holds the calling thread alone. SIGSTOP holds the whole process, and the caller goes on
    /// for some milliseconds after `kill`: it may be stopped within its next write to the ledger,
    /// which nobody else can write to then.
    private static func hold(_ file: String) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        close(descriptor)
        while access(file, F_OK) == 0 { usleep(5_000) }
    }
    #endif
}
