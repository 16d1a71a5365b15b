import CCurl
import Foundation
import Synchronization

/// A thread of its own on which libcurl carries out all transfers at once.
///
/// A thread and not a task: libcurl waits in `poll`, and would take a thread of the cooperative
/// pool out of service, which has no more threads than there are cores.
final class TransferLoop: Sendable {
    private struct Inbox {
        var arrivals: [Transfer] = []
        var hasCancellations = false
        var isShuttingDown = false
        /// The multi handle is gone, and with it the way to wake the thread.
        var isOver = false
    }

    private let inbox = Mutex(Inbox())
    /// Only the thread uses it, but for `curl_multi_wakeup`, which any thread may call.
    private nonisolated(unsafe) let multi: UnsafeMutableRawPointer

    /// Starts the thread, or returns nil when there is no memory for libcurl.
    init?(maximumConnectionsPerHost: Int) {
        guard Self.libraryIsReady, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        _ = ccurl_multi_set_long(
            multi,
            CURLMOPT_MAX_HOST_CONNECTIONS,
            max(1, maximumConnectionsPerHost)
        )
        let thread = Thread { self.run() }
        thread.name = "curl"
        thread.start()
    }

    func start(_ transfer: Transfer) {
        let isTaken = inbox.withLock { inbox in
            guard !inbox.isShuttingDown else { return false }
            inbox.arrivals.append(transfer)
            curl_multi_wakeup(multi)
            return true
        }
        if !isTaken { transfer.finish(.failure(.cancelled)) }
    }

    /// Ends the transfer as cancelled, if it has not ended; works before `start`, too.
    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        inbox.withLock { inbox in
            inbox.hasCancellations = true
            if !inbox.isOver { curl_multi_wakeup(multi) }
        }
    }

    /// Ends every transfer as cancelled, and then the thread; does not wait for it.
    func shutDown() {
        inbox.withLock { inbox in
            inbox.isShuttingDown = true
            if !inbox.isOver { curl_multi_wakeup(multi) }
        }
    }

    private func run() {
        var running: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let news = inbox.withLock { inbox in
                defer {
                    inbox.arrivals = []
                    inbox.hasCancellations = false
                }
                return inbox
            }
            guard !news.isShuttingDown else {
                close(Array(running.values), news.arrivals)
                return
            }
            for transfer in news.arrivals { begin(transfer, &running) }
            if news.hasCancellations {
                for transfer in running.values where transfer.isCancelled.load(ordering: .acquiring)
                {
                    end(transfer, .failure(.cancelled), &running)
                }
            }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            collect(&running)
            curl_multi_poll(multi, nil, 0, Self.longestPoll, nil)
        }
    }

    private func begin(
        _ transfer: Transfer,
        _ running: inout [UnsafeMutableRawPointer: Transfer]
    ) {
        guard !transfer.isCancelled.load(ordering: .acquiring) else {
            transfer.finish(.failure(.cancelled))
            return
        }
        guard let handle = transfer.prepare() else {
            let code = Int(CURLE_OUT_OF_MEMORY.rawValue)
            transfer.finish(.failure(.other(code: code, text: "out of memory")))
            return
        }
        running[handle.pointer] = transfer
        let code = curl_multi_add_handle(multi, handle.pointer)
        guard code == CURLM_OK else {
            running[handle.pointer] = nil
            let text = String(cString: curl_multi_strerror(code))
            transfer.finish(.failure(.other(code: Int(code.rawValue), text: text)))
            return
        }
    }

    private func end(
        _ transfer: Transfer,
        _ outcome: Transfer.Outcome,
        _ running: inout [UnsafeMutableRawPointer: Transfer]
    ) {
        guard let pointer = transfer.handle?.pointer else { return }
        curl_multi_remove_handle(multi, pointer)
        running[pointer] = nil
        transfer.finish(outcome)
    }

    /// Reports what libcurl has finished.
    private func collect(_ running: inout [UnsafeMutableRawPointer: Transfer]) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left)?.pointee {
            guard message.msg == CURLMSG_DONE, let pointer = message.easy_handle else { continue }
            let code = message.data.result
            curl_multi_remove_handle(multi, pointer)
            running.removeValue(forKey: pointer)?.finish(code)
        }
    }

    private func close(_ running: [Transfer], _ arrivals: [Transfer]) {
        for transfer in running {
            if let pointer = transfer.handle?.pointer { curl_multi_remove_handle(multi, pointer) }
        }
        for transfer in running + arrivals { transfer.finish(.failure(.cancelled)) }
        inbox.withLock { inbox in
            inbox.isOver = true
            curl_multi_cleanup(multi)
        }
    }

    /// Milliseconds; libcurl wakes earlier for its own time-outs, and we for every arrival.
    private static let longestPoll: Int32 = 60_000

    /// Once per process, as libcurl asks.
    private static let libraryIsReady = ccurl_global_start() == CURLE_OK
}
