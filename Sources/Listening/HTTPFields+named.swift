import HTTPTypes

extension HTTPFields {
    /// The value of a field whose name was made from a text, which may fail in theory.
    subscript(named name: HTTPField.Name?) -> String? {
        get { name.flatMap { self[$0] } }
        set { if let name { self[name] = newValue } }
    }
}
