// Claims from `claims.yaml`: every cell they name must be one of the paper's tables.
internal import Diagnostics
internal import YAMLNodes

private let kinds = [
  "value", "change", "order", "best", "improves", "gains", "share", "close", "chance", "count", "same", "all",
]

extension PaperReader {
  mutating func readClaims(_ root: YAMLNode) {
    guard var top = MappingReader(root, path: "", mistakes) else { return }
    for (index, node) in top.list("claims").enumerated() {
      guard let claim = claim(node, path: "claims[\(index + 1)]") else { continue }
      if paper.claims.contains(where: { $0.id == claim.id }) {
        mistakes.report("the id '\(claim.id)' is there twice", at: node.mark, path: "claims[\(index + 1)].id")
      }
      paper.claims.append(claim)
    }
    readFamilies(&top)
    for (index, node) in top.list("notes").enumerated() {
      guard var note = MappingReader(node, path: "notes[\(index + 1)]", mistakes) else { continue }
      paper.notes.append(
        ClaimNote(
          place: note.requiredText("where"), statement: note.requiredText("statement"), note: note.requiredText("note")))
      note.finish()
    }
    top.finish()
  }

  /// Families of claims: every claim in exactly one, if there are any. What claims about the text have is never tested.
  private mutating func readFamilies(_ top: inout MappingReader) {
    if let margin = top.number("margin") {
      if margin > 0, margin <= 100 { paper.margin = margin } else {
        top.report("a margin is a number of points from 0 to 100, and not 0", "margin")
      }
    }
    let ids = paper.claims.filter { !$0.isAboutText }.map(\.id)
    for (index, node) in top.list("families").enumerated() {
      let path = "families[\(index + 1)]"
      guard var part = MappingReader(node, path: path, mistakes) else { continue }
      var family = ClaimFamily(id: part.requiredText("id"), question: part.requiredText("question"), claims: [])
      _ = part.required("claims")
      for (name, mark) in part.texts("claims") {
        if !ids.contains(name) {
          mistakes.report(
            "'\(name)' is no claim that is tested", at: mark, path: path + ".claims",
            hint: suggestion(for: name, among: ids))
        } else if let other = (paper.families + [family]).first(where: { $0.claims.contains(name) }) {
          mistakes.report("the claim '\(name)' is in the family '\(other.id)' already", at: mark, path: path + ".claims")
        } else {
          family.claims.append(name)
        }
      }
      if paper.families.contains(where: { $0.id == family.id }) {
        mistakes.report("the id '\(family.id)' is there twice", at: node.mark, path: path + ".id")
      }
      part.finish()
      paper.families.append(family)
    }
    let left = ids.filter { id in !paper.families.contains { $0.claims.contains(id) } }
    if !paper.families.isEmpty, !left.isEmpty {
      top.report(
        "claims in no family: " + left.joined(separator: ", "), "families",
        hint: "add each to the family whose question it answers")
    }
  }

  private enum Subject: String, CaseIterable { case text }

  private func claim(_ node: YAMLNode, path: String) -> Claim? {
    guard var part = MappingReader(node, path: path, mistakes) else { return nil }
    let id = part.requiredText("id")
    let claim = Claim(
      id: id, place: part.requiredText("where"), statement: part.requiredText("statement"), reading: part.text("reading"),
      isAboutText: part.choice("about", Subject.self, "what a claim is about") == .text,
      expression: part.required("expression").flatMap { expression($0, path: id) } ?? .all([]))
    part.finish()
    return claim
  }

  private func expression(_ node: YAMLNode, path: String) -> ClaimExpression? {
    guard let pairs = node.mapping, pairs.count == 1, let pair = pairs.first else {
      mistakes.report(
        "an expression has exactly one key", at: node.mark, path: path, hint: "allowed: " + kinds.joined(separator: ", "))
      return nil
    }
    let inner = path + "." + pair.key
    switch pair.key {
    case "all":
      guard let parts = pair.value.sequence, !parts.isEmpty else {
        mistakes.report("\(pair.value.kindName) where a list of expressions is expected", at: pair.value.mark, path: inner)
        return nil
      }
      return .all(parts.compactMap { expression($0, path: path) })
    case "same": return cells(pair.value, path: inner).map { .same($0.base, $0.cell) }
    default:
      guard kinds.contains(pair.key) else {
        mistakes.report(
          "'\(pair.key)' is no kind of expression", at: pair.keyMark, path: path,
          hint: suggestion(for: pair.key, among: kinds))
        return nil
      }
      guard var part = MappingReader(pair.value, path: inner, mistakes) else { return nil }
      let expression =
        ["best", "improves"].contains(pair.key) ? block(pair.key, &part) : comparison(pair.key, &part) ?? amount(pair.key, &part)
      part.finish()
      return expression
    }
  }

  /// Expressions over the rows and columns of one table.
  private func block(_ kind: String, _ part: inout MappingReader) -> ClaimExpression? {
    let number = part.required("table").flatMap { [path = part.path] in self.number(of: $0, path + ".table") }
    let table = number.flatMap { paper.table($0) }
    func names(_ key: String, _ what: String, _ ids: [String]?) -> [String] {
      part.texts(key).map { name, mark in
        if let table, let ids, !ids.isEmpty, !ids.contains(name) {
          mistakes.report(
            "table \(table.number) has no \(what) '\(name)'", at: mark, path: part.full(key),
            hint: suggestion(for: name, among: ids))
        }
        return name
      }
    }
    let (rows, columns) = (table?.rows.map(\.id), table?.columns.map(\.id))
    for key in ["rows", "columns"] { _ = part.required(key) }
    let block = CellBlock(
      paper: paper.id, table: number ?? 0, rows: names("rows", "row", rows), columns: names("columns", "column", columns))
    if kind == "best" {
      _ = part.required("against")
      return .best(block, against: names("against", "row", rows))
    }
    let over = part.requiredText("over")
    if let rows, let table, !over.isEmpty, !rows.isEmpty, !rows.contains(over) {
      part.report("table \(table.number) has no row '\(over)'", "over", hint: suggestion(for: over, among: rows))
    }
    return .improves(block, over: over, except: names("except", "column", columns))
  }

