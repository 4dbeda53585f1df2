// The verdict on a row in sentences, as a table, and as JSON.
public import JSONText

extension RowVerdict {
  private func percent(_ share: Double) -> String { fixed(100 * share, decimals: published.decimals) }
  private func counts(_ right: Int, _ count: Int) -> String { "\(grouped(right)) of \(grouped(count))" }
  private var columnName: String { "\(row.table.place), \(column.name)" }
  private func name(_ reading: PredictionReading) -> String {
    reading.scorer + (reading.text == readings[0].text ? "" : " on what stands " + reading.text)
  }

  /// The verdict in one or a few sentences.
  public var sentence: String {
    ([verdictSentence] + [rangeSentence, moveSentence, unreadSentence].compactMap(\.self)).joined(separator: " ")
  }

  private var verdictSentence: String {
    let first = official
    let share = percent(Double(first.right) / Double(max(first.scored, 1)))
    let value = "\(published.text) % (\(row.row.name), \(columnName))"
    let found = "\(share) % by \(first.scorer), the official scorer (\(counts(first.right, first.scored)))"
    let interval = wilsonInterval(first.right, of: first.scored)
    let bounds = "\(percent(interval.low)) to \(percent(interval.high)) %"
    switch verdict {
    case .reproduced:
      let way = Self.printing(first, questionCount, as: published) ?? (first.right, first.scored)
      return "The file bears out \(value): \(counts(way.right, way.count)) right by \(first.scorer), the official scorer."
    case .otherReading:
      let ways = readings.compactMap { reading in
        Self.printing(reading, questionCount, as: published).map { name(reading) + " (\(counts($0.right, $0.count)))" }
      }
      return "The file bears out \(value) only by \(ways.joined(separator: " and by ")); it has \(found)."
    case .withinInterval:
      return "The file does not print as \(value), which lies in its 95 % interval, \(bounds): it has \(found)."
    case .differs:
      return "The file does not bear out \(value): it has \(found), 95 % interval \(bounds)."
    }
  }

  private var rangeSentence: String? {
    let ends = "\(percent(range.low)) to \(percent(range.high)) %"
    let both = unscored > 0 ? ", \(counted(unscored, "question")) not scored counted both ways" : ""
    if isOutside { return "The published number is outside what this file can give: \(ends)\(both)." }
    guard verdict == .withinInterval || verdict == .differs else { return nil }
    return "What this file can give reaches from \(ends)\(both): the published number lies within."
  }

  private var moveSentence: String? {
    guard let move = mostMoved else { return nil }
    let others = moves.filter { $0.questions != 0 && $0.column.id != move.column.id }
      .map { "\($0.column.label) \(signed($0.questions))" }
    return "Most moved is \(move.column.label): \(counts(move.category.right, move.category.count)) right, "
      + "\(counted(abs(move.questions), "question")) \(move.questions < 0 ? "fewer" : "more") than \(move.published.text) % stands for"
      + (others.isEmpty ? "." : "; \(others.joined(separator: ", ")).")
  }

  private var unreadSentence: String? {
    let unread = readings.filter { !$0.isReadable }
    guard !unread.isEmpty, unread.count < readings.count else { return nil }
    let names = unread.map { "\(name($0)) (a choice in \(counts($0.readable, $0.scored)))" }
    return "Not taken into the range, as \(unread.count == 1 ? "it reads" : "they read") fewer than half of the answers: "
      + names.joined(separator: ", ") + "."
  }

  private func counted(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }
  private func signed(_ count: Int) -> String { (count > 0 ? "+" : "-") + "\(abs(count))" }

  /// The verdict for people, in lines of at most `width` characters.
  public func text(width: Int = 100) -> String {
    var lines = wrapped("\(verdict.rawValue): \(sentence)", indent: 2, width: width)
    lines += ["", "readings"]
    let head = ["scorer", "scored", "right", "of", "%", "if not scored is right", "prints as published"]
    lines += columns([head] + readings.map(cells))
    guard !moves.isEmpty else { return lines.joined(separator: "\n") + "\n" }
    lines += ["", "categories, by \(official.scorer)"]
    let rows = moves.map { move in
      [
        move.column.label, "\(move.category.right)", "\(move.category.count)",
        percent(Double(move.category.right) / Double(move.category.count)), move.published.text,
        move.questions == 0 ? "as published" : signed(move.questions) + (abs(move.questions) == 1 ? " question" : " questions"),
      ]
    }
    lines += columns([["", "right", "of", "%", "published", "moved"]] + rows)
    return lines.joined(separator: "\n") + "\n"
  }

  private func cells(_ reading: PredictionReading) -> [String] {
    let n = Double(questionCount)
    let way = Self.printing(reading, questionCount, as: published)
    return [
      reading.scorer, reading.text, "\(reading.right)", "\(reading.scored)", percent(Double(reading.right) / n),
      percent(Double(reading.right + questionCount - reading.scored) / n),
      way.map { "yes, \($0.right) of \($0.count)" } ?? (reading.isReadable ? "no" : "no; reads too few"),
    ]
  }

  /// Rows as columns, all to the left.
  private func columns(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return "  " + line
    }
  }

  public var json: JSONValue {
    let n = Double(questionCount)
    func share(_ count: Int, _ of: Int) -> JSONValue { of == 0 ? .null : .number(Double(count) / Double(of)) }
    return .object([
      "paper": .string(row.paper.id), "table": .integer(row.table.number), "row": .string(row.row.id),
      "column": .string(column.id), "benchmark": .string(column.benchmark), "published": .string(published.text),
      "verdict": .string(verdict.rawValue), "sentence": .string(sentence), "questions": .integer(questionCount),
      "unscored": .integer(unscored), "range": .array([.number(range.low), .number(range.high)]),
      "outside": .boolean(isOutside), "most_moved": mostMoved.map { .string($0.category.id) } ?? .null,
      "readings": .array(
        readings.map { reading in
          .object([
            "scorer": .string(reading.scorer), "text": .string(reading.text), "correct": .integer(reading.right),
            "n": .integer(reading.scored), "readable": .integer(reading.readable),
            "in_range": .boolean(reading.isReadable), "accuracy": share(reading.right, reading.scored),
            "lowest": .number(Double(reading.right) / n),
            "highest": .number(Double(reading.right + questionCount - reading.scored) / n),
            "prints_as_published": .boolean(Self.printing(reading, questionCount, as: published) != nil),
          ])
        }),
      "categories": .array(
        moves.map { move in
          .object([
            "category": .string(move.category.id), "correct": .integer(move.category.right),
            "n": .integer(move.category.count), "accuracy": share(move.category.right, move.category.count),
            "published": .string(move.published.text), "moved": .integer(move.questions),
          ])
        }),
    ])
  }
}
