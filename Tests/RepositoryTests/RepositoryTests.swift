// The house rules that no compiler holds: arrows between rooms, where unsafe code may stand, sizes, words.
import Foundation
import TestSupport
import Testing

private struct SourceFile: Sendable, CustomTestStringConvertible {
  let path: String
  let text: String
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var testDescription: String { path }

  static func all(under folder: String, endings: [String] = [".swift"]) -> [SourceFile] {
    let root = Fixtures.packageRoot.path
    let names = FileManager.default.enumerator(atPath: root + "/" + folder)?.allObjects as? [String] ?? []
    return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted().compactMap { name in
      FileManager.default.contents(atPath: "\(root)/\(folder)/\(name)").map {
        SourceFile(path: "\(folder)/\(name)", text: String(decoding: $0, as: UTF8.self))
      }
    }
  }
}

@Suite("The house rules")
struct RepositoryTests {
  /// Floors of DESIGN: a room imports only rooms of lower floors.
  private static let floors: [String: Int] = [
    "COpenBLAS": 0, "CSndFile": 0, "CYAML": 0, "CSoxr": 0, "CCrypto": 0, "CZlib": 0, "CZstd": 0, "CKernels": 0,
    "Diagnostics": 1, "JSONText": 1, "ContentHash": 1, "FileWriting": 1, "Locations": 1, "TensorCore": 1,
    "CPUBackend": 2, "CUDABackend": 2, "SafeTensors": 2, "AudioFeatures": 2, "Tokenization": 2, "YAMLNodes": 2,
    "Parquet": 2, "ResultStore": 2,
    "Layers": 3, "Optimizers": 3, "Questions": 3, "QuestionWriting": 3, "Publications": 3,
    "Models": 4, "Generation": 4, "MicroWorld": 4,
    "GRPO": 5, "Evaluation": 5, "Estimates": 5, "Catalogue": 5, "Reports": 6, "Site": 6, "ExperimentRunner": 6, "repro": 7,
  ]
  /// Rooms of one floor may lean on each other only here, and never in a circle.
  private static let sameFloor: Set<[String]> = [
    ["JSONText", "Diagnostics"], ["Generation", "Models"], ["ExperimentRunner", "Reports"], ["Site", "Reports"],
    ["Optimizers", "Layers"], ["QuestionWriting", "Questions"],
  ]
  /// The only room that may import each C library.
  private static let owners = [
    "COpenBLAS": "CPUBackend", "CKernels": "CPUBackend", "CSndFile": "AudioFeatures", "CSoxr": "AudioFeatures",
    "CYAML": "YAMLNodes", "CCrypto": "ContentHash", "CZlib": "Parquet", "CZstd": "Parquet",
  ]

  private static func room(of path: String) -> String {
    let parts = path.split(separator: "/").map(String.init)
    return parts.last { floors[$0] != nil } ?? parts[1]
  }

  private static func imports(_ file: SourceFile) -> [String] {
    file.lines.compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
        words[..<index].allSatisfy({ ["public", "internal", "package", "private", "fileprivate"].contains($0) })
      else { return nil }
      return words[index + 1]
    }
  }

  @Test("imports point down, and C libraries have one owner")
  func arrows() {
    let files = SourceFile.all(under: "Sources")
    #expect(files.count > 40)
    for file in files {
      let room = Self.room(of: file.path)
      guard let floor = Self.floors[room] else {
        Issue.record("\(file.path) stands in no room")
        continue
      }
      for name in Self.imports(file) {
        guard let other = Self.floors[name], name != room else { continue }
        #expect(
          other < floor || Self.sameFloor.contains([room, name]), "\(file.path): \(room) may not import \(name)")
        if let owner = Self.owners[name] { #expect(owner == room, "\(file.path): only \(owner) may import \(name)") }
      }
    }
  }

  @Test("never: results or YAML in the engine, a model in reports, a backend outside the top floor")
  func nevers() {
    for file in SourceFile.all(under: "Sources") {
      let room = Self.room(of: file.path)
      let imports = Set(Self.imports(file))
      if file.path.hasPrefix("Sources/Engine/") {
        #expect(imports.isDisjoint(with: ["YAMLNodes", "ResultStore", "Questions", "ExperimentRunner"]), "\(file.path)")
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
      for (index, line) in file.lines.enumerated() where try line.contains(Regex("[!=]= \\.?(ModelArchitecture\\.)?\\.?qwen")) {
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
      #expect(file.lines.count <= 450, "\(file.path) has \(file.lines.count) lines")
      for (index, line) in file.lines.enumerated() where line.count > 122 {
        // Golden texts and digests may be long.
        if !line.contains("\"") { Issue.record("\(file.path):\(index + 1) has \(line.count) columns") }
      }
    }
  }
}
