// What all adapters share: fields read with every mistake remembered by item.
internal import Diagnostics
internal import JSONText

/// Reads fields of rows, and remembers the first hundred mistakes by the item's id.
struct RowReader {
  let document: String
  let folder: DataFolder
  private(set) var mistakes = Diagnostics()
  private var hiddenCount = 0

  init(_ file: String, in folder: DataFolder) {
    document = folder.path + "/" + file
    self.folder = folder
  }

  mutating func report(_ diagnostic: Diagnostic) {
    if mistakes.list.count < 100 { mistakes.report(diagnostic) } else { hiddenCount += 1 }
  }

  mutating func report(_ item: String, _ fact: String, line: Int? = nil, hint: String? = nil) {
    report(Diagnostic(fact, at: SourceMark(file: document, line: line), path: item, hint: hint))
  }

  /// Throws all that was remembered.
  mutating func finish(ids: [String]) throws(Diagnostics) {
    var seen: Set<ExactText> = []
    for id in ids where !seen.insert(ExactText(id)).inserted { report(id, "this id stands twice") }
    if hiddenCount > 0 { mistakes.report(Diagnostic("\(hiddenCount) more mistakes", at: SourceMark(file: document))) }
    try mistakes.throwIfAnyError()
  }

  /// The id of a row, text or number; its place where it has none.
  mutating func id(_ row: DataRow, index: Int) -> String {
    let place = row.line.map { "line \($0)" } ?? "row \(index + 1)"
    guard row.json.object != nil else {
      report(place, "\(row.json.kindName) where an object is expected", line: row.line)
      return place
    }
    if let number = row.json["id"]?.integer { return "\(number)" }
    let id = text(row, "id", item: place)
    return id.isEmpty ? place : id
  }

  mutating func text(_ row: DataRow, _ key: String, item: String) -> String {
    guard let text = row.json[key]?.string, !text.isEmpty else {
      report(item, "\(key) is missing, or no text", line: row.line)
      return ""
    }
    return checked(text, key, row, item: item)
  }

  mutating func texts(_ row: DataRow, _ key: String, item: String) -> [String] {
    guard let texts = row.json[key]?.texts, !texts.isEmpty else {
      report(item, "\(key) is no list of texts", line: row.line)
      return []
    }
    return texts.map { checked($0, key, row, item: item) }
  }

  private mutating func checked(_ text: String, _ key: String, _ row: DataRow, item: String) -> String {
    if text.utf8.contains(0) { report(item, "\(key) holds a NUL character", line: row.line) }
    return text
  }

  /// Refuses a path that leaves the folder; returns it as it was written.
  mutating func path(_ name: String, _ row: DataRow, item: String) -> String {
    if name.isEmpty { return name }
    do throws(Diagnostic) { _ = try folder.file(name, of: item, in: document) } catch {
      var mistake = error
      mistake.mark?.line = row.line
      report(mistake)
    }
    return name
  }
}

/// `(A) Man` without its letter; nil if there is none.
package func withoutLetter(_ text: String, index: Int) -> String? {
  guard index < 26 else { return nil }
  let letter = Character(Unicode.Scalar(UInt8(65 + index)))
  for prefix in ["(\(letter))", "\(letter).", "\(letter))", "\(letter):"] where text.hasPrefix(prefix) {
    return PythonText.stripped(String(text.dropFirst(prefix.count)))
  }
  return nil
}