  /// Expressions that compare cells. Nil also for kinds that do not.
  private func comparison(_ kind: String, _ part: inout MappingReader) -> ClaimExpression? {
    switch kind {
    case "change":
      let pair = both(cell("base", &part), cell("cell", &part))
      let values = part.list("values").compactMap { [path = part.full("values")] in printed($0, path: path) }
      if part.has("values"), values.count != 2 { part.report("a change quotes two values", "values") }
      let by = part.node("by").flatMap { [path = part.full("by")] in printed($0, path: path) }
      let direction = part.choice("direction", Direction.self, "a direction") ?? .up
      return pair.map { .change($0, isUp: direction == .up, values: values, by: by) }
    case "order": return both(cell("lower", &part), cell("higher", &part)).map { .order(higher: $0.cell, lower: $0.base) }
    case "gains":
      let (larger, smaller) = (pair("larger", &part), pair("smaller", &part))
      return larger.flatMap { larger in smaller.map { .gains(larger: larger, smaller: $0) } }
    case "share":
      let (share, whole, least) = (pair("part", &part), pair("whole", &part), number("at_least", &part))
      return share.flatMap { share in whole.map { .share(part: share, whole: $0, atLeast: least) } }
    case "close":
      let (cells, margin) = (pair("cells", &part), number("margin", &part))
      return cells.map { .close($0.base, $0.cell, margin: margin) }
    default: return nil
    }
  }

  /// Expressions about one cell. Nil also for kinds that are not.
  private func amount(_ kind: String, _ part: inout MappingReader) -> ClaimExpression? {
    switch kind {
    case "value":
      let number = part.required("is").flatMap { [path = part.full("is")] in printed($0, path: path) }
      return cell("cell", &part).flatMap { cell in number.map { .value(cell, $0) } }
    case "chance":
      let (level, side) = (number("level", &part), part.choice("is", Side.self, "a side of chance"))
      if side == nil, !part.has("is") { _ = part.required("is") }
      return cell("cell", &part).map { .chance($0, level: level, isNear: side == .near) }
    case "count":
      _ = part.required("correct")
      let correct = part.integer("correct", in: 0...1_000_000) ?? 0
      return cell("cell", &part).map { .count($0, correct: correct) }
    default: return nil
    }
  }

  private enum Direction: String, CaseIterable { case up, down }
  private enum Side: String, CaseIterable { case near, above }

  private func both(_ base: CellName?, _ cell: CellName?) -> CellPair? {
    base.flatMap { base in cell.map { CellPair(base: base, cell: $0) } }
  }

  private func number(_ key: String, _ part: inout MappingReader) -> Double {
    _ = part.required(key)
    return part.number(key) ?? 0
  }

  private func cell(_ key: String, _ part: inout MappingReader) -> CellName? {
    part.required(key).flatMap { [path = part.full(key)] in cell($0, path: path) }
  }

  private func pair(_ key: String, _ part: inout MappingReader) -> CellPair? {
    part.required(key).flatMap { [path = part.full(key)] in cells($0, path: path) }
  }

  /// Two cells, as a list.
  private func cells(_ node: YAMLNode, path: String) -> CellPair? {
    guard let nodes = node.sequence, nodes.count == 2 else {
      mistakes.report("\(node.kindName) where a list of two cells is expected", at: node.mark, path: path)
      return nil
    }
    return both(cell(nodes[0], path: path), cell(nodes[1], path: path))
  }

  private func printed(_ node: YAMLNode, path: String) -> PrintedNumber? {
    if let number = node.text.flatMap({ PrintedNumber($0) }) { return number }
    mistakes.report("\(node.kindName) where a number as printed is expected, such as 68.6", at: node.mark, path: path)
    return nil
  }

  /// A cell of this paper: `1/row/column`, or with the paper's id before it.
  private func cell(_ node: YAMLNode, path: String) -> CellName? {
    func mistake(_ fact: String, _ hint: String? = nil) { mistakes.report(fact, at: node.mark, path: path, hint: hint) }
    guard let cell = node.text.flatMap({ CellName(parsing: $0, paper: paper.id) }) else {
      mistake("\(node.kindName) where a cell is expected, such as 1/row/column")
      return nil
    }
    if cell.paper != paper.id {
      mistake("'\(cell.paper)' is another paper: a claim is about its own paper's tables")
    } else if let table = paper.table(cell.table) {
      if !table.rows.isEmpty, table.row(cell.row) == nil {
        mistake("table \(cell.table) has no row '\(cell.row)'", suggestion(for: cell.row, among: table.rows.map(\.id)))
      }
      if table.column(cell.column) == nil {
        mistake(
          "table \(cell.table) has no column '\(cell.column)'",
          suggestion(for: cell.column, among: table.columns.map(\.id)))
      }
    } else if !isMissingTables {
      mistake("there is no table \(cell.table)", "allowed: " + paper.tables.map { "\($0.number)" }.joined(separator: ", "))
    }
    return cell
  }
}
