// Rows of files that other programs wrote: however they are wrapped, the rows come out.
internal import Diagnostics
internal import JSONText

/// Rows of predictions or questions: a JSON list, JSON lines, JSON printed over several lines, or either of them under a
/// key of one object. `NaN`, as Python writes it, is read as null.
/// - Throws: what readers of data sets throw; a mistake that many lines share once, with their number.
func foreignRows(_ file: String, limits: JSONValue.Limits) throws(Diagnostics) -> [DataRow] {
  do throws(Diagnostics) { return try unwrapped(try readRows(file, limits: limits), file) } catch {
    guard error.list.allSatisfy({ $0.kind == .faulty }), let rows = printedRows(file, limits) else {
      throw condensed(error, file)
    }
    return try unwrapped(rows, file)
  }
}

/// The rows of an object that holds a list of them, or each under its id; other rows as they are.
private func unwrapped(_ rows: [DataRow], _ file: String) throws(Diagnostics) -> [DataRow] {
  let keys = ["id", "doc", "choices"] + ScoredBenchmark.mmau.predictionKeys + ScoredBenchmark.otherPredictionKeys
  guard rows.count == 1, let object = rows[0].json.object, keys.allSatisfy({ object[$0] == nil }) else { return rows }
  func isRows(_ value: JSONValue) -> Bool {
    value.array.map { !$0.isEmpty && $0.allSatisfy { $0.object != nil } } ?? false
  }
  let lists = object.pairs.filter { isRows($0.value) }
  if lists.count > 1 {
    throw Diagnostics([
      Diagnostic(
        "is one object with several lists: " + lists.map(\.key).joined(separator: ", "), at: SourceMark(file: file),
        hint: "write the list of rows to a file of its own")
    ])
  }
  if let list = lists.first {
    return (list.value.array ?? []).map { DataRow(json: $0, line: nil) }
  }
  let pairs = object.pairs
  guard pairs.count > 1, pairs.allSatisfy({ $0.value.object != nil && $0.value["id"] == nil }) else { return rows }
  return pairs.map { id, value in
    var row = value.object ?? JSONObject()
    row["id"] = .string(id)
    return DataRow(json: .object(row), line: nil)
  }
}

/// Values one after the other, each over as many lines as it likes; nil where that is not what the file holds.
private func printedRows(_ file: String, _ limits: JSONValue.Limits) -> [DataRow]? {
  guard let bytes = try? DataFile.read(file) else { return nil }
  let mended = withoutNaN(bytes)
  var rows: [DataRow] = []
  for piece in topLevelValues(mended) {
    guard let json = try? JSONValue(parsing: Array(mended[piece.range]), file: file, limits: limits) else { return nil }
    if let list = json.array { rows += list.map { DataRow(json: $0, line: nil) } } else {
      rows.append(DataRow(json: json, line: piece.line))
    }
  }
  return rows.isEmpty ? nil : rows
}

/// Objects and lists that stand one after the other, with the line each begins on; what stands between them is a piece
/// of its own, so that it is no JSON.
private func topLevelValues(_ bytes: [UInt8]) -> [(range: Range<Int>, line: Int)] {
  var pieces: [(range: Range<Int>, line: Int)] = []
  var depth = 0, line = 1
  var start: (position: Int, line: Int)?
  var isInText = false, isEscaped = false
  for (index, byte) in bytes.enumerated() {
    if byte == 0x0A { line += 1 }
    if isInText {
      isInText = isEscaped || byte != 0x22
      isEscaped = !isEscaped && byte == 0x5C
      continue
    }
    let isSpace = [0x20, 0x09, 0x0A, 0x0D].contains(byte) || index < 3 && [0xEF, 0xBB, 0xBF].contains(byte)
    if start == nil, !isSpace { start = (index, line) }
    switch byte {
    case 0x22: isInText = true
    case 0x5B, 0x7B: depth += 1
    case 0x5D, 0x7D:
      depth -= 1
      guard depth <= 0, let begin = start else { continue }
      pieces.append((begin.position..<index + 1, begin.line))
      (depth, start) = (0, nil)
    default: break
    }
  }
  if let start { pieces.append((start.position..<bytes.count, start.line)) }
  return pieces
}

/// The bytes with `null` for every `NaN` outside texts.
private func withoutNaN(_ bytes: [UInt8]) -> [UInt8] {
  let word = Array("NaN".utf8)
  guard bytes.contains(word[0]) else { return bytes }
  var mended: [UInt8] = []
  mended.reserveCapacity(bytes.count)
  var isInText = false, isEscaped = false
  var index = 0
  while index < bytes.count {
    let byte = bytes[index]
    if isInText {
      isInText = isEscaped || byte != 0x22
      isEscaped = !isEscaped && byte == 0x5C
    } else if byte == 0x22 {
      isInText = true
    } else if byte == word[0], bytes[index...].starts(with: word) {
      mended += "null".utf8
      index += word.count
      continue
    }
    mended.append(byte)
    index += 1
  }
  return mended
}

/// Mistakes of more than three lines as the first of them with their number.
private func condensed(_ mistakes: Diagnostics, _ file: String) -> Diagnostics {
  guard mistakes.list.count > 3, var first = mistakes.list.first else { return mistakes }
  let more = mistakes.list.count >= 20 ? "19 or more" : "\(mistakes.list.count - 1)"
  first.fact += "; \(more) further lines are no JSON either"
  first.hint = first.hint ?? "a JSON list, or one JSON object a line, is read"
  return Diagnostics([first])
}

/// Mistakes of rows: what all of them share, or many, is told once.
struct RowMistakes {
  private var facts: [String] = []
  private var found: [String: [Diagnostic]] = [:]
  private var counts: [String: Int] = [:]
  /// Above this many rows a fact is told once.
  private static let limit = 20

  var count: Int { counts.values.reduce(0, +) }

  mutating func add(_ mistake: Diagnostic) {
    if counts[mistake.fact] == nil { facts.append(mistake.fact) }
    counts[mistake.fact, default: 0] += 1
    if found[mistake.fact, default: []].count < Self.limit { found[mistake.fact, default: []].append(mistake) }
  }

  /// - Parameter rowCount: rows of the file.
  func throwIfAny(of rowCount: Int, file: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    for fact in facts {
      let (count, list) = (counts[fact] ?? 0, found[fact] ?? [])
      guard count > Self.limit || count > 1 && count == rowCount else {
        for mistake in list { mistakes.report(mistake) }
        continue
      }
      let names = list.prefix(3).map(\.path).filter { !$0.isEmpty }
      let rows = count == rowCount ? "all \(grouped(count)) rows" : "\(grouped(count)) of the \(grouped(rowCount)) rows"
      let examples = names.isEmpty ? "" : ", such as " + names.joined(separator: ", ")
      mistakes.report(
        Diagnostic("\(fact), in \(rows)\(examples)", at: SourceMark(file: file), hint: list.first?.hint))
    }
    try mistakes.throwIfAnyError()
  }

  private func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : "\(number / 1000)," + String("00\(number % 1000)".suffix(3))
  }
}
