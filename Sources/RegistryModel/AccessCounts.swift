/// Counted accesses of one manifest or tag over some window, by class.
package struct AccessCounts: Sendable, Hashable {
    package var pulls: Int
    package var resolves: Int
    package var pushes: Int

    package init(pulls: Int = 0, resolves: Int = 0, pushes: Int = 0) {
        self.pulls = pulls
        self.resolves = resolves
        self.pushes = pushes
    }

    /// The sum over `classes`; deletes are never counted.
    package func total(of classes: Set<AccessClass>) -> Int {
        (classes.contains(.pull) ? pulls : 0)
            + (classes.contains(.resolve) ? resolves : 0)
            + (classes.contains(.push) ? pushes : 0)
    }

    package static func + (left: AccessCounts, right: AccessCounts) -> AccessCounts {
        AccessCounts(
            pulls: left.pulls + right.pulls,
            resolves: left.resolves + right.resolves,
            pushes: left.pushes + right.pushes
        )
    }
}
