extension EventKey {
    /// The key of a record that is equal in all fields, and comes `ordinal` places after.
    ///
    /// However often it is repeated, in whichever pieces a log is read: one after the other gives the
    /// same keys as all at once.
    package func repeated(_ ordinal: UInt64 = 1) -> EventKey {
        EventKey(high: high, low: low &+ ordinal &* Self.step)
    }

    /// Odd, so that no two ordinals meet; far apart, so that nobody's own key lies between.
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
}
