import RegistryModel

extension LogDecoder {
    mutating func readLine(
        _ raw: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        let line = raw.withoutEndSpace
        guard line.count <= Self.longestLine else {
            decoded.reject(line, "line of \(line.count) bytes at byte \(offset) is too long")
            return
        }
        let mark = arena.mark
        defer { arena.release(mark) }
        if Self.mayHaveBeginning(line), readWrapped(line, raw, at: offset, place) { return }
        if format?.hasCommonLines ?? true, let access = AccessLine(line, &times) {
            addLine(from: line, at: offset) { arena throws(FieldProblem) in
                try access.request(arena)
            }
        } else if readOtherLine(line, at: offset, place) {
            return
        } else if place.isApplicationLog || Self.isApplicationLine(line) {
            if Self.isErrorLine(line) {
                noteRequest()
                decoded.ignored += 1
            } else {
                passOver(line, at: offset, as: "line")
            }
        } else {
            let kind = format == .acr || format == .cloudtrail ? "a JSON record" : "an access line"
            decoded.reject(line, "line at byte \(offset) is not \(kind)")
        }
    }

    @inline(__always)
    private mutating func addLine(
        from line: UnsafeRawBufferPointer,
        at offset: Int,
        _ request: (ByteArena) throws(FieldProblem) -> LoggedRequest?
    ) {
        hasAccessLines = true
        noteRequest()
        do throws(FieldProblem) {
            if let request = try request(arena) {
                add(request, as: "line", from: line, at: offset)
            } else {
                decoded.ignored += 1
            }
        } catch {
            decoded.reject(line, "line at byte \(offset): \(error.reason)")
        }
    }

    /// Whether a line may begin with a time or a priority; an access line begins with an address.
    @inline(__always)
    private static func mayHaveBeginning(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.count > 16 else { return false }
        return line[0] == UInt8(ascii: "<") || line[3] == UInt8(ascii: " ")
            || line[4] == UInt8(ascii: "-") && line[10] == UInt8(ascii: "T")
    }

    /// Reads what stands behind a container runtime's or syslog's beginning of a line; false when
    /// there is no such beginning.
    private mutating func readWrapped(
        _ line: UnsafeRawBufferPointer,
        _ raw: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) -> Bool {
        guard place.depth < Self.deepestWrapping else { return false }
        let inside = place.inside(of: offset)
        // Where a line is cut, a space may be its own.
        let isReturned = raw.last == UInt8(ascii: "\r")
        if let piece = RuntimePrefix(isReturned ? raw.part(0, raw.count - 1) : raw) {
            readPiece(piece, inside)
            return true
        }
        let text = SyslogMessage.text(of: line)
        guard text.count < line.count else { return false }
        if text.isEmpty { decoded.ignored += 1 }
        read(text, as: inside)
        return true
    }

    /// Reads one piece of a container's line, or keeps it until the last one is there.
    private mutating func readPiece(_ piece: RuntimePrefix, _ place: Place) {
        let stream = piece.isError ? "stderr" : "stdout"
        guard piece.isLast else {
            guard (pieces[stream]?.count ?? 0) + piece.content.count <= Self.longestLine else {
                decoded.reject(piece.content, "a line in pieces is too long")
                pieces[stream] = nil
                return
            }
            pieces[stream, default: []].append(contentsOf: piece.content)
            return
        }
        guard var whole = pieces.removeValue(forKey: stream) else {
            if piece.content.isEmpty { decoded.ignored += 1 }
            read(piece.content, as: place)
            return
        }
        whole.append(contentsOf: piece.content)
        whole.withUnsafeBytes { read($0, as: place) }
    }

    /// Reads a line of a form of its own; false when it is none.
    private mutating func readOtherLine(
        _ line: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) -> Bool {
        if line.starts(with: "time=\"") {
            readLogrus(line, at: offset)
            return true
        }
        if format == .logrus, AccessLine(line, &times) != nil {
            fields.removeAll()
            passOver(line, at: offset, as: "line", isToldElsewhere: true)
            return true
        }
        let reads = { [format] (wanted: LogFormat) in format == nil || format == wanted }
        if reads(.envoy), let access = EnvoyLine(line, &times) {
            addLine(from: line, at: offset) { _ throws(FieldProblem) in try access.request() }
        } else if reads(.haproxy), let access = HAProxyLine(line) {
            addLine(from: line, at: offset) { arena throws(FieldProblem) in
                try access.request(arena)
            }
        } else if reads(.caddy), let record = CaddyConsoleLine(line) {
            readConsole(record, from: line, at: offset, place)
        } else {
            return false
        }
        return true
    }

    private static let ownWords: [StaticString] = [
        "[NOTICE]", "[WARNING]", "[ALERT]", "Server ", "Proxy ", "Health check for ", "backend ",
    ]

    /// Whether it is one of nginx's error log, which names requests that the access log has, too.
    ///
    /// It begins as `2026/03/04 05:06:07 [error]` does.
    private static func isErrorLine(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count > 21 && line[4] == UInt8(ascii: "/") && line[7] == UInt8(ascii: "/")
            && line.starts(with: " [", at: 19) && line.decimal(at: 0, count: 4) != nil
    }

    /// Whether it is a line that servers write about themselves into the same place.
    private static func isApplicationLine(_ line: UnsafeRawBufferPointer) -> Bool {
        if isErrorLine(line) { return true }
        // Envoy: [2026-03-04 05:06:07.123][1][info][main] …
        if line.first == UInt8(ascii: "["), line.decimal(at: 1, count: 4) != nil,
            line.starts(with: " ", at: 11)
        {
            return true
        }
        // HAProxy: [NOTICE] …, and what becomes of its servers.
        return ownWords.contains { line.starts(with: $0) }
    }
}

// MARK: distribution's own log

extension LogDecoder {
    /// Reads `key=value` pairs (formats: distribution's own log, `text`).
    private mutating func readLogrus(_ line: UnsafeRawBufferPointer, at offset: Int) {
        fields.removeAll()
        for (key, value) in LogrusPairs(line) {
            guard let meaning = dialect.keys.meaning(.root, key), let field = meaning.field else {
                continue
            }
            let plain = JSONText(bytes: arena.plain(line: value), isEscaped: false)
            fields.set(field, plain, rank: meaning.rank)
        }
        guard fields.isRequest, fields.rank(.status) == LogKeys.logrusRank else {
            passOver(line, at: offset, as: "line", isToldElsewhere: isAboutRequest)
            return
        }
        addRequest(from: line, at: offset, as: "line")
    }

    private mutating func readConsole(
        _ record: CaddyConsoleLine,
        from line: UnsafeRawBufferPointer,
        at offset: Int,
        _ place: Place
    ) {
        fields.removeAll()
        leaves.removeAll(keepingCapacity: true)
        var reader = JSONReader(record.json)
        do throws(DecodingFailure) {
            try readMembers(&reader, .root)
            try reader.finish()
        } catch {
            decoded.reject(line, "line at byte \(offset): not JSON: \(error)")
            return
        }
        fields.set(.time, JSONText(bytes: record.time, isEscaped: false), rank: 1)
        guard fields.isRequest else {
            passOver(line, at: offset, as: "line")
            return
        }
        addRequest(from: line, at: offset, as: "line")
    }
}
