// What the documents name is there, and what is public says what it is.
import Foundation
import TestSupport
import Testing

/// A declaration that other rooms can use.
private struct PublicDeclaration {
  var kind: String
  var name: String
  var place: String
  var hasComment: Bool
}

extension SourceFile {
  /// Public declarations, initialisers and cases aside.
  fileprivate var publicDeclarations: [PublicDeclaration] {
    let pattern =
      #/
        ^\ *(@[A-Za-z]+(\([^)]*\))?\ )*public\ ((private|internal|fileprivate)\(set\)\ )?
        ((final|static|mutating|consuming|indirect|nonisolated)\ )*
        (?<kind>func|var|let|struct|class|enum|protocol|subscript|typealias)\b\ ?(?<name><|[^\ (:{<]*)
      /#
    let lines = lines
    return lines.indices.compactMap { index in
      guard let match = try? pattern.prefixMatch(in: lines[index]) else { return nil }
      // An attribute may stand on a line of its own between the two.
      let before = lines[..<index].last { !$0.contains(#/^\ *@[A-Za-z]+(\(.*\))?$/#) }
      return PublicDeclaration(
        kind: String(match.output.kind), name: String(match.output.name), place: "\(path):\(index + 1)",
        hasComment: before?.trimmingPrefix(while: \.isWhitespace).hasPrefix("///") ?? false)
    }
  }

  /// Functions that protocols of this file require: whoever carries them out is documented there.
  fileprivate var requirements: [String] {
    var (isProtocol, names) = (false, [String]())
    for line in lines {
      if line.contains(#/^(public )?protocol /#) { isProtocol = true }
      if line == "}" { isProtocol = false }
      if isProtocol, let match = line.prefixMatch(of: #/^  (mutating )?func (?<name>\w+)/#) {
        names.append(String(match.output.name))
      }
    }
    return names
  }
}

@Suite("Documents")
struct DocumentationTests {
  private static let root = Fixtures.packageRoot.path

  /// Of all public declarations: it may rise.
  private static let leastShare = 0.7

  @Test("every public type and function has a comment, and seven in ten of all public declarations")
  func comments() {
    let files = SourceFile.all(under: "Sources").filter { !$0.path.hasPrefix("Sources/repro/") }
    let required = Set(files.flatMap(\.requirements)).union(["==", "<", "hash"])
    let all = files.flatMap(\.publicDeclarations)
    #expect(all.count > 2000)
    let isSaid = all.map { $0.hasComment || ($0.kind == "func" && required.contains($0.name)) }
    for (declaration, isSaid) in zip(all, isSaid) where !isSaid && !["var", "let", "typealias"].contains(declaration.kind) {
      Issue.record("\(declaration.place): \(declaration.kind) \(declaration.name) has no comment")
    }
    let share = Double(isSaid.count { $0 }) / Double(max(all.count, 1))
    #expect(share >= Self.leastShare, "\(isSaid.count { $0 }) of \(all.count) public declarations have a comment")
    let made = SourceFile(path: "A.swift", text: "/// A.\n@safe public struct A {\n  public let b: Int\n  public func c() {}\n}\n")
    #expect(made.publicDeclarations.map { "\($0.kind) \($0.name) \($0.hasComment)" } == ["struct A true", "let b false", "func c false"])
  }

  @Test("every library room has a page, and the page names what the room has")
  func pages() throws {
    for room in try PackagePlan().rooms.values where room.wing != "System" && room.name != "repro" {
      let folder = "Sources/" + (room.wing.isEmpty ? "" : room.wing + "/") + room.name
      let path = "\(Self.root)/\(folder)/\(room.name).docc/\(room.name).md"
      guard let page = try? String(contentsOfFile: path, encoding: .utf8) else {
        Issue.record("\(room.name) has no page \(path)")
        continue
      }
      let text = SourceFile.all(under: folder).map(\.text).joined(separator: "\n")
      #expect(page.hasPrefix("# ``\(room.name)``\n"), "\(path)")
      let named = page.matches(of: #/``(?<name>\w+)[^`]*``/#).map { String($0.output.name) }.filter { $0 != room.name }
      for name in named {
        let isThere = ["struct", "class", "enum", "protocol", "func"].contains { text.contains("public \($0) \(name)") }
        #expect(isThere || text.contains("public final class \(name)"), "\(room.name) has no public \(name)")
      }
    }
  }

  @Test("commands, files and settings that the documents name exist")
  func names() throws {
    let commands = SourceFile.all(under: "Sources/repro/Commands").map(\.text).joined()
    let settings = SourceFile.all(under: "Sources/Notebook/Experiments").map(\.text).joined()
    let folder = Self.root + "/Documentation"
    let documents = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }
    #expect(documents.count > 3)
    for name in documents.map({ "Documentation/" + $0 }) + ["CONTRIBUTING.md", "CHANGELOG.md"] {
      let text = try String(contentsOfFile: Self.root + "/" + name, encoding: .utf8)
      for match in text.matches(of: #/`(?<path>(Sources|Experiments|Tests|Documentation|\.ci)/[A-Za-z0-9+./-]*)[ `]/#) {
        let path = String(match.output.path)
        #expect(FileManager.default.fileExists(atPath: Self.root + "/" + path), "\(name): there is no \(path)")
      }
      for match in text.matches(of: #/\brepro (?<command>[a-z]+)( (?<option>--[a-z-]+))?/#) {
        let command = match.output.command
        let file = command.prefix(1).uppercased() + command.dropFirst() + "Command"
        #expect(commands.contains("struct \(file)") || command == "test", "\(name): there is no command \(command)")
      }
      for match in text.matches(of: #/--set '?(?<setting>[a-z]+\.[a-z_]+)=/#) {
        #expect(settings.contains("\"\(match.output.setting)\""), "\(name): there is no setting \(match.output.setting)")
      }
    }
  }
}
