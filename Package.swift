// swift-tools-version: 6.2
import PackageDescription

/// Where which of two C modules declares `stat` depends on the order in which files are compiled,
/// members can't be bound to imports.
let looseSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// What every target is compiled with: the whole of language mode 6, and imports that say what
/// they show to others.
let settings = looseSettings + [.enableUpcomingFeature("MemberImportVisibility")]

/// Released programs carry Swift's libraries: they start sooner, and run where no toolchain is.
let carriesSwift: BuildSettingCondition = .when(platforms: [.linux], configuration: .release)
let staticSettings: [SwiftSetting] = [.unsafeFlags(["-static-stdlib"], carriesSwift)]
/// Its XML parser names the library that it would fetch documents with.
let staticLinking: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib", "-l_CFURLSessionInterface"], carriesSwift)
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals",
    package: "swift-service-lifecycle"
)
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A library target; its dependencies are the modules below it.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "lastpull",
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        module("RegistryModel", [crypto]),
        module("CurlTransport", ["CCurl", "RegistryModel"]),
        module("RegistryClients", ["CurlTransport", "RegistryModel", crypto]),
        module("AccessLedger", ["CSQLite", "RegistryModel", grdb, sqlite]),
        module("EventDecoding", ["CZlib", "CZstd", "RegistryModel", crypto]),
        .target(
            name: "LogReading",
            dependencies: ["CZlib", "CurlTransport", "EventDecoding", "RegistryModel", crypto],
            swiftSettings: settings + staticSettings
        ),
        module("RetentionPlanning", ["RegistryModel"]),
        module("RegistryStorage", ["CLinux", "EventDecoding", "RegistryModel", crypto, yams]),
        module(
            "Cleanup",
            [
                "AccessLedger", "CLinux", "RegistryClients", "RegistryModel", "RegistryStorage",
                "RetentionPlanning", logging,
            ]
        ),
        module(
            "Publishing",
            [
                "AccessLedger", "CurlTransport", "RegistryClients", "RegistryModel", crypto,
                hummingbird, logging, nioCore,
            ]
        ),
        module(
            "Listening",
            [
                "EventDecoding", "RegistryModel", crypto, hummingbird, lifecycle, logging, nioCore,
                nioPosix, nioSSL,
            ]
        ),
        module(
            "Daemon",
            [
                "AccessLedger", "Cleanup", "CurlTransport", "EventDecoding", "Listening",
                "LogReading", "Publishing", "RegistryClients", "RegistryModel", "RegistryStorage",
                "RetentionPlanning", hummingbird, lifecycle, logging, nioCore, unixSignals, yams,
            ]
        ),
        .executableTarget(
            name: "lastpull",
            dependencies: [
                "AccessLedger", "Cleanup", "Daemon", "EventDecoding", "LogReading", "Publishing",
                "RegistryClients", "RegistryModel", "RegistryStorage", "RetentionPlanning",
                argumentParser, logging,
            ],
            swiftSettings: settings + staticSettings,
            linkerSettings: staticLinking
        ),
        .executableTarget(
            name: "lastpull-bench",
            dependencies: [
                "AccessLedger", "Cleanup", "CurlTransport", "Daemon", "EventDecoding", "Fuzzing",
                "Listening", "RegistryModel", "RegistryStorage", "TestSupport", argumentParser,
                grdb, hummingbird, logging, nioCore,
            ],
            swiftSettings: looseSettings + staticSettings,
            linkerSettings: staticLinking
        ),
        .target(
            name: "TestSupport",
            dependencies: ["RegistryModel", crypto, hummingbird, logging, nioCore],
            path: "Tests/TestSupport",
            swiftSettings: looseSettings
        ),
        tests("RegistryModelTests", ["RegistryModel"]),
        .target(
            name: "Fuzzing",
            dependencies: ["EventDecoding", "RegistryModel"],
            path: "Tests/Fuzzing",
            swiftSettings: settings
        ),
        tests("EventDecodingTests", ["EventDecoding", "Fuzzing", "RegistryModel", "TestSupport"]),
        tests("RetentionPlanningTests", ["RegistryModel", "RetentionPlanning"]),
        tests("AccessLedgerTests", ["AccessLedger", "RegistryModel", "TestSupport", grdb]),
        tests(
            "RegistryClientsTests",
            ["CurlTransport", "RegistryClients", "RegistryModel", "TestSupport"]
        ),
        tests(
            "ListeningTests",
            [
                "Listening", "Publishing", "RegistryModel", "TestSupport", hummingbird, lifecycle,
                logging, nioCore, nioPosix,
            ]
        ),
        tests("LogReadingTests", ["CurlTransport", "LogReading", "RegistryModel", "TestSupport"]),
        tests(
            "PublishingTests",
            [
                "AccessLedger", "CurlTransport", "Publishing", "RegistryModel", "TestSupport",
                logging,
            ]
        ),
        tests(
            "RegistryStorageTests",
            ["Fuzzing", "RegistryModel", "RegistryStorage", "TestSupport"]
        ),
        tests(
            "DaemonTests",
            [
                "AccessLedger", "Cleanup", "Daemon", "EventDecoding", "Listening", "LogReading",
                "Publishing", "RegistryClients", "RegistryModel", "RetentionPlanning",
                "TestSupport", grdb,
            ]
        ),
        tests(
            "CleanupTests",
            [
                "AccessLedger", "Cleanup", "CurlTransport", "RegistryClients", "RegistryModel",
                "RegistryStorage", "RetentionPlanning", "TestSupport", logging,
            ]
        ),
        tests("EndToEndTests", ["RegistryModel", "TestSupport"]),
    ]
)
