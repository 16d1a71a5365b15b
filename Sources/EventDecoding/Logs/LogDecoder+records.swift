import RegistryModel

extension LogFields {
    /// Whether it tells of an HTTP request and its outcome.
    var isRequest: Bool { has(.status) && (has(.target) && has(.method) || has(.request)) }

    var isAzure: Bool {
        has(.operation) && (has(.category) || has(.repository))
    }
}

extension LogDecoder {
    /// Takes what was read of the record `bytes` into `fields`.
    mutating func add(from bytes: UnsafeRawBufferPointer, at offset: Int, _ place: Place) {
        if fields.isAzure {
            addAzure(from: bytes, at: offset)
        } else if fields.isRequest {
            addRequest(from: bytes, at: offset, as: "record")
        } else if fields.has(.eventSource) || fields.misfit == .detail {
            addCloudTrail(bytes, at: offset)
        } else {
            unwrap(from: bytes, at: offset, place)
        }
    }

    private mutating func addAzure(from bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard format == nil || format == .acr else {
            decoded.reject(bytes, "record at byte \(offset) is not an access line")
            return
        }
        do throws(FieldProblem) {
            if let row = try azureRow() {
                texts.append(row)
                return
            }
            decoded.ignored += 1
            if let miss = azureMiss() { decoded.note(miss) }
        } catch {
            decoded.reject(bytes, "record at byte \(offset): \(error.reason)")
        }
    }

    /// Takes a record, or a line that was read into `fields`, that tells of a request.
    mutating func addRequest(
        from bytes: UnsafeRawBufferPointer,
        at offset: Int,
        as kind: StaticString
    ) {
        let isOwnLog = fields.rank(.status) == LogKeys.logrusRank
        if isOwnLog, format == .distribution {
            passOver(bytes, at: offset, as: kind, isToldElsewhere: true)
            return
        }
        guard format == nil || (isOwnLog ? format == .logrus : format?.hasRequestRecords == true)
        else {
            decoded.reject(bytes, "record at byte \(offset) is not of the format asked for")
            return
        }
        var told: LoggedRequest?
        do throws(FieldProblem) {
            told = try loggedRequest()
        } catch {
            decoded.reject(bytes, "\(kind) at byte \(offset): \(error.reason)")
            return
        }
        noteRequest()
        guard let request = told else {
            decoded.ignored += 1
            return
        }
        guard request.time.milliseconds != Int64.min else {
            let problem =
                fields[.time] == nil
                ? FieldProblem.missing("time")
                : .invalid("time", fields[.time]?.string ?? "", isNot: "time")
            decoded.reject(bytes, "\(kind) at byte \(offset): \(problem.reason)")
            return
        }
        add(request, isOwnLog: isOwnLog, as: kind, from: bytes, at: offset)
    }

    /// Method and target that `fields` tell of, or nil for what names nothing.
    @inline(__always)
    private func requestParts(
        _ status: Int?
    ) throws(FieldProblem) -> (method: UnsafeRawBufferPointer, target: UnsafeRawBufferPointer)? {
        let method = plain(.method)
        let target = plain(.target)
        if !method.isEmpty, !target.isEmpty { return (method, target) }
        let request = plain(.request)
        if !method.isEmpty, LoggedRequest.isTarget(request) { return (method, request) }
        return try LoggedRequest.parts(of: request, status: status)
    }

    /// The request that `fields` tell of, or nil for one that says nothing; its time is the least that
    /// there is where none can be read.
    private mutating func loggedRequest() throws(FieldProblem) -> LoggedRequest? {
        let known = LoggedRequest.status(plain(.status))
        guard let (method, target) = try requestParts(known) else { return nil }
        guard let status = known else {
            if RegistryPath.isNamed(in: target) {
                let text = String(decoding: plain(.status), as: UTF8.self)
                throw .invalid("status", text, isNot: "status")
            }
            return nil
        }
        var request = LoggedRequest(
            time: Timestamp(milliseconds: .min),
            isSecondGranular: false,
            method: method,
            target: target,
            status: status
        )
        guard request.isHeeded else { return nil }
        if let reading = times.read(plain(.time)) {
            request.time = reading.time
            request.isSecondGranular = reading.isSecondGranular
        } else if request.accessClass == nil {
            request.time = Timestamp(milliseconds: 0)
        }
        request.address = plain(.address)
        request.user = plain(.user)
        request.userAgent = plain(.userAgent)
        request.digest = plain(.digest)
        request.id = plain(.requestId)
        return request
    }

    /// The text of a field without escapes; empty where it says nothing.
    @inline(__always)
    func plain(_ field: LogField) -> UnsafeRawBufferPointer {
        fields[field].map { arena.plain($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Reads the line that a forwarder wrapped.
    private mutating func unwrap(
        from bytes: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        if fields.has(.level), fields.has(.message) {
            passOver(bytes, at: offset, as: "record", isToldElsewhere: isAboutRequest)
        } else if let line = fields[.text], place.depth < Self.deepestWrapping,
            // A number is a place in somebody's code.
            line.wholeNumber == nil
        {
            let inside = place.inside(of: offset, isApplicationLog: fields.has(.level))
            read(ContainerPrefix.content(of: arena.plain(line)), as: inside)
        } else if fields.has(.text), fields[.text] == nil {
            // An empty line.
            decoded.ignored += 1
        } else {
            decoded.reject(bytes, "record at byte \(offset) has no request and no line in it")
        }
    }
}
