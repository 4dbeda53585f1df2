// The plan of the house as the imports draw it, beside the one that Package.swift declares.
import Foundation
import TestSupport

/// One file of the repository.
struct SourceFile: Sendable, CustomStringConvertible {
  let path: String
  let text: String
  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var description: String { path }

  static func all(under folder: String, endings: [String] = [".swift"]) -> [SourceFile] {
    let root = Fixtures.packageRoot.path
    let names = FileManager.default.enumerator(atPath: root + "/" + folder)?.allObjects as? [String] ?? []
    return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted().compactMap { name in
      FileManager.default.contents(atPath: "\(root)/\(folder)/\(name)").map {
        SourceFile(path: "\(folder)/\(name)", text: String(decoding: $0, as: UTF8.self))
      }
    }
  }

  /// Modules that the file imports.
  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
        words[..<index].allSatisfy({ ["public", "internal", "package", "private", "fileprivate"].contains($0) })
      else { return nil }
      return words[index + 1]
    }
  }

  /// Functions and initialisers with their first line and their length in lines, braces included.
  var functions: [(name: String, line: Int, length: Int)] {
    let start =
      #/
        ^(?<indent>\ *)(@[A-Za-z]+\ )*
        ((public|package|internal|fileprivate|private|static|class|mutating|override|final|nonisolated|convenience
          |required|consuming|borrowing)\ )*
        (func\ (?<name>[^(<]+)|init[?(<]|subscript[(<]|deinit\ )
      /#
    let lines = lines
    return lines.indices.compactMap { index in
      guard let match = try? start.prefixMatch(in: lines[index]) else { return nil }
      let end = match.output.indent + "}"
      // A declaration without a body ends where something else begins at its own depth.
      let behind = lines[index...].dropFirst()
      guard !lines[index].hasSuffix("}"),
        let last = behind.firstIndex(where: { line in
          line.hasPrefix(end) || (line.prefixMatch(of: start)?.output.indent == match.output.indent)
        }), lines[last].hasPrefix(end)
      else { return nil }
      return (match.output.name.map(String.init) ?? "init", index + 1, last - index + 1)
    }
  }
}

/// A room: a target of the package.
struct Room {
  var name: String
  /// The folder it stands in, below Sources; empty for those at the top.
  var wing: String
  var declared: Set<String>
  /// Rooms that its files import.
  var used: Set<String> = []
  /// One above the highest room that it uses; 0 for C libraries.
  var floor = 0
}

struct PackagePlan {
  var rooms: [String: Room] = [:]
  /// Rooms that use each other in a circle.
  var circles: [String] = []

  /// Reads Package.swift and the imports.
  init() throws {
    let package = try String(contentsOfFile: Fixtures.packageRoot.path + "/Package.swift", encoding: .utf8)
    for match in package.matches(of: #/system\("(\w+)"|name: "(CKernels)", path: "Sources/#) {
      let name = String(match.output.1 ?? match.output.2 ?? "")
      rooms[name] = Room(name: name, wing: "System", declared: [])
    }
    for match in package.matches(of: #/room\(\s*"(\w+)", in: "(\w*)"(?:,\s*needs: \[([^\]]*)\])?/#) {
      rooms[String(match.output.1)] = Room(
        name: String(match.output.1), wing: String(match.output.2), declared: Self.names(match.output.3 ?? ""))
    }
    if let match = package.firstMatch(of: #/\.executableTarget\(\s*name: "repro",\s*dependencies: \[([^\]]*)\]/#) {
      rooms["repro"] = Room(name: "repro", wing: "", declared: Self.names(match.output.1))
    }
    for file in SourceFile.all(under: "Sources") {
      guard let room = room(of: file.path) else { continue }
      let others = file.imports.filter { rooms[$0] != nil && $0 != room }
      rooms[room]?.used.formUnion(others)
    }
    for name in rooms.keys.sorted() { _ = findFloor(name, below: []) }
  }

  private static func names(_ list: Substring) -> Set<String> {
    Set(list.matches(of: #/"(\w+)"/#).map { String($0.output.1) })
  }

  /// The room of a file: the innermost folder that is one.
  func room(of path: String) -> String? {
    path.split(separator: "/").map(String.init).dropLast().last { rooms[$0] != nil }
  }

  private mutating func findFloor(_ name: String, below: [String]) -> Int {
    guard let room = rooms[name] else { return 0 }
    if room.floor > 0 || room.wing == "System" { return room.floor }
    if below.contains(name) {
      circles.append((below + [name]).joined(separator: " → "))
      return 0
    }
    var floor = 0
    for other in room.used.sorted() { floor = max(floor, findFloor(other, below: below + [name])) }
    rooms[name]?.floor = floor + 1
    return floor + 1
  }

  /// The plan as a page: every room on its floor with the rooms that it uses and that none of those uses for it.
  var text: String {
    var lines = [
      "# Rooms", "",
      "A room is a target of the package. It stands one floor above the highest room that it imports; an arrow leads only",
      "down. The rooms that a room imports are named, but those left out that another of them imports already.", "",
      "| floor | room | in | imports |", "|---|---|---|---|",
    ]
    let order = rooms.values.sorted { ($0.floor, $0.wing, $0.name) < ($1.floor, $1.wing, $1.name) }
    for room in order {
      let through = room.used.reduce(into: Set<String>()) { $0.formUnion(reached(from: $1)) }
      let direct = room.used.subtracting(through).sorted()
      let place = room.wing.isEmpty ? "" : room.wing
      lines.append("| \(room.floor) | \(room.name) | \(place) | \(direct.joined(separator: ", ")) |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func reached(from name: String) -> Set<String> {
    (rooms[name]?.used ?? []).reduce(into: []) { $0.formUnion([$1] + reached(from: $1)) }
  }
}
