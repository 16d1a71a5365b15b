/// A position in a settings file, counted from 1; columns are Unicode scalars.
package struct SettingsPlace: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let start = SettingsPlace(line: 1, column: 1)

    package static func < (left: SettingsPlace, right: SettingsPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong in a settings file.
package struct SettingsProblem: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var place: SettingsPlace
    /// One line that names the key by its path, what is wrong with it, and the next step.
    package var message: String

    package init(file: String, place: SettingsPlace, message: String) {
        self.file = file
        self.place = place
        self.message = message
    }

    /// The problem as compilers print theirs, `file:line:column: message`.
    package var description: String { "\(file):\(place.line):\(place.column): \(message)" }
}

/// Why a settings file is refused: all that is wrong in it, in the order of its lines.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package var problems: [SettingsProblem]

    package init(problems: [SettingsProblem]) {
        self.problems = problems
    }

    /// One line for each problem.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
