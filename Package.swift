// swift-tools-version: 6.2
// The rooms of the house and the arrows between them. A room may import only rooms on lower floors, and only
// those named here; `RepositoryTests` reads the import lines and holds them to this list.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A library room: its wing is the folder it stands in.
func room(_ name: String, in wing: String, needs: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: needs, path: "Sources/\(wing.isEmpty ? "" : wing + "/")\(name)",
    resources: resources, swiftSettings: strict,
    linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))])
}

func tests(_ room: String, needs: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: room + "Tests", dependencies: [.init(stringLiteral: room), "TestSupport"] + needs,
    path: "Tests/\(room)Tests", swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// MARK: - System

let systemRooms: [Target] = [
  system("CSndFile", pkgConfig: "sndfile", apt: "libsndfile1-dev"),
  system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
  system("CSoxr", pkgConfig: "soxr", apt: "libsoxr-dev"),
  system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
  system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
  system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
  .target(
    name: "CKernels", path: "Sources/System/CKernels",
    cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"])]),
]

// MARK: - Rooms. On which floor each stands is computed: `Documentation/rooms.md`

let rooms: [Target] = [
  room("Diagnostics", in: ""),
  room("JSONText", in: "", needs: ["Diagnostics"]),
  room("CSV", in: "", needs: ["Diagnostics"]),
  room("Records", in: "", needs: ["Diagnostics", "JSONText"]),
  room("ContentHash", in: "", needs: ["CCrypto"]),
  room("SystemCalls", in: ""),
  room("FileWriting", in: "", needs: ["SystemCalls"]),
  room("Locations", in: ""),
  room("TensorCore", in: "Engine"),
  room("CPUBackend", in: "Engine", needs: ["TensorCore", "CKernels"]),
  room(
    "CUDABackend", in: "Engine", needs: ["SystemCalls", "TensorCore", "Diagnostics", "ContentHash"],
    resources: ["canonical", "products", "elementwise", "norms", "attention"].map {
      .embedInCode("Kernels/\($0).cu")
    }),
  room(
    "SafeTensors", in: "Engine",
    needs: ["SystemCalls", "TensorCore", "Diagnostics", "JSONText", "FileWriting", "Locations"]),
  room("AudioFeatures", in: "Data", needs: ["SystemCalls", "TensorCore", "Diagnostics", "CSndFile", "CSoxr"]),
  room("Parquet", in: "Data", needs: ["Diagnostics", "CZlib", "CZstd"]),
  room("Tokenization", in: "Data", needs: ["Diagnostics", "JSONText"]),
  room("YAMLNodes", in: "Notebook", needs: ["Diagnostics", "CYAML"]),
  room("ResultStore", in: "Notebook", needs: ["SystemCalls", "Diagnostics", "JSONText", "ContentHash", "FileWriting"]),
  room("Layers", in: "Engine", needs: ["TensorCore"]),
  room("Optimizers", in: "Engine", needs: ["TensorCore", "Layers"]),
  room(
    "Questions", in: "Data", needs: ["CSV", "Diagnostics", "JSONText", "ContentHash", "Parquet"],
    resources: ["mmau-revisions.csv", "mmau-items.csv"].map { .embedInCode("published/" + $0) }),
  room(
    "QuestionWriting", in: "Data",
    needs: ["Diagnostics", "JSONText", "ContentHash", "TensorCore", "ResultStore", "Questions"]),
  room("Publications", in: "Notebook", needs: ["CSV", "Diagnostics", "JSONText", "Records", "YAMLNodes"]),
  room(
    "Models", in: "Engine",
    needs: ["SystemCalls", "TensorCore", "Layers", "SafeTensors", "Diagnostics", "JSONText", "FileWriting"]),
  room("Generation", in: "Engine", needs: ["TensorCore", "Layers", "Models"]),
  room(
    "MicroWorld", in: "Data",
    needs: ["SystemCalls", "TensorCore", "Diagnostics", "JSONText", "ContentHash", "AudioFeatures", "QuestionWriting"]),
  room("Training", in: "Engine", needs: ["TensorCore", "Layers", "Models", "Generation", "Optimizers"]),
  room(
    "Evaluation", in: "Data",
    needs: [
      "TensorCore", "Diagnostics", "JSONText", "ContentHash", "AudioFeatures", "Tokenization", "Questions", "Records",
      "Models", "Generation",
    ]),
  room(
    "Estimates", in: "Notebook", needs: ["SystemCalls", "Diagnostics", "JSONText", "Layers", "Models"]),
  room(
    "Catalogue", in: "Notebook", needs: ["Diagnostics", "Locations", "YAMLNodes", "Questions", "Models", "MicroWorld"]),
  room(
    "Reports", in: "Notebook",
    needs: ["CSV", "SystemCalls", "Diagnostics", "JSONText", "Records", "ResultStore", "Publications"],
    resources: [.embedInCode("report/report.tex")]),
  room(
    "Experiments", in: "Notebook",
    needs: [
      "AudioFeatures", "Catalogue", "Diagnostics", "Evaluation", "Generation", "JSONText", "Layers", "Locations",
      "Models", "Optimizers", "Publications", "Questions", "Records", "TensorCore", "Tokenization", "Training",
      "YAMLNodes",
    ]),
  room(
    "MicroModels", in: "Notebook",
    needs: [
      "Catalogue", "ContentHash", "Evaluation", "Generation", "JSONText", "Layers", "MicroWorld", "Models",
      "Optimizers", "Questions", "Records", "SafeTensors", "TensorCore", "Tokenization", "Training",
    ]),
  room(
    "Runner", in: "Notebook",
    needs: [
      "AudioFeatures", "Catalogue", "ContentHash", "Diagnostics", "Estimates", "Evaluation", "Experiments",
      "Generation", "JSONText", "Layers", "Locations", "MicroModels", "MicroWorld", "Models", "Optimizers",
      "Publications", "Questions", "Records", "ResultStore", "SafeTensors", "SystemCalls", "TensorCore",
      "Tokenization", "Training",
    ]),
  room(
    "Site", in: "Notebook",
    needs: [
      "Diagnostics", "JSONText", "ContentHash", "FileWriting", "AudioFeatures", "Questions", "Publications", "Records",
      "Evaluation", "Reports",
    ],
    resources: [
      "index.html", "site.css", "base.js", "plots.js", "overview.js", "runs.js", "questions.js", "question.js",
      "compare.js", "start.js",
    ].map { .embedInCode("page/" + $0) }),
  .executableTarget(
    name: "repro",
    dependencies: [
      "AudioFeatures", "CPUBackend", "CUDABackend", "Catalogue", "ContentHash", "Diagnostics", "Estimates",
      "Evaluation", "Experiments", "FileWriting", "Generation", "JSONText", "Layers", "Locations", "MicroModels",
      "MicroWorld", "Models", "Optimizers", "Publications", "QuestionWriting", "Questions", "Records", "Reports",
      "ResultStore", "Runner", "SafeTensors", "Site", "SystemCalls", "TensorCore", "Tokenization", "Training",
      arguments,
    ],
    path: "Sources/repro", swiftSettings: strict),
]

// MARK: - Tests

let testRooms: [Target] = [
  .target(
    name: "GPUEmulator", path: "Tests/GPUEmulator",
    cxxSettings: [.unsafeFlags(["-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])]),
  .target(
    name: "TestSupport",
    dependencies: [
      "Diagnostics", "JSONText", "TensorCore", "SafeTensors", "CUDABackend", "GPUEmulator", "Publications",
    ],
    path: "Tests/TestSupport", swiftSettings: strict),
  // Makes what `.ci/rehearsal` walks through; nothing that users install.
  .executableTarget(
    name: "rehearsal",
    dependencies: [
      "Diagnostics", "JSONText", "ContentHash", "TensorCore", "CPUBackend", "SafeTensors", "Tokenization", "Layers",
      "Models", "CSndFile", "Parquet", "ParquetWriting",
    ],
    path: "Tests/Rehearsal", swiftSettings: strict),
  .target(
    name: "ParquetWriting", dependencies: ["Parquet"], path: "Tests/ParquetWriting", swiftSettings: strict),
  tests("Diagnostics"),
  tests("JSONText"),
  tests("ContentHash"),
  tests("TensorCore"),
  tests("CPUBackend", needs: ["TensorCore"]),
  tests("CUDABackend", needs: ["TensorCore", "CPUBackend", "Diagnostics"]),
  tests("SafeTensors", needs: ["TensorCore", "Diagnostics"]),
  tests("AudioFeatures", needs: ["TensorCore", "SafeTensors", "Diagnostics"]),
  tests("Parquet", needs: ["Diagnostics", "ParquetWriting"]),
  tests("Tokenization", needs: ["JSONText", "Diagnostics"]),
  tests("YAMLNodes", needs: ["Diagnostics"]),
  tests("ResultStore", needs: ["ContentHash", "Diagnostics", "JSONText"]),
  tests("Optimizers", needs: ["TensorCore", "CPUBackend", "Layers"]),
  tests("Questions", needs: ["Diagnostics", "JSONText", "ContentHash", "Parquet", "ParquetWriting"]),
  tests("QuestionWriting", needs: ["Questions", "JSONText", "ContentHash", "Diagnostics"]),
  tests("Publications", needs: ["CSV", "Diagnostics", "JSONText", "Records"]),
  tests("Models", needs: ["TensorCore", "CPUBackend", "Layers", "SafeTensors", "Generation", "JSONText"]),
  tests("MicroWorld", needs: ["AudioFeatures", "ContentHash", "JSONText", "Questions"]),
  tests(
    "Training", needs: [
      "CPUBackend", "Generation", "JSONText", "Layers", "Models", "Optimizers", "Records", "SafeTensors",
      "TensorCore",
    ]),
  tests(
    "Evaluation",
    needs: [
      "Questions", "CPUBackend", "JSONText", "Diagnostics", "Records", "TensorCore", "Layers", "Models", "Generation",
    ]),
  tests("Estimates", needs: ["Diagnostics", "TensorCore", "Layers", "Models"]),
  tests("Catalogue", needs: ["Diagnostics", "MicroWorld", "Models", "Questions"]),
  tests("Reports", needs: ["Publications", "JSONText", "Records"]),
  tests("Records", needs: ["Diagnostics", "JSONText"]),
  tests("CSV", needs: ["Diagnostics"]),
  tests(
    "Site", needs: ["Publications", "JSONText", "Questions", "Evaluation", "Records", "AudioFeatures", "Reports", "Diagnostics"]),
  tests(
    "Runner",
    needs: [
      "Catalogue", "Diagnostics", "Evaluation", "Experiments", "Generation", "Models", "Publications", "Questions",
      "Records", "ResultStore", "TensorCore", "Training",
    ]),
  .testTarget(
    name: "CommandTests",
    dependencies: [
      "TestSupport", "CUDABackend", "ContentHash", "JSONText", "Questions", "Parquet", "ParquetWriting", "SafeTensors",
      "TensorCore", "repro",
    ],
    path: "Tests/CommandTests", swiftSettings: strict),
  .testTarget(
    name: "RepositoryTests", dependencies: ["TestSupport", "JSONText"], path: "Tests/RepositoryTests",
    exclude: ["unsafe-files.txt"],
    swiftSettings: strict),
]

let package = Package(
  name: "repro",
  products: [.executable(name: "repro", targets: ["repro"])],
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")],
  targets: systemRooms + rooms + testRooms,
  cLanguageStandard: .c17, cxxLanguageStandard: .cxx17)
