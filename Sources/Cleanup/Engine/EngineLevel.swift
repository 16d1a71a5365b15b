import RegistryModel
import RetentionPlanning

/// How full an engine is by a trigger's marks.
struct EngineLevel: Sendable {
    /// What was measured, for people.
    var measured: String
    /// Whether the trigger fires.
    var isAbove: Bool
    /// Bytes above the low mark; less than none below it.
    var excess: Int64

    /// Measures; nil for a trigger without marks, and where `bytes`, all that the engine keeps on its
    /// disk, are needed and not known.
    init?(_ measure: Trigger.Measure, bytes: Int64?) throws {
        switch measure {
        case .volume(let path, let above, let until, _):
            let gauge = try VolumeGauge(path: path)
            measured = "\((gauge.percent * 10).rounded() / 10)% of \(path)"
            isAbove = gauge.isAbove(above, released: 0)
            excess = gauge.excess(over: until, released: 0)
        case .engineBytes(let above, let until):
            guard let bytes else { return nil }
            measured = "\(bytes) bytes"
            isAbove = bytes > above.bytes
            excess = bytes - until.bytes
        default:
            return nil
        }
    }
}

extension Trigger.Measure {
    /// Whether the engine itself is asked for its bytes.
    var asksEngine: Bool {
        if case .engineBytes = self { true } else { false }
    }
}
