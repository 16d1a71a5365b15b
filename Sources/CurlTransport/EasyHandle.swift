import CCurl

/// One libcurl handle with the memory that libcurl borrows from it.
///
/// Not `Sendable`: it belongs to the thread that made it. The setters' results are not looked at:
/// libcurl 7.85, the oldest supported, knows every option used here.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let message: UnsafeMutablePointer<CChar>

    /// Makes a handle, or returns nil when there is no memory for one.
    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, data: message)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(fields)
        message.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(pointer, option, value) }

    func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }

    func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_text(pointer, option, value) }

    func set(_ option: CURLoption, data: UnsafeMutableRawPointer?) {
        _ = ccurl_set_data(pointer, option, data)
    }

    func set(_ option: CURLoption, receiver: @escaping ccurl_receiver) {
        _ = ccurl_set_receiver(pointer, option, receiver)
    }

    /// Sets the body, which libcurl copies.
    func setBody(_ bytes: [UInt8]) {
        _ = ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            // An empty array may have no address, and a null would mean "read from a callback".
            if let start, !bytes.isEmpty {
                _ = ccurl_set_text(pointer, CURLOPT_COPYPOSTFIELDS, start)
            } else {
                _ = ccurl_set_text(pointer, CURLOPT_COPYPOSTFIELDS, "")
            }
        }
    }

    /// Adds a line such as `Accept: text/plain`; `Expect:` with no value removes libcurl's own.
    func addHeader(_ line: String) { fields = curl_slist_append(fields, line) ?? fields }

    /// Hands the added lines to libcurl.
    func useHeaders() { _ = ccurl_set_list(pointer, CURLOPT_HTTPHEADER, fields) }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// What libcurl says about the failure, on one line.
    func explanation(of code: CURLcode) -> String {
        let text = String(cString: message)
        let fallback = String(cString: curl_easy_strerror(code))
        return (text.isEmpty ? fallback : text).split(whereSeparator: \.isNewline)
            .joined(separator: " ")
    }
}
