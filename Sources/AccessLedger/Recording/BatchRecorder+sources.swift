import Foundation
import GRDB
import RegistryModel

extension BatchRecorder {
    /// Notes that a registry's process is alive and how far it has delivered.
    mutating func hear(_ delivery: Delivery, process name: String, at time: Timestamp) {
        let process = Process(source: Source(of: delivery), name: name)
        if latest?.process != process {
            setLatestDown()
            latest = (process, processes[process] ?? ProcessNews(at: time, of: delivery))
        }
        latest?.news.add(time, of: delivery)
    }

    private mutating func setLatestDown() {
        if let latest { processes[latest.process] = latest.news }
        latest = nil
    }

    /// A request of our own: a probe that came back, or a delete to watch; never a use.
    mutating func recordOwn(_ access: Access, at time: Timestamp, of delivery: Delivery) throws {
        if let name = OwnUserAgent.probeName(access.userAgent) {
            try returned(probe: name, access, of: delivery)
        }
        guard access.class == .delete, !delivery.body.isHearsay else { return }
        let repositoryId = try repository(access.repository, of: delivery)
        outcome.ownDeletes.append(
            .init(
                repositoryId: repositoryId,
                repository: access.repository,
                tag: access.tag,
                digest: access.digest,
                time: time
            )
        )
    }

    private mutating func returned(
        probe name: String,
        _ access: Access,
        of delivery: Delivery
    ) throws {
        let source = delivery.source.rawValue
        let row = try db.row(
            "SELECT id, sentAt, answeredAt FROM probe WHERE name = ? AND registryId = ?",
            [name, delivery.registry.id]
        )
        guard let row else { return }
        // Only what returns probes is held to returning them: an event without a process is no proof
        // that there is a process without a name.
        let instance = access.instance ?? ""
        let reading = try reading(of: access.time, by: instance, of: delivery)
        hear(delivery, process: instance, at: reading.early)
        try db.run(
            """
            INSERT INTO probeReturn (probeId, source, instance, returnedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (probeId, source) DO NOTHING
            """,
            [row[0] as Int64, source, instance, delivery.receivedAt.milliseconds]
        )
        let sentAt: Int64 = row[1]
        returnedProbes.insert(Source(of: delivery))
        try flushProcesses()
        try db.run(
            """
            UPDATE instance SET lastReturn = max(ifnull(lastReturn, 0), ?)
            WHERE registryId = ? AND source = ? AND name = ?
            """,
            [sentAt, delivery.registry.id, source, instance]
        )
        let middle = sentAt + ((row[2] as Int64?).map { ($0 - sentAt) / 2 } ?? 0)
        let offset = access.time.milliseconds - middle
        try noteOffset(offset, of: instance, delivery)
    }

    /// Keeps a rejected part for the operator, and opens a gap: something was said that we missed.
    func reject(_ rejection: DecodedBody.Rejection, of delivery: Delivery) throws {
        try keep(rejection, of: delivery)
        try lose(rejection.reason, of: delivery)
    }

    /// Keeps a part that was not understood for the operator.
    func keep(_ rejection: DecodedBody.Rejection, of delivery: Delivery) throws {
        try db.run(
            """
            INSERT INTO rejectedBody (registryId, source, receivedAt, reason, excerpt)
            VALUES (?, ?, ?, ?, ?)
            """,
            [
                delivery.registry.id, delivery.source.rawValue, delivery.receivedAt.milliseconds,
                rejection.reason, Data(rejection.excerpt),
            ]
        )
        try db.run(
            """
            DELETE FROM rejectedBody WHERE registryId = ?1 AND id <= (
                SELECT id FROM rejectedBody WHERE registryId = ?1
                ORDER BY id DESC LIMIT 1 OFFSET ?2
            )
            """,
            [delivery.registry.id, Self.rejectionsKept]
        )
    }

    /// Opens a gap, because something that was said is known to be missing.
    func lose(_ reason: String, of delivery: Delivery) throws {
        try CoverageWriter(db: db, registryId: delivery.registry.id)
            .lost(reason, at: delivery.receivedAt)
    }

    /// Samples enough to find the sender's mistake; more would let one sender fill the disk.
    private static let rejectionsKept = 100

    /// Adds to what was heard of the delivery's source.
    mutating func count(_ news: Heard, of delivery: Delivery) {
        let source = Source(of: delivery)
        heard[source, default: Heard()].add(news, at: delivery.receivedAt.milliseconds)
    }

    /// Notes what kind of sender reports the registry.
    func note(_ sender: DecodedBody.Sender, of delivery: Delivery) throws {
        try db.run(
            """
            INSERT INTO sender (registryId, source, kind, tellsPulls, lastAt)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (registryId, source, kind) DO UPDATE SET
                tellsPulls = excluded.tellsPulls, lastAt = max(lastAt, excluded.lastAt)
            """,
            [
                delivery.registry.id, delivery.source.rawValue, sender.kind, sender.tellsPulls,
                delivery.receivedAt.milliseconds,
            ]
        )
    }

