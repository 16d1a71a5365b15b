import RegistryModel

/// Records of AWS CloudTrail about Elastic Container Registry, from its files and from EventBridge.
///
/// Source: Amazon ECR, "Logging Amazon ECR actions with AWS CloudTrail". A pull is `BatchGetImage`,
/// and who pulls by tag is not told the digest.
enum CloudTrailRecord {
    /// The accesses in one record; empty for what says nothing of a manifest's use.
    static func events(in record: JSONValue) throws(FieldProblem) -> [WebhookEvent] {
        guard record["eventSource"]?.string == "ecr.amazonaws.com", record["errorCode"] == nil,
            let name = record["eventName"]?.string
        else { return [] }
        var base = WebhookEvent()
        base.time = record["eventTime"]?.time
        base.isSecondGranular = true
        base.address = record["sourceIPAddress"]?.string
        base.actor =
            record["userIdentity", "arn"]?.string ?? record["userIdentity", "principalId"]?.string
        base.userAgent = record["userAgent"]?.string
        base.repository = record["requestParameters", "repositoryName"]?.string
        switch name {
        case "BatchGetImage": return pulls(record, base)
        case "PutImage": return pushes(record, base)
        case "BatchDeleteImage": return deletes(record, base)
        case "PolicyExecutionEvent": return expirations(record, base)
        default: return []
        }
    }

    /// What makes the record the same when it is delivered again.
    static func identity(of record: JSONValue) -> String {
        ["eventID", "requestID", "eventTime", "eventName"]
            .map { record[$0]?.string ?? "" }.joined(separator: "\n")
    }

    private static func pulls(_ record: JSONValue, _ base: WebhookEvent) -> [WebhookEvent] {
        images(record["requestParameters", "imageIds"]).map { image in
            var event = base
            event.accessClass = .pull
            event.digest = image.digest
            event.tag = image.tag
            return event
        }
    }

    private static func pushes(_ record: JSONValue, _ base: WebhookEvent) -> [WebhookEvent] {
        var event = base
        event.accessClass = .push
        event.digest = record["responseElements", "image", "imageId", "imageDigest"]?.string
        event.tag =
            record["responseElements", "image", "imageId", "imageTag"]?.string
            ?? record["requestParameters", "imageTag"]?.string
        event.mediaType = record["requestParameters", "imageManifestMediaType"]?.string
        return [event]
    }

    /// Only what the answer says was deleted; a delete by tag takes a name away, not the manifest.
    private static func deletes(_ record: JSONValue, _ base: WebhookEvent) -> [WebhookEvent] {
        let wanted = Set(images(record["requestParameters", "imageIds"]).compactMap(\.digest))
        return images(record["responseElements", "imageIds"]).compactMap { image in
            var event = base
            event.accessClass = .delete
            if let digest = image.digest, wanted.contains(digest) {
                event.digest = digest
            } else if let tag = image.tag {
                event.tag = tag
            } else {
                return nil
            }
            return event
        }
    }

    /// What a lifecycle policy has taken.
    private static func expirations(_ record: JSONValue, _ base: WebhookEvent) -> [WebhookEvent] {
        let details = record["serviceEventDetails"]
        return (details?["lifecycleEventImageActions"]?.items ?? []).compactMap { action in
            guard let digest = action["lifecycleEventImage", "digest"]?.string else { return nil }
            var event = base
            event.repository = details?["repositoryName"]?.string
            event.accessClass = .delete
            event.digest = digest
            return event
        }
    }

    private static func images(_ list: JSONValue?) -> [(digest: String?, tag: String?)] {
        (list?.items ?? []).map { ($0["imageDigest"]?.string, $0["imageTag"]?.string) }
    }
}

extension LogDecoder {
    /// Takes a record that names its event source, or an event of EventBridge with one in it.
    mutating func addCloudTrail(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        guard format == nil || format == .cloudtrail else {
            decoded.reject(bytes, "record at byte \(offset) is not of the format asked for")
            return
        }
        // A tree takes many times the bytes of its text; CloudTrail cuts records at 256 KB.
        guard bytes.count <= Self.largestTree, let tree = try? JSONValue(parsing: bytes) else {
            decoded.reject(bytes, "record at byte \(offset) is too large for one of CloudTrail")
            return
        }
        let record = tree["detail", "eventSource"] == nil ? tree : tree["detail"] ?? tree
        do throws(FieldProblem) {
            let events = try CloudTrailRecord.events(in: record)
            if events.isEmpty { decoded.ignored += 1 }
            for event in events { try add(event, CloudTrailRecord.identity(of: record)) }
        } catch {
            decoded.reject(bytes, "record at byte \(offset): \(error.reason)")
        }
    }

    private static let largestTree = 4 << 20

    private mutating func add(_ event: WebhookEvent, _ identity: String) throws(FieldProblem) {
        guard let time = event.time else { throw .missing("eventTime") }
        guard let access = try event.access(place: "", receivedAt: time) else {
            decoded.ignored += 1
            return
        }
        let mark = arena.mark
        defer { arena.release(mark) }
        let repository = copied(access.repository.description)
        let digest = copied(access.digest?.description)
        let tag = copied(access.tag?.description)
        keys.begin(time, access.class)
        for part in [copied(identity), repository, digest, tag] { keys.add(part) }
        texts.append(
            AccessTable.Row(
                key: keys.finish(),
                time: time,
                size: 0,
                repository: try texts.repository(repository, "repositoryName"),
                digest: try texts.digest(digest, "imageDigest"),
                tag: try texts.tag(tag, "imageTag"),
                client: texts.client(
                    address: copied(access.address),
                    actor: copied(access.actor),
                    userAgent: copied(access.userAgent)
                ),
                mediaType: texts.mediaType(copied(access.mediaType)),
                class: access.class,
                isSecondGranular: access.isSecondGranular
            )
        )
    }
    private func copied(_ text: String?) -> UnsafeRawBufferPointer {
        Array((text ?? "").utf8).withUnsafeBytes { arena.copy($0) }
    }
}
