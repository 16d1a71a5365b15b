/// What went wrong in the harness itself, as one line with the output that explains it.
package struct HarnessError: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
