extension JSONReader {
    /// Reads a string; null is nil, and any other kind is skipped and put down as `misfit`.
    mutating func text(
        _ field: StaticString,
        _ misfit: inout StaticString?
    ) throws(DecodingFailure) -> JSONText? {
        let first = try peek()
        if first == UInt8(ascii: "\"") { return try string() }
        try skipValue()
        if first != UInt8(ascii: "n") { misfit = misfit ?? field }
        return nil
    }

    /// Reads a string or the text of a number; null is nil, any other kind a misfit.
    mutating func scalar(
        _ field: StaticString,
        _ misfit: inout StaticString?
    ) throws(DecodingFailure) -> JSONText? {
        let first = try peek()
        guard first == UInt8(ascii: "-") || first.isDigit else { return try text(field, &misfit) }
        return try number()
    }

    /// Enters an object; null and any other kind are skipped, and the answer is false.
    mutating func entersObject(
        _ field: StaticString,
        _ misfit: inout StaticString?
    ) throws(DecodingFailure) -> Bool {
        let first = try peek()
        guard first != UInt8(ascii: "{") else {
            try enterObject()
            return true
        }
        try skipValue()
        if first != UInt8(ascii: "n") { misfit = misfit ?? field }
        return false
    }
}
