/// What numbered the names of an ``AccessTable``.
///
/// Tables of one origin are the same as far as they go: a name keeps its number, later tables only
/// have more of them. Which origin it is, its identity tells.
package final class NameOrigin: Sendable {
    package init() {}
}
