// Questions in parquet, as data sets are published: shards of one set, and clips that stand in the file itself.
package import Diagnostics
internal import Foundation
package import JSONText
internal import Parquet

/// A parquet file of questions, or all shards of its set.
package struct ParquetQuestions: Sendable {
  /// The file, or every shard in order.
  package let files: [String]
  /// Rows in a form the adapters read.
  package private(set) var rows: [JSONValue] = []
  /// Of each row the file its embedded clip belongs in, beside the questions; nil where no clips are embedded.
  package private(set) var clipNames: [String?] = []
  /// The column that holds clips.
  private var clipColumn: ClipColumn?
  /// How many clips are embedded; every row's, where the writer did not count them.
  package let clipCount: Int

  /// Reads all columns but the clips.
  /// - Throws: a shard that is missing, what is damaged or not read, more than can be held in memory.
  package init(_ path: String) throws(Diagnostic) {
    files = try Self.shards(of: path)
    clipCount = try Self.clipCount(of: path)
    var plain: [JSONObject] = []
    var budget = RowBudget(file: path)
    for file in files {
      let parquet = try ParquetFile(file)
      let column = ClipColumn(in: parquet.columns)
      clipColumn = clipColumn ?? column
      var rows = parquet.rows { !ClipColumn.isClip($0.path) && $0.path != column?.bytes }
      while let row = try rows.next() {
        guard case .object(let object) = try budget.json(row) else { continue }
        plain.append(object)
      }
    }
    publish(plain)
  }

  /// How many clips a file, or its set, holds itself.
  static func clipCount(of path: String) throws(Diagnostic) -> Int {
    var count = 0
    for file in try shards(of: path) {
      let parquet = try ParquetFile(file)
      guard let column = ClipColumn(in: parquet.columns) else { continue }
      let counted = parquet.columns.first { $0.path == column.bytes }?.valueCount ?? parquet.rowCount
      count += max(0, min(counted, parquet.rowCount))
    }
    return count
  }

  /// Puts rows in a form the adapters read, and names their clips.
  private mutating func publish(_ plain: [JSONObject]) {
    let paths = plain.map { row in
      // AVQA's questions name a clip by its video.
      let video = row["multi_choice"] == nil ? nil : row["video_name"]?.string.map { $0 + ".wav" }
      return clipColumn.flatMap { video ?? row[$0.name]?["path"]?.string ?? row["file_name"]?.string }
    }
    var uses: [String: Int] = [:]
    for path in paths { if let name = path.flatMap(ClipColumn.fileName) { uses[name, default: 0] += 1 } }
    var ids = UniqueIDs()
    for (index, row) in plain.enumerated() {
      var published = PublishedRow(row, clip: clipColumn?.name, path: paths[index], index: index, ids: &ids)
      if clipCount > 0, clipColumn != nil {
        // One name for the clips of several rows says nothing of which clip it is.
        let own = paths[index].flatMap(ClipColumn.fileName).flatMap { uses[$0] == 1 ? $0 : nil }
        let name = own ?? ClipColumn.fileName(ofID: published.id)
        published.name(name)
        clipNames.append(published.folder + "/" + name)
      } else {
        clipNames.append(nil)
      }
      rows.append(.object(published.json))
    }
  }

  /// Hands out every embedded clip, one at a time. Rows without one are passed over.
  package func eachClip(_ body: (_ row: Int, _ bytes: [UInt8]) throws(Diagnostic) -> Void) throws(Diagnostic) {
    var index = 0
    for file in files {
      let parquet = try ParquetFile(file)
      guard let column = ClipColumn(in: parquet.columns) else {
        index += parquet.rowCount
        continue
      }
      var rows = parquet.rows { $0.path == column.bytes }
      while let row = try rows.next() {
        let value = column.bytes.count == 1 ? row[column.name] : row[column.name]?["bytes"]
        if case .bytes(let bytes)? = value, index < self.rows.count { try body(index, bytes) }
        index += 1
      }
    }
  }

  /// `train-00000-of-00003.parquet` and its fellows in the folder; any other file alone.
  package static func shards(of path: String) throws(Diagnostic) -> [String] {
    let folder = (path as NSString).deletingLastPathComponent
    guard let name = ShardName((path as NSString).lastPathComponent) else { return [path] }
    guard name.count <= 10_000 else {
      throw Diagnostic("is named as one of \(name.count) shards; 10000 are read", at: SourceMark(file: path))
    }
    let all = (0..<name.count).map { folder.isEmpty ? name.text($0) : folder + "/" + name.text($0) }
    for shard in all where !FileManager.default.fileExists(atPath: shard) {
      throw Diagnostic(
        "is not there", at: SourceMark(file: shard), hint: "a set is read with all of its shards", kind: .missing)
    }
    return all
  }

  /// The name of a set of questions without its number of shards and its ending.
  package static func setName(_ path: String) -> String {
    let name = (path as NSString).lastPathComponent
    return ShardName(name)?.stem ?? (name as NSString).deletingPathExtension
  }
}

