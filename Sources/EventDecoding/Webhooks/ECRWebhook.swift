import RegistryModel

/// Amazon ECR by EventBridge, bare or as SNS and SQS pass it on.
///
/// Its own events tell of no pulls, but for those that fill a pull-through cache. A rule may pass on
/// CloudTrail's besides, whose pulls count; that all of them come, nobody knows. Source: Amazon ECR,
/// "Amazon ECR events and EventBridge".
enum ECRWebhook: WebhookDialect {
    static let sender = DecodedBody.Sender(kind: "ecr", tellsPulls: false)

    static func events(
        in body: JSONValue,
        _ request: WebhookRequest
    ) throws(FieldProblem) -> [WebhookEvent]? {
        if body["Type"]?.string == "SubscriptionConfirmation", body["TopicArn"] != nil {
            throw FieldProblem(
                reason: "a subscription that waits: confirm it by opening its SubscribeURL"
            )
        }
        guard body["source"]?.string == "aws.ecr", let kind = body["detail-type"]?.string,
            let detail = body["detail"]
        else { return nil }
        if detail["eventSource"] != nil { return try calls(detail) }
        var event = WebhookEvent()
        event.id = body["id"]?.string
        event.time = body["time"]?.time
        switch (kind, detail["result"]?.string ?? detail["sync-status"]?.string) {
        case ("ECR Image Action", "SUCCESS"):
            switch detail["action-type"]?.string {
            case "PUSH": event.accessClass = .push
            case "DELETE": event.accessClass = .delete
            default: return [event]
            }
        case ("ECR Pull Through Cache Action", "SUCCESS"): event.accessClass = .push
        default: return [event]
        }
        event.repository = detail["repository-name"]?.string
        event.digest = detail["image-digest"]?.string
        event.tag = detail["image-tag"]?.string
        event.mediaType = detail["manifest-media-type"]?.string
        return [event]
    }

    /// What a record of CloudTrail says; one that says nothing is one event without class.
    private static func calls(_ record: JSONValue) throws(FieldProblem) -> [WebhookEvent] {
        var events = try CloudTrailRecord.events(in: record)
        let identity = CloudTrailRecord.identity(of: record)
        for place in events.indices { events[place].id = "\(identity)\n\(place)" }
        return events.isEmpty ? [WebhookEvent()] : events
    }
}
