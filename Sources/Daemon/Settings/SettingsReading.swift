/// One reading of a settings file: what was found wrong so far.
///
/// A class, so that every part of the file reports to the same place.
final class SettingsReading {
    let file: String
    let document: SettingsDocument
    private var problems: [SettingsProblem] = []
    private var remarks: [SettingsProblem] = []

    /// Parses `text`; fails with the one problem there is when it is not YAML.
    init(_ text: String, file: String) throws(SettingsError) {
        self.file = file
        do {
            document = try SettingsDocument(text)
        } catch {
            throw SettingsError(
                problems: [SettingsProblem(file: file, place: error.place, message: error.message)]
            )
        }
    }

    func refuse(_ message: String, at place: SettingsPlace) {
        problems.append(SettingsProblem(file: file, place: place, message: message))
    }

    /// Notes something legal that is hardly meant.
    func warn(_ message: String, at place: SettingsPlace) {
        remarks.append(SettingsProblem(file: file, place: place, message: message))
    }

    var warnings: [String] { Self.sorted(remarks).map(\.description) }

    /// Ends the reading with what came of it.
    ///
    /// - Parameter settings: Nil only where the reason was reported.
    /// - Returns: `settings`, when nothing was refused.
    /// - Throws: All that was refused, in the order of the file.
    func close(with settings: Settings?) throws(SettingsError) -> Settings {
        guard let settings, problems.isEmpty else {
            throw SettingsError(problems: Self.sorted(problems))
        }
        return settings
    }

    /// In the order of the file; a part that was read twice, through an alias, complains once.
    private static func sorted(_ found: [SettingsProblem]) -> [SettingsProblem] {
        Set(found).sorted { ($0.place, $0.message) < ($1.place, $1.message) }
    }
}
