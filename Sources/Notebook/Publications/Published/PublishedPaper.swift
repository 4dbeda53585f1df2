// The paper as data: its tables, the benchmarks behind them and its claims, embedded from `paper/published/`.
public import Diagnostics
internal import JSONText

public struct PublishedPaper: Sendable {
  public var title: String
  public var authors: String
  public var tables: [PublishedTable]
  public var benchmarks: [Benchmark]
  public var claims: [Claim]
  public var notes: [ClaimNote]

  public func table(_ number: Int) -> PublishedTable? { tables.first { $0.number == number } }
  public func benchmark(_ id: String) -> Benchmark? { benchmarks.first { $0.id == id } }

  public func value(_ cell: CellName) -> PrintedNumber? {
    table(cell.table)?.value(row: cell.row, column: cell.column)
  }

  /// Questions behind a cell; nil if that is not published.
  public func questionCount(_ cell: CellName) -> Int? {
    guard let column = table(cell.table)?.column(cell.column) else { return nil }
    return benchmark(column.benchmark)?.questionCount(of: column.category)
  }

  /// Every cell with a printed value, table by table, row by row.
  public var cells: [CellName] {
    tables.flatMap { table in
      table.rows.flatMap { row in
        zip(table.columns, row.values).filter { $0.1 != nil }.map {
          CellName(table: table.number, row: row.id, column: $0.0.id)
        }
      }
    }
  }

  /// The embedded data. It throws only if `paper/published/` was edited into something unreadable.
  public static func embedded() throws(Diagnostic) -> PublishedPaper {
    let tables = [
      "table1.csv": PackageResources.table1_csv, "table2.csv": PackageResources.table2_csv,
      "table3.csv": PackageResources.table3_csv, "table4.csv": PackageResources.table4_csv,
    ]
    return try PublishedPaper(
      tables: PackageResources.tables_json, benchmarks: PackageResources.benchmarks_json,
      claims: PackageResources.claims_json, values: tables)
  }

  /// - Parameter values: the tables' CSV files by the names that `tables` gives them.
  init(tables: [UInt8], benchmarks: [UInt8], claims: [UInt8], values: [String: [UInt8]]) throws(Diagnostic) {
    var top = try FieldReader(
      JSONValue(parsing: tables, file: "tables.json"), file: "tables.json", path: "")
    var paper = try FieldReader(top.optional("paper"), file: "tables.json", path: "paper")
    title = try paper.string("title")
    authors = try paper.string("authors")
    _ = try paper.string("read")
    try paper.finish()
    self.tables = []
    for (index, value) in try top.array("tables").enumerated() {
      self.tables.append(try PublishedTable(value, values: values, path: "tables[\(index)]"))
    }
    try top.finish()
    var list = try FieldReader(
      JSONValue(parsing: benchmarks, file: "benchmarks.json"), file: "benchmarks.json", path: "")
    self.benchmarks = []
    for (index, value) in try list.array("benchmarks").enumerated() {
      self.benchmarks.append(try Benchmark(value, path: "benchmarks[\(index)]"))
    }
    try list.finish()
    self.claims = []
    notes = []
    for benchmark in self.benchmarks {
      guard let other = benchmark.otherRevision, self.benchmark(other) == nil else { continue }
      throw Diagnostic(
        "'\(other)' is not a benchmark", at: SourceMark(file: "benchmarks.json"), path: benchmark.id,
        hint: suggestion(for: other, among: self.benchmarks.map(\.id)))
    }
    for table in self.tables {
      for column in table.columns where benchmark(column.benchmark) == nil {
        throw Diagnostic(
          "'\(column.benchmark)' is not a benchmark", at: SourceMark(file: "tables.json"), path: column.id,
          hint: suggestion(for: column.benchmark, among: self.benchmarks.map(\.id)))
      }
    }
    try readClaims(claims)
  }
}

