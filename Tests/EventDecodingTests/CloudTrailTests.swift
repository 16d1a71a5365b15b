import EventDecoding
import RegistryModel
import Testing

struct CloudTrailTests {
    private func record(
        _ name: String,
        request: String = #"{"repositoryName":"team/api","imageIds":[{"imageTag":"v1"}]}"#,
        answer: String = "null",
        more: String = ""
    ) -> String {
        #"{"eventTime":"2026-03-04T05:06:07Z","eventSource":"ecr.amazonaws.com","eventName":"\#(name)","#
            + #""requestParameters":\#(request),"responseElements":\#(answer),"eventID":"1"\#(more)}"#
    }

    @Test func countsEveryImageOfOneCall() {
        let ids =
            #"[{"imageTag":"v1","imageDigest":"\#(digestA)"},{"imageDigest":"\#(digestB)"}]"#
        let decoded = decodeLog(
            record("BatchGetImage", request: #"{"repositoryName":"a","imageIds":\#(ids)}"#)
        )
        #expect(decoded.accesses.map(\.tag) == [TagName("v1"), nil])
        #expect(decoded.accesses.map(\.digest) == [Digest(digestA), Digest(digestB)])
        #expect(Set(decoded.accesses.map(\.key)).count == 2)
    }

    @Test(arguments: [
        #","errorCode":"AccessDenied""#, #","errorCode":"RepositoryNotFoundException""#,
    ])
    func ignoresFailures(_ more: String) {
        #expect(decodeLog(record("BatchGetImage", more: more)).ignored == 1)
        #expect(decodeLog(record("BatchGetImage", request: "null", more: more)).ignored == 1)
    }

    @Test func ignoresOtherCallsAndServices() {
        #expect(decodeLog(record("DescribeImages")).ignored == 1)
        #expect(decodeLog(record("GetDownloadUrlForLayer")).ignored == 1)
        let other = record("BatchGetImage").replacing("ecr.amazonaws", with: "s3.amazonaws")
        #expect(decodeLog(other).ignored == 1)
    }

    /// Only what was asked for by digest is gone; a deleted tag leaves its manifest.
    @Test func tellsDeletedTagsFromDeletedManifests() {
        let answer =
            #"{"imageIds":[{"imageTag":"v1","imageDigest":"\#(digestA)"},{"imageDigest":"\#(digestB)"}]}"#
        let request =
            #"{"repositoryName":"a","imageIds":[{"imageTag":"v1"},{"imageDigest":"\#(digestB)"}]}"#
        let accesses = decodeLog(record("BatchDeleteImage", request: request, answer: answer))
            .accesses
        #expect(accesses.map(\.class) == [.delete, .delete])
        #expect(accesses.map(\.tag) == [TagName("v1"), nil])
        #expect(accesses.map(\.digest) == [nil, Digest(digestB)])
        #expect(decodeLog(record("BatchDeleteImage", request: request)).ignored == 1)
    }

    @Test func readsExpirationsAndEventBridge() {
        let policy =
            #"{"eventTime":"2026-03-04T05:06:07Z","eventSource":"ecr.amazonaws.com","#
            + #""eventName":"PolicyExecutionEvent","serviceEventDetails":{"repositoryName":"a","#
            + #""lifecycleEventImageActions":[{"lifecycleEventImage":{"digest":"\#(digestA)"}}]}}"#
        #expect(decodeLog(policy).accesses.map(\.digest) == [Digest(digestA)])
        let bridged =
            #"{"detail-type":"AWS API Call via CloudTrail","detail":\#(record("BatchGetImage"))}"#
        #expect(
            decodeLog(bridged).accesses.map(\.key)
                == decodeLog(record("BatchGetImage")).accesses.map(\.key)
        )
    }

    /// Events that differ in their envelope only are read as the first one was.
    @Test func readsEqualDetailsOfManyEvents() {
        let body = (0..<4).map { #"{"id":"\#($0)","detail":\#(record("BatchGetImage"))}"# }
        let decoded = decodeLog(body.joined(separator: "\n"))
        #expect(decoded.accesses.count == 4 && decoded.rejections.isEmpty)
    }

    @Test func rejectsRecordsWithoutTime() {
        let timeless = record("BatchGetImage").replacing("eventTime", with: "someTime")
        #expect(
            decodeLog(timeless).rejections.map(\.reason) == [
                "record at byte 0: eventTime is missing"
            ]
        )
    }
}
