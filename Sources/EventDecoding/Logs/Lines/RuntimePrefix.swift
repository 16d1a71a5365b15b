/// What Kubernetes' runtimes put before each line of a container: `time stdout F line`.
struct RuntimePrefix {
    let isError: Bool
    /// False for `P`: the line goes on in the next one of the same stream.
    let isLast: Bool
    let content: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        guard let space = line.firstIndex(of: UInt8(ascii: " "), from: 0), space >= 20,
            line[4] == UInt8(ascii: "-")
        else { return nil }
        isError = line.starts(with: " stderr ", at: space)
        guard isError || line.starts(with: " stdout ", at: space), space + 8 < line.count else {
            return nil
        }
        let mark = line[space + 8]
        guard mark == UInt8(ascii: "F") || mark == UInt8(ascii: "P"),
            space + 9 == line.count || line[space + 9] == UInt8(ascii: " ")
        else { return nil }
        isLast = mark == UInt8(ascii: "F")
        content = line.part(min(space + 10, line.count), line.count)
    }
}
