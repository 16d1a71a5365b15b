import Foundation
import GRDB
import RegistryModel

extension BatchRecorder {
    /// Notes that a registry's process is alive and how far it has delivered.
    mutating func hear(_ delivery: Delivery, process name: String, stamp: Timestamp) throws {
        let time = try corrected(stamp, of: delivery).milliseconds
        let process = Process(
            registryId: delivery.registry.id,
            source: delivery.source.rawValue,
            name: name
        )
        let received = delivery.receivedAt.milliseconds
        var news =
            processes[process]
            ?? ProcessNews(firstStamp: time, lastStamp: time, receivedAt: received)
        news.firstStamp = min(news.firstStamp, time)
        news.lastStamp = max(news.lastStamp, time)
        news.receivedAt = max(news.receivedAt, received)
        processes[process] = news
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
        try hear(delivery, process: instance, stamp: access.time)
        try db.run(
            """
            INSERT INTO probeReturn (probeId, source, instance, returnedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (probeId, source) DO NOTHING
            """,
            [row[0] as Int64, source, instance, delivery.receivedAt.milliseconds]
        )
        let sentAt: Int64 = row[1]
        returnedProbes.insert(
            Process(registryId: delivery.registry.id, source: source, name: "")
        )
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
        try noteOffset(abs(offset) <= Self.clockNoise ? 0 : offset, delivery)
    }

    /// Stamps of whole seconds and a slow answer differ this much without a wrong clock.
    private static let clockNoise: Int64 = 2_000

    private mutating func noteOffset(_ offset: Int64, _ delivery: Delivery) throws {
        let process = Process(
            registryId: delivery.registry.id,
            source: delivery.source.rawValue,
            name: ""
        )
        offsets[process] = offset
        try db.run(
            """
            INSERT INTO heard (registryId, source, lastAt, clockOffset) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (registryId, source) DO UPDATE SET clockOffset = excluded.clockOffset
            """,
            [process.registryId, process.source, delivery.receivedAt.milliseconds, offset]
        )
    }

    /// Keeps a rejected part for the operator, and opens a gap: something was said that we missed.
    func reject(_ rejection: DecodedBody.Rejection, of delivery: Delivery) throws {
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
        try lose(rejection.reason, of: delivery)
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
        let source = Process(
            registryId: delivery.registry.id,
            source: delivery.source.rawValue,
            name: ""
        )
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

    private func add(_ sum: Heard, to source: Process) throws {
        try db.run(
            """
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
            """,
            [
                source.registryId, source.source, sum.answer.accepted, sum.answer.duplicates,
                sum.answer.ignored, sum.answer.rejected, sum.lastAt,
                Timestamp(milliseconds: sum.lastAt).hour, sum.accepted.pulls,
                sum.accepted.resolves, sum.accepted.pushes, sum.deletes,
            ]
        )
    }

    /// Writes what was heard of the registry's processes.
    mutating func flushProcesses() throws {
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
                    process.registryId, process.source, process.name, news.firstStamp,
                    news.receivedAt,
                ]
            )
            guard process.source == AccessSource.events.rawValue else { continue }
            try CoverageWriter(db: db, registryId: process.registryId)
                .delivered(process.name, stamp: news.lastStamp)
        }
        processes.removeAll(keepingCapacity: true)
    }

    /// Writes all that is gathered and lets coverage grow.
    mutating func finish(now: Timestamp) throws {
        try flushGathered()
        try flushHeard()
        try flushProcesses()
        for process in returnedProbes {
            try CoverageWriter(db: db, registryId: process.registryId)
                .advance(source: process.source, now: now)
        }
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
