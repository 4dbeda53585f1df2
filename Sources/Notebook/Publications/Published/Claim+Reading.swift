// Claims from `claims.json`.
internal import Diagnostics
internal import JSONText

private let file = "claims.json"
private let kinds = [
  "value", "change", "order", "best", "improves", "gains", "share", "close", "chance", "count", "same", "all",
]

extension PublishedPaper {
  /// Reads the claims and checks that every cell they name exists and has a value (where one is compared).
  mutating func readClaims(_ bytes: [UInt8]) throws(Diagnostic) {
    var top = try FieldReader(JSONValue(parsing: bytes, file: file), file: file, path: "")
    for (index, value) in try top.array("claims").enumerated() {
      let claim = try Claim(value, path: "claims[\(index)]")
      if claims.contains(where: { $0.id == claim.id }) {
        throw Diagnostic(
          "the id '\(claim.id)' is there twice", at: SourceMark(file: file), path: "claims[\(index)]")
      }
      for cell in claim.expression.cells { try check(cell, of: claim) }
      claims.append(claim)
    }
    for value in try top.array("notes") {
      var note = try FieldReader(value, file: file, path: "notes")
      notes.append(
        ClaimNote(
          place: try note.string("where"), statement: try note.string("statement"),
          note: try note.string("note")))
      try note.finish()
    }
    try top.finish()
  }

  private func check(_ cell: CellName, of claim: Claim) throws(Diagnostic) {
    func mistake(_ fact: String, _ hint: String? = nil) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: file), path: claim.id, hint: hint)
    }
    guard let table = table(cell.table) else { throw mistake("there is no table \(cell.table)") }
    guard table.row(cell.row) != nil else {
      throw mistake(
        "table \(cell.table) has no row '\(cell.row)'", suggestion(for: cell.row, among: table.rows.map(\.id)))
    }
    guard table.column(cell.column) != nil else {
      throw mistake(
        "table \(cell.table) has no column '\(cell.column)'",
        suggestion(for: cell.column, among: table.columns.map(\.id)))
    }
  }
}

extension Claim {
  init(_ value: JSONValue, path: String) throws(Diagnostic) {
    var fields = try FieldReader(value, file: file, path: path)
    id = try fields.string("id")
    place = try fields.string("where")
    statement = try fields.string("statement")
    reading = try fields.optional("reading", as: "a text") { $0.string }
    isAboutText = try fields.optional("about", as: "a text") { $0.string } == "text"
    expression = try ClaimExpression(fields.optional("expression"), path: id)
    try fields.finish()
  }
}

extension ClaimExpression {
  init(_ value: JSONValue?, path: String) throws(Diagnostic) {
    let outer = try FieldReader(value, file: file, path: path)
    guard outer.object.count == 1, let kind = outer.object.keys.first, let inner = outer.object[kind] else {
      throw outer.mistake(
        "an expression has exactly one key", hint: "allowed: " + kinds.joined(separator: ", "))
    }
    switch kind {
    case "all":
      var parts: [ClaimExpression] = []
      for part in inner.array ?? [] { parts.append(try ClaimExpression(part, path: path)) }
      self = .all(parts)
    case "same":
      let cells = try Self.cells(inner, count: 2, path: path)
      self = .same(cells[0], cells[1])
    case "best", "improves":
      self = try Self.block(kind, inner, path: path)
    default:
      self = try Self.simple(kind, FieldReader(inner, file: file, path: path + "." + kind))
    }
  }

  private static func block(_ kind: String, _ value: JSONValue, path: String) throws(Diagnostic)
    -> ClaimExpression
  {
    var fields = try FieldReader(value, file: file, path: path + "." + kind)
    let block = CellBlock(
      table: try fields.integer("table"), rows: try fields.strings("rows"),
      columns: try fields.strings("columns"))
    let expression: ClaimExpression
    if kind == "best" {
      expression = .best(block, against: try fields.strings("against"))
    } else {
      let except = fields.object["except"] == nil ? [] : try fields.strings("except")
      expression = .improves(block, over: try fields.string("over"), except: except)
    }
    if kind == "improves" { _ = fields.optional("except") }
    try fields.finish()
    return expression
  }

  private static func simple(_ kind: String, _ reader: FieldReader) throws(Diagnostic) -> ClaimExpression {
    var fields = reader
    let expression: ClaimExpression
    switch kind {
    case "value": expression = .value(try cell(&fields, "cell"), try fields.printed("is"))
    case "change":
      let pair = CellPair(base: try cell(&fields, "base"), cell: try cell(&fields, "cell"))
      let quoted = try fields.optional("values", as: "two printed numbers") { value in
        let numbers = (value.array ?? []).compactMap { $0.string.flatMap { PrintedNumber($0) } }
        return numbers.count == 2 ? numbers : nil
      }
      let by = try fields.optional("by", as: "a printed number") { $0.string.flatMap { PrintedNumber($0) } }
      let direction = try fields.optional("direction", as: "a text") { $0.string }
      expression = .change(pair, isUp: direction != "down", values: quoted ?? [], by: by)
    case "order": expression = .order(higher: try cell(&fields, "higher"), lower: try cell(&fields, "lower"))
    case "gains":
      expression = .gains(larger: try pair(&fields, "larger"), smaller: try pair(&fields, "smaller"))
    case "share":
      expression = .share(
        part: try pair(&fields, "part"), whole: try pair(&fields, "whole"),
        atLeast: try fields.value("at_least", as: "a number") { $0.double })
    case "close":
      let cells = try Self.cells(fields.optional("cells"), count: 2, path: fields.path)
      expression = .close(cells[0], cells[1], margin: try fields.value("margin", as: "a number") { $0.double })
    case "chance":
      let level = try fields.value("level", as: "a number") { $0.double }
      expression = .chance(try cell(&fields, "cell"), level: level, isNear: try fields.string("is") == "near")
    case "count": expression = .count(try cell(&fields, "cell"), correct: try fields.integer("correct"))
    default:
      throw fields.mistake("'\(kind)' is no kind of expression", hint: suggestion(for: kind, among: kinds))
    }
    try fields.finish()
    return expression
  }

  private static func cell(_ fields: inout FieldReader, _ key: String) throws(Diagnostic) -> CellName {
    try fields.value(key, as: "a cell such as \"1/row/column\"") { $0.string.flatMap { CellName(parsing: $0) } }
  }

  private static func pair(_ fields: inout FieldReader, _ key: String) throws(Diagnostic) -> CellPair {
    let both = try cells(fields.optional(key), count: 2, path: fields.path + "." + key)
    return CellPair(base: both[0], cell: both[1])
  }

  private static func cells(_ value: JSONValue?, count: Int, path: String) throws(Diagnostic) -> [CellName] {
    let cells = (value?.array ?? []).compactMap { $0.string.flatMap { CellName(parsing: $0) } }
    guard cells.count == count else {
      throw Diagnostic(
        "expected \(count) cells such as \"1/row/column\"", at: SourceMark(file: file), path: path)
    }
    return cells
  }
}

extension CellName {
  /// Reads `1/row/column`.
  public init?(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let table = Int(parts[0]) else { return nil }
    self.init(table: table, row: String(parts[1]), column: String(parts[2]))
  }
}
