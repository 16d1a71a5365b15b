/// How many bytes of one request are taken.
package struct BodyLimits: Sendable, Equatable {
    /// Bytes as they come in.
    package var received: Int
    /// Bytes after inflating.
    package var inflated: Int

    package init(received: Int = 16 << 20, inflated: Int = 64 << 20) {
        self.received = received
        self.inflated = inflated
    }
}
