import RegistryModel
import RetentionPlanning
import Testing

struct TempTiming {
    @Test func timing() throws {
        let clock = ContinuousClock()
        var a = Duration.zero, b = Duration.zero, c = Duration.zero, d = Duration.zero, e = Duration.zero
        for seed in UInt64(1)...100 {
            var g: GeneratedCase!
            a += try clock.measure { g = try GeneratedCase(seed: seed) }
            var f = InventorySlice()
            b += clock.measure { f = g.world.facts() }
            var p2 = Planner(request: g.request, coverage: g.coverage)
            var p = Planner(request: g.request, coverage: g.coverage)
            c += clock.measure { p.consider(f) }
            d += clock.measure { for x in f.candidates { _ = f.page([x]) } }
            for x in f.candidates { let y = f.page([x]); e += clock.measure { p2.consider(y) } }
        }
        print("TIMING", a, b, c, d, e)
    }
}