    private mutating func flushHeard() throws {
        for (source, sum) in heard { try add(sum, to: source) }
        heard.removeAll(keepingCapacity: true)
    }

    private func add(_ sum: Heard, to source: Source) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO heard (
                    registryId, source, accepted, duplicates, ignored, rejected, lastAt, hour, inHour,
                    pulls, resolves, pushes, deletes
                ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?3, ?9, ?10, ?11, ?12)
                ON CONFLICT (registryId, source) DO UPDATE SET
                    accepted = accepted + excluded.accepted,
                    inHourBefore = CASE excluded.hour - hour
                        WHEN 0 THEN inHourBefore WHEN 1 THEN inHour ELSE 0 END,
                    inHour = iif(excluded.hour = hour, inHour, 0) + excluded.inHour,
                    hour = excluded.hour,
                    duplicates = duplicates + excluded.duplicates,
                    ignored = ignored + excluded.ignored,
                    rejected = rejected + excluded.rejected,
                    lastAt = max(lastAt, excluded.lastAt),
                    pulls = pulls + excluded.pulls,
                    resolves = resolves + excluded.resolves,
                    pushes = pushes + excluded.pushes,
                    deletes = deletes + excluded.deletes
                """
        )
        try statement.execute(words: [
            source.registryId, Int64(source.kind), Int64(sum.answer.accepted),
            Int64(sum.answer.duplicates), Int64(sum.answer.ignored), Int64(sum.answer.rejected),
            sum.lastAt, Timestamp(milliseconds: sum.lastAt).hour, Int64(sum.accepted.pulls),
            Int64(sum.accepted.resolves), Int64(sum.accepted.pushes), Int64(sum.deletes),
        ])
    }

    /// Writes what was heard of the registry's processes.
    mutating func flushProcesses() throws {
        setLatestDown()
        for (process, news) in processes {
            try db.run(
                """
                INSERT INTO instance (registryId, source, name, firstStamp, lastHeard)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (registryId, source, name) DO UPDATE SET
                    lastHeard = max(lastHeard, excluded.lastHeard),
                    firstStamp = iif(droppedAt IS NULL, firstStamp, excluded.firstStamp),
                    lastReturn = iif(droppedAt IS NULL, lastReturn, NULL),
                    droppedAt = NULL
                """,
                [
                    process.source.registryId, process.source.kind, process.name,
                    news.firstStamp, news.receivedAt,
                ]
            )
            guard process.source.kind == AccessSource.events.rawValue,
                try awaitsDelivery(process.source.registryId)
            else { continue }
            try CoverageWriter(db: db, registryId: process.source.registryId)
                .delivered(process.name, stamp: news.lastStamp)
        }
        processes.removeAll(keepingCapacity: true)
    }

    /// Whether an absence of ours is open, which what is delivered now may close.
    private func awaitsDelivery(_ registryId: Int64) throws -> Bool {
        if let answer = known.awaitsDelivery[registryId] { return answer }
        let open = try db.number(
            "SELECT 1 FROM downtime WHERE registryId = ? AND healedAt IS NULL LIMIT 1",
            [registryId]
        )
        known.awaitsDelivery[registryId] = open != nil
        return open != nil
    }

    /// Writes all that is gathered and lets coverage grow.
    mutating func finish(now: Timestamp) throws {
        try flushGathered()
        try flushHeard()
        try flushReads(now: now)
        try flushProcesses()
        for source in returnedProbes {
            try CoverageWriter(db: db, registryId: source.registryId)
                .advance(source: source.kind, now: now)
        }
    }
}

extension BatchRecorder.ProcessNews {
    fileprivate init(at time: Timestamp, of delivery: Delivery) {
        firstStamp = time.milliseconds
        lastStamp = time.milliseconds
        receivedAt = delivery.receivedAt.milliseconds
    }

    fileprivate mutating func add(_ time: Timestamp, of delivery: Delivery) {
        firstStamp = min(firstStamp, time.milliseconds)
        lastStamp = max(lastStamp, time.milliseconds)
        receivedAt = max(receivedAt, delivery.receivedAt.milliseconds)
    }
}

extension BatchRecorder.Heard {
    /// Counts an access that was accepted.
    mutating func accept(_ accessClass: AccessClass) {
        answer.accepted += 1
        accepted.add(accessClass, 1)
        if accessClass == .delete { deletes += 1 }
    }

    mutating func add(_ other: Self, at time: Int64) {
        answer.accepted += other.answer.accepted
        answer.duplicates += other.answer.duplicates
        answer.ignored += other.answer.ignored
        answer.rejected += other.answer.rejected
        accepted.pulls += other.accepted.pulls
        accepted.resolves += other.accepted.resolves
        accepted.pushes += other.accepted.pushes
        deletes += other.deletes
        lastAt = max(lastAt, time)
    }
}
