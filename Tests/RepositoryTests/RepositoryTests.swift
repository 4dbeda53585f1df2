// The house rules that no compiler holds: arrows between rooms, where unsafe code may stand, sizes, words.
import Foundation
import TestSupport
import Testing

@Suite("The house rules")
struct RepositoryTests {
  /// The only room that may import each C library.
  private static let owners = [
    "CKernels": "CPUBackend", "CSndFile": "AudioFeatures", "CSoxr": "AudioFeatures", "CYAML": "YAMLNodes",
    "CCrypto": "ContentHash", "CZlib": "Parquet", "CZstd": "Parquet",
  ]

  @Test("rooms import what Package.swift declares and nothing else, never in a circle; C libraries have one owner")
  func arrows() throws {
    let plan = try PackagePlan()
    #expect(plan.rooms.count > 30)
    #expect(plan.circles.isEmpty)
    for room in plan.rooms.values.sorted(by: { $0.name < $1.name }) where room.wing != "System" {
      #expect(room.used.subtracting(room.declared).sorted() == [], "\(room.name) imports what it does not declare")
      #expect(room.declared.subtracting(room.used).sorted() == [], "\(room.name) declares what it does not import")
      for (library, owner) in Self.owners where room.used.contains(library) {
        #expect(room.name == owner, "only \(owner) may import \(library)")
      }
    }
    for file in SourceFile.all(under: "Sources") {
      #expect(plan.room(of: file.path) != nil, "\(file.path) stands in no room")
    }
  }

  @Test("Documentation/rooms.md is the plan that the imports draw; REPRO_WRITE_ROOMS=1 writes it anew")
  func picture() throws {
    let path = Fixtures.packageRoot.path + "/Documentation/rooms.md"
    let plan = try PackagePlan().text
    if ProcessInfo.processInfo.environment["REPRO_WRITE_ROOMS"] != nil {
      try plan.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let drawn = try String(contentsOfFile: path, encoding: .utf8)
    let (old, new) = (Set(drawn.split(separator: "\n")), Set(plan.split(separator: "\n")))
    #expect(old.subtracting(new).sorted() == [], "rooms.md has lines that no import draws")
    #expect(new.subtracting(old).sorted() == [], "rooms.md lacks lines")
    #expect(drawn == plan)
  }

  @Test("never: results or YAML in the engine, a model in reports, a backend outside the top floor")
  func nevers() throws {
    let plan = try PackagePlan()
    for file in SourceFile.all(under: "Sources") {
      let room = try #require(plan.room(of: file.path))
      let imports = Set(file.imports)
      if file.path.hasPrefix("Sources/Engine/") {
        #expect(imports.isDisjoint(with: ["YAMLNodes", "ResultStore", "Questions", "Runner"]), "\(file.path)")
      }
      if ["Reports", "Publications"].contains(room) {
        #expect(imports.isDisjoint(with: ["Models", "GRPO", "Generation", "Layers", "TensorCore"]), "\(file.path)")
      }
      for backend in ["CPUBackend", "CUDABackend"] where room != "repro" && room != backend {
        #expect(!imports.contains(backend), "\(file.path)")
      }
    }
  }

  @Test("papers are data: no line of code names one")
  func papers() throws {
    let folder = Fixtures.packageRoot.path + "/paper"
    let ids = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      FileManager.default.fileExists(atPath: "\(folder)/\($0)/paper.yaml")
    }
    #expect(ids.count > 1)
    for file in SourceFile.all(under: "Sources") {
      for line in file.lines where !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") {
        for id in ids { #expect(!line.lowercased().contains(id), "\(file.path) names \(id)") }
      }
    }
  }

  @Test("families of models are told apart by exhaustive switches: one that is added cannot be taken for another")
  func families() throws {
    for file in SourceFile.all(under: "Sources") {
      for (index, line) in file.lines.enumerated() where try line.contains(Regex("[!=]= (ModelArchitecture)?\\.qwen2(Audio|5Omni)")) {
        Issue.record("\(file.path):\(index + 1) compares with one family: \(line)")
      }
    }
  }

  @Test("no crash on purpose is reachable from input")
  func crashes() {
    for file in SourceFile.all(under: "Sources") {
      for word in ["fatalError(", "try!", " as! "] {
        #expect(!file.text.contains(word), "\(file.path) uses \(word)")
      }
    }
  }

  @Test("files, lines: one concern each, readable")
  func sizes() {
    let endings = [".swift", ".c", ".h", ".inc", ".cu", ".cpp"]
    for file in SourceFile.all(under: "Sources", endings: endings) + SourceFile.all(under: "Tests", endings: endings) {
      #expect(file.lines.count <= 351, "\(file.path) has \(file.lines.count - 1) lines")
      for (index, line) in file.lines.enumerated() where line.count > 122 {
        // Golden texts and digests may be long.
        if !line.contains("\"") { Issue.record("\(file.path):\(index + 1) has \(line.count) columns") }
      }
    }
  }

  @Test("no function has more than 60 lines")
  func functionLengths() {
    var count = 0
    for file in SourceFile.all(under: "Sources") {
      for (name, line, length) in file.functions {
        count += 1
        #expect(length <= 60, "\(file.path):\(line): \(name) has \(length) lines")
      }
    }
    #expect(count > 1000)
    let made = "struct A {\n  func a()\n\n  public func b() {\n    c {\n    }\n  }\n  init(\n    d: Int\n  ) {\n    e()\n  }\n}\n"
    #expect(SourceFile(path: "", text: made).functions.map { "\($0.name) \($0.line) \($0.length)" } == ["b 4 4", "init 8 5"])
  }

  @Test("unsafe code stands in these files alone")
  func unsafeCode() throws {
    let path = Fixtures.packageRoot.path + "/Tests/RepositoryTests/unsafe-files.txt"
    let listed = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    let pattern = #/\bunsafe\b(?!-)|\bUnsafe[A-Z]|@unsafe\b/#
    let found = SourceFile.all(under: "Sources").filter { file in
      file.lines.contains { line in
        !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") && line.contains(pattern)
      }
    }.map(\.path)
    #expect(Set(found).subtracting(listed).sorted() == [], "unsafe code in a file that is not listed")
    #expect(Set(listed).subtracting(found).sorted() == [], "listed, but without unsafe code")
    #expect(listed == listed.sorted() && listed.count < 25)
  }
}
