import Fuzzing
import Testing

/// Some inputs for each decoder in every run; `lastpull-bench fuzz` gives each a million.
struct FuzzTests {
    @Test(arguments: FuzzTarget.all)
    func survives(_ target: FuzzTarget) throws {
        var mutator = Mutator(samples: try FuzzSamples.all(), seed: 20_260_304)
        for index in 0..<1_000 {
            let input = mutator.next()
            do {
                try target.run(input, &mutator.random)
            } catch {
                Issue.record("input \(index) of \(target.name): \(error)")
                return
            }
        }
    }
}

extension FuzzTarget: CustomTestStringConvertible {
    package var testDescription: String { name }
}
