import Publishing
import Testing

struct MetricFamilyTests {
    @Test func writesWhatPrometheusReads() {
        var accesses = MetricFamily("accesses_total", .counter, "Accesses that were recorded.")
        accesses.add(3, ["registry": "local", "class": "pull"])
        accesses.add(Int64(9_007_199_254_740_991), ["registry": "b", "class": "push"])
        var age = MetricFamily("age_seconds", .gauge, "How old it is.")
        age.add(1_772_600_767.25)
        #expect(
            MetricFamily.text([accesses, age]) == """
                # HELP lastpull_accesses_total Accesses that were recorded.
                # TYPE lastpull_accesses_total counter
                lastpull_accesses_total{registry="local",class="pull"} 3
                lastpull_accesses_total{registry="b",class="push"} 9007199254740991
                # HELP lastpull_age_seconds How old it is.
                # TYPE lastpull_age_seconds gauge
                lastpull_age_seconds 1772600767.25

                """
        )
    }

    @Test func labelsAreEscaped() {
        var family = MetricFamily("a", .gauge, "A.")
        family.add(1, ["name": "a\"b\\c\nd"])
        #expect(MetricFamily.text([family]).contains(#"{name="a\"b\\c\nd"} 1"#))
    }

    // A name alone, without a number, would be a mistake to Prometheus' eyes.
    @Test func aFamilyWithoutSamplesIsLeftOut() {
        #expect(MetricFamily.text([MetricFamily("a", .gauge, "A.")]).isEmpty)
    }
}
