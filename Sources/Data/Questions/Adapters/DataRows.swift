// Rows of a JSON list or of JSON lines, and what is refused with the way out.
internal import Diagnostics
internal import JSONText

/// One row of a data set, and the line it stands on where each has its own.
struct DataRow {
  var json: JSONValue
  var line: Int?
}

/// Ten times what the largest set holds, and little enough to be held in memory.
let dataLimits = JSONValue.Limits(depth: 32, valueCount: 8_000_000)

/// Rows of a JSON list, or of JSON lines, whichever the file holds.
/// - Parameter limits: what the reader of JSON takes.
/// - Throws: mistakes of JSON with their place and the id of their item, as far as it can be read.
func readRows(_ file: String, limits: JSONValue.Limits = dataLimits) throws(Diagnostics) -> [DataRow] {
  do throws(Diagnostic) {
    try DataFile.check(file, limit: .max)
    let start = DataFile.start(file, count: 4096)
    try ForeignForm.refuse(start, file: file)
    let first = start.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if first == UInt8(ascii: "[") { return try readList(file, limits) }
    guard first == UInt8(ascii: "{") else {
      let fact = first == nil ? "is empty" : "is neither a JSON list nor JSON lines"
      throw Diagnostic(fact, at: SourceMark(file: file))
    }
  } catch { throw Diagnostics([error]) }
  return try readJSONLines(file, limits)
}

private func readList(_ file: String, _ limits: JSONValue.Limits) throws(Diagnostic) -> [DataRow] {
  let bytes = try DataFile.read(file)
  do throws(Diagnostic) {
    return try (JSONValue(parsing: bytes, file: file, limits: limits).array ?? []).map { DataRow(json: $0, line: nil) }
  } catch {
    var mistake = error
    mistake.path = faultyItem(of: bytes) ?? ""
    throw mistake
  }
}

/// JSON lines; empty lines are passed over, and up to 20 mistakes are collected.
private func readJSONLines(_ file: String, _ limits: JSONValue.Limits) throws(Diagnostics) -> [DataRow] {
  var mistakes = Diagnostics()
  var rows: [DataRow] = []
  do throws(Diagnostic) {
    var lines = try TextLines(file)
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      do throws(Diagnostic) {
        let json = try JSONValue(parsing: line, file: file, firstLine: lines.number, limits: limits)
        rows.append(DataRow(json: json, line: lines.number))
      } catch {
        var mistake = error
        mistake.path = mendedID(line) ?? ""
        mistakes.report(mistake)
        if mistakes.list.count >= 20 { break }
      }
    }
  } catch { mistakes.report(error) }
  try mistakes.throwIfAnyError()
  return rows
}

/// The id of the first object of a list that is no JSON.
private func faultyItem(of list: [UInt8]) -> String? {
  var depth = 0, start = 0
  var isInText = false, isEscaped = false
  for (index, byte) in list.enumerated() {
    if isInText {
      isInText = isEscaped || byte != 0x22
      isEscaped = !isEscaped && byte == 0x5C
      continue
    }
    switch byte {
    case 0x22: isInText = true
    case 0x5B, 0x7B:
      depth += 1
      if depth == 2 { start = index }
    case 0x5D, 0x7D:
      depth -= 1
      guard depth == 1 else { continue }
      let item = Array(list[start...index])
      if (try? JSONValue(parsing: item, file: "", limits: dataLimits)) == nil { return mendedID(item) }
    default: break
    }
  }
  return nil
}

/// The id of an object whose texts hold wrong UTF-8 or bare control characters.
private func mendedID(_ bytes: [UInt8]) -> String? {
  let clean = bytes.map { $0 < 0x20 ? 0x20 : $0 }
  guard let json = try? JSONValue(parsing: String(decoding: clean, as: UTF8.self), file: ""), let id = json["id"]
  else { return nil }
  return id.string ?? id.integer.map { "\($0)" }
}

/// The command that turns a parquet file into JSON lines beside it, and unpacks the clips it holds.
public func parquetConverter(_ file: String) -> String { ForeignForm.converter(file) }

/// Forms of data this program does not read, with the command that turns them into one it does.
enum ForeignForm {
  static func refuse(_ start: [UInt8], file: String) throws(Diagnostic) {
    let mark = SourceMark(file: file)
    if start.starts(with: Array("PAR1".utf8)) || file.hasSuffix(".parquet") {
      throw Diagnostic("is parquet, which is not read", at: mark, hint: converter(file))
    }
    if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) || start.prefix(2).contains(0) {
      throw Diagnostic("is UTF-16 or UTF-32, not UTF-8", at: mark, hint: "iconv -f UTF-16 -t UTF-8 writes it anew")
    }
    if start.starts(with: [0x1F, 0x8B]) || start.starts(with: Array("PK\u{3}\u{4}".utf8)) {
      throw Diagnostic("is compressed", at: mark, hint: "unpack it first")
    }
  }

  /// One line of Python with pyarrow that writes JSON lines beside the file, and unpacks clips where it holds any.
  static func converter(_ file: String) -> String {
    let steps = [
      "import json, pathlib, sys, pyarrow.parquet as q", "f = pathlib.Path(sys.argv[1])",
      "r = q.read_table(f).to_pylist()", "c = [x['context'] for x in r if 'context' in x]",
      "d = f.parent / 'test-mini-audios'", "c and d.mkdir(exist_ok=True)",
      "[(d / pathlib.Path(x['path']).name).write_bytes(x.pop('bytes')) for x in c]",
      "f.with_suffix('.jsonl').write_text(''.join(json.dumps(x) + chr(10) for x in r))",
    ]
    let name = "'" + file.replacing("'", with: "'\\''") + "'"
    return "python3 -c \"\(steps.joined(separator: "; "))\" \(name)"
  }
}
