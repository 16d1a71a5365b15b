import RegistryModel
import Testing

@testable import AccessLedger

/// Which files are those of one log.
struct LogFamilyTests {
    @Test(arguments: [
        ["/l/access.log", "/l/access.log.1", "/l/access.log.12.gz", "/l/access.log-20260304"],
        ["/l/access-2026-03-04.log", "/l/access-2026-03-05T06.log.gz", "/l/access.log"],
        ["c/y=2026/m=03/d=04/h=05/m=00/PT1H.json", "c/y=2025/m=12/d=31/h=23/m=00/PT1H.json"],
        [
            "/t/AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/04/"
                + "123456789012_CloudTrail_us-east-1_20260304T0505Z_Mu0KsOhtH1ar15ZZ.json.gz",
            "/t/AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/05/"
                + "123456789012_CloudTrail_us-east-1_20260305T0505Z_Aq9LsOhtHhar25YY.json.gz",
        ],
        ["/k/registry/0.log", "/k/registry/0.log.20260304-050607.gz"],
    ])
    func theyDifferInNumbersAndDates(_ places: [String]) {
        #expect(Set(places.map { LogFamily(of: $0) }).count == 1)
    }

    @Test(arguments: [
        ["/l/access.log", "/l/writes.log", "/m/access.log", "/l/access", "access.log"],
        ["/l/web1.log", "/l/web2.log", "/l/access-1.log", "/l/access-2.log"],
        ["/1/access.log/x", "/l/access.log/x"],
        ["/l/loadbalancer1.log", "/l/loadbalancer2.log", "/l/registry-5000.log"],
        ["/l/registry-5001.log", "/l/registry-5000.log", "/5000/a.log", "/5001/a.log"],
        ["/10-0-0-5/a.log", "/10-0-0-6/a.log", "/cluster=1/a.log", "/cluster=2/a.log"],
        ["/01/a.log", "/02/a.log", "/l/2026/03/a.log", "/l/b/2026/03/a.log"],
    ])
    func othersAreLogsOfTheirOwn(_ places: [String]) {
        #expect(Set(places.map { LogFamily(of: $0) }).count == places.count)
    }
}