/// `train-00000-of-00003.parquet`.
struct ShardName: Sendable {
  var stem: String
  var count: Int

  init?(_ name: String) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    let ending = ".parquet"
    guard parts.count >= 4, parts[parts.count - 2] == "of", name.hasSuffix(ending) else { return nil }
    let (index, total) = (parts[parts.count - 3], parts[parts.count - 1].dropLast(ending.count))
    guard index.utf8.count == 5, total.utf8.count == 5, let index = Int(index), let count = Int(total),
      (0..<count).contains(index)
    else { return nil }
    stem = parts.dropLast(3).joined(separator: "-")
    self.count = count
  }

  func text(_ index: Int) -> String { "\(stem)-\(Self.digits(index))-of-\(Self.digits(count)).parquet" }

  private static func digits(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".utf8.count)) + "\(number)"
  }
}

/// Where a parquet file keeps its clips.
struct ClipColumn: Sendable {
  var name: String
  /// The column of the bytes.
  var bytes: [String]

  /// The group of bytes and a path, or the column of bytes, that holds sound.
  init?(in columns: [ParquetColumn]) {
    let found = columns.filter { $0.isBytes && (Self.isClip($0.path) || $0.path == ["audio"]) }
    let known = ["audio", "context", "sound", "clip"]
    guard
      let column = known.lazy.compactMap({ name in found.first { $0.path[0] == name } }).first
        ?? found.first(where: { !["image", "video"].contains($0.path[0]) })
    else { return nil }
    name = column.path[0]
    bytes = column.path
  }

  /// Whether a column's values are files that stand in the table.
  static func isClip(_ path: [String]) -> Bool { path.count == 2 && path[1] == "bytes" }

  /// The last part of a path, if it is a name a file may have.
  static func fileName(_ path: String) -> String? {
    let name = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    return name.isEmpty || name.hasPrefix(".") || name.utf8.count > 200 || !isPlain ? nil : name
  }

  /// A file's name made of an id.
  static func fileName(ofID id: String) -> String {
    let letters = id.unicodeScalars.prefix(150).map { scalar -> Character in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      return isPlain || ["-", "_"].contains(scalar) ? Character(scalar) : "_"
    }
    return String(letters) + ".wav"
  }
}

/// Ids that stand once each.
struct UniqueIDs {
  private var used: Set<String> = []

  /// The id, or with a number behind it where it was given before.
  mutating func take(_ id: String) -> String {
    var (candidate, number) = (id, 1)
    while !used.insert(candidate).inserted {
      number += 1
      candidate = "\(id)-\(number)"
    }
    return candidate
  }
}

/// Rows as JSON, and no more of them than memory can hold.
private struct RowBudget {
  let file: String
  private var values = 0
  private var bytes = 0

  init(file: String) { self.file = file }

  mutating func json(_ value: ParquetValue) throws(Diagnostic) -> JSONValue {
    values += 1
    guard values <= dataLimits.valueCount, bytes <= 1 << 30 else {
      let fact = values > dataLimits.valueCount ? "more than \(dataLimits.valueCount) values" : "more than 1 GiB of text"
      throw Diagnostic(fact, at: SourceMark(file: file))
    }
    switch value {
    case .null: return .null
    case .boolean(let value): return .boolean(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return value.isFinite ? .number(value) : .null
    case .text(let text):
      bytes += text.utf8.count
      return .string(text)
    case .bytes(let run):
      // Some writers do not say that a column is text.
      bytes += run.count
      return String(validating: run, as: UTF8.self).map { .string($0) } ?? .null
    case .list(let elements):
      var list: [JSONValue] = []
      for element in elements { list.append(try json(element)) }
      return .array(list)
    case .group(let fields):
      var object = JSONObject()
      for field in fields { object[field.name] = try json(field.value) }
      return .object(object)
    }
  }
}
