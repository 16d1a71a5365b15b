import Foundation

/// The peer: a Python script that parses each line of Azure's log with `json`, and counts in a
/// dictionary.
struct CountingScript {
    private let script: String
    private let output: String
    private let log: String

    init(in workplace: Workplace) throws {
        script = try workplace.write(Self.text, to: "count.py")
        output = workplace.file("counts.json")
        log = workplace.file("count.log")
    }

    func run(on path: String) throws -> Duration {
        try TimedCommand(program: "python3", arguments: [script, path], output: output, log: log)
            .run()
    }

    /// What it counted, by repository, reference and operation.
    var counts: [String: Int] {
        get throws {
            let data = try Data(contentsOf: URL(fileURLWithPath: output))
            return try JSONDecoder().decode([String: Int].self, from: data)
        }
    }

    private static let text = """
        import json
        import sys

        counts = {}
        with open(sys.argv[1], "rb") as log:
            for line in log:
                record = json.loads(line)
                if record["category"] != "ContainerRegistryRepositoryEvents":
                    continue
                operation = record["operationName"]
                status = record["resultDescription"]
                if (operation, status) not in (("Pull", "200"), ("Push", "201")):
                    continue
                properties = record["properties"]
                repository = properties["repository"]
                key = repository + "@" + properties["digest"] + " " + operation
                counts[key] = counts.get(key, 0) + 1
                if ":" not in properties["tag"]:
                    key = repository + ":" + properties["tag"] + " " + operation
                    counts[key] = counts.get(key, 0) + 1
        json.dump(counts, sys.stdout)

        """
}