extension PublishedTable {
  init(_ value: JSONValue, values: [String: [UInt8]], path: String) throws(Diagnostic) {
    let file = "tables.json"
    var fields = try FieldReader(value, file: file, path: path)
    number = try fields.integer("number")
    title = try fields.string("title")
    place = try fields.string("where")
    labels = []
    for value in try fields.array("labels") {
      var label = try FieldReader(value, file: file, path: path + ".labels")
      labels.append(Label(id: try label.string("id"), label: try label.string("label")))
      try label.finish()
    }
    columns = []
    for value in try fields.array("columns") {
      var column = try FieldReader(value, file: file, path: path + ".columns")
      columns.append(
        Column(
          id: try column.string("id"), label: try column.string("label"), group: try column.string("group"),
          benchmark: try column.string("benchmark"),
          category: try column.optional("category", as: "a text") { $0.string },
          audio: try column.boolean("audio")))
      try column.finish()
    }
    let name = try fields.string("file")
    guard let bytes = values[name] else { throw fields.mistake("no such table file", key: "file") }
    rows = []
    let csv = try CSVText(parsing: String(decoding: bytes, as: UTF8.self), file: name)
    for row in csv.rows {
      rows.append(try Row(row.fields, line: row.line, of: self, header: csv.header, file: name))
    }
    try fields.finish()
  }
}

extension PublishedTable.Row {
  init(
    _ fields: [String], line: Int, of table: PublishedTable, header: [String], file: String
  ) throws(Diagnostic) {
    let mark = SourceMark(file: file, line: line)
    func field(_ name: String) throws(Diagnostic) -> String {
      guard let index = header.firstIndex(of: name) else { throw Diagnostic("no column '\(name)'", at: mark) }
      return fields[index]
    }
    id = try field("id")
    section = try field("section")
    labels = []
    for label in table.labels { labels.append(try field(label.id)) }
    let origin = try field("origin")
    guard let known = PublishedTable.Origin(rawValue: origin) else {
      throw Diagnostic("'\(origin)' is no origin", at: mark, hint: "allowed: measured, published, human")
    }
    self.origin = known
    let model = try field("run_model")
    let training = try field("run_training")
    let audio = try field("run_training_audio")
    run =
      model.isEmpty
      ? nil
      : PublishedTable.Run(
        model: model, training: training.isEmpty ? nil : training,
        trainingAudio: audio.isEmpty ? nil : audio == "yes")
    source = try field("source")
    values = []
    for column in table.columns {
      let text = try field(column.id)
      guard !text.isEmpty else {
        values.append(nil)
        continue
      }
      guard let number = PrintedNumber(text), number.units <= 100 * number.scale else {
        throw Diagnostic("'\(text)' is not a percentage", at: mark, path: column.id)
      }
      values.append(number)
    }
  }
}

extension Benchmark {
  init(_ value: JSONValue, path: String) throws(Diagnostic) {
    var fields = try FieldReader(value, file: "benchmarks.json", path: path)
    id = try fields.string("id")
    title = try fields.string("title")
    questionCount = try fields.integer("question_count")
    categoryCounts = []
    if let object = try fields.optional("categories", as: "an object", { $0.object }) {
      categoryNames = object.keys
      for key in object.keys {
        guard let count = object[key]?.integer, count > 0 else {
          throw fields.mistake("expected a number of questions", key: "categories." + key)
        }
        categoryCounts.append(count)
      }
      guard categoryCounts.reduce(0, +) == questionCount else {
        throw fields.mistake("the categories do not add up to \(questionCount)", key: "categories")
      }
    }
    chance = try fields.optional("chance", as: "a number") { $0.double }
    otherRevision = try fields.optional("other_revision", as: "a benchmark's id") { $0.string }
    source = try fields.string("source")
    guard questionCount > 0, questionCount <= 1_000_000 else {
      throw fields.mistake("\(questionCount) is outside 1...1000000", key: "question_count")
    }
    try fields.finish()
  }
}
