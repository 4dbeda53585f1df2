// ARC-Easy: science questions without sound.
public import Diagnostics
internal import JSONText

extension TrainingSet {
  /// Reads ARC's questions: the published JSON lines or CSV, or the hub's parquet.
  ///
  ///     {"id": "Mercury_1", "question": {"stem": "Which …?", "choices": [{"text": "air", "label": "A"}, …]},
  ///      "answerKey": "A"}
  ///     {"id": "Mercury_1", "question": "Which …?", "choices": {"text": ["air", …], "label": ["A", …]},
  ///      "answerKey": "A"}
  ///     questionID,…,AnswerKey,…,question,…
  ///     Mercury_1,…,A,…,Which …? (A) air (B) water,…
  ///
  /// Labels are letters or `1` to `4`; the answer is found by label.
  ///
  /// - Throws: every mistake with the item's id.
  public init(arc file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    var reader = RowReader(file, in: folder)
    let questions = file.hasSuffix(".csv") ? try reader.arcTable() : try reader.arcLines()
    try reader.finish(ids: questions.map(\.id))
    self.init(name: name, folder: folder.path, questions: questions)
  }
}

/// A question of ARC before its key is looked up.
private struct LabelledQuestion {
  var stem: String
  var texts: [String]
  var labels: [String]
}

extension RowReader {
  fileprivate mutating func arcLines() throws(Diagnostics) -> [AudioQuestion] {
    var questions: [AudioQuestion] = []
    for (index, row) in try readRows(document).enumerated() {
      let id = id(row, index: index)
      guard let question = labelled(row.json) else {
        report(id, "question.stem and question.choices with text and label are expected", line: row.line)
        continue
      }
      if let done = answered(question, by: row.json["answerKey"]?.string, id: id, line: row.line) {
        questions.append(done)
      }
    }
    return questions
  }

  private func labelled(_ json: JSONValue) -> LabelledQuestion? {
    var found: LabelledQuestion?
    if let stem = json["question"]?["stem"]?.string, let choices = json["question"]?["choices"]?.array {
      found = LabelledQuestion(
        stem: stem, texts: choices.compactMap { $0["text"]?.string }, labels: choices.compactMap { $0["label"]?.string })
      if found?.texts.count != choices.count { return nil }
    } else if let stem = json["question"]?.string, let choices = json["choices"] {
      found = LabelledQuestion(stem: stem, texts: choices["text"]?.texts ?? [], labels: choices["label"]?.texts ?? [])
    }
    guard let found, !found.texts.isEmpty, found.texts.count == found.labels.count else { return nil }
    return found
  }

  private mutating func answered(
    _ question: LabelledQuestion, by key: String?, id: String, line: Int?
  ) -> AudioQuestion? {
    guard let key, let right = question.labels.firstIndex(of: key) else {
      report(id, "answerKey is none of its labels: " + question.labels.joined(separator: ", "), line: line)
      return nil
    }
    if ([question.stem] + question.texts).contains(where: { $0.utf8.contains(0) }) {
      report(id, "question holds a NUL character", line: line)
    }
    return AudioQuestion(
      id: id, audioPath: nil, question: question.stem, choices: question.texts, answer: question.texts[right],
      category: "text")
  }

  fileprivate mutating func arcTable() throws(Diagnostics) -> [AudioQuestion] {
    var questions: [AudioQuestion] = []
    do throws(Diagnostic) {
      var rows = try CSVRows(document)
      guard let head = try rows.next() else { throw Diagnostic("is empty", at: SourceMark(file: document)) }
      let names = ["questionID", "AnswerKey", "question"]
      let columns = names.compactMap { name in head.fields.firstIndex(of: name) }
      guard columns.count == names.count else {
        throw Diagnostic(
          "its header has no " + names.filter { !head.fields.contains($0) }.joined(separator: ", "),
          at: SourceMark(file: document, line: 1))
      }
      while let row = try rows.next() {
        guard row.fields.count == head.fields.count else {
          report("line \(row.line)", "\(row.fields.count) fields where the header has \(head.fields.count)", line: row.line)
          continue
        }
        let (id, key, text) = (row.fields[columns[0]], row.fields[columns[1]], row.fields[columns[2]])
        guard let question = Self.split(text) else {
          report(id, "its question has no choices such as (A) … (B) …", line: row.line)
          continue
        }
        if let done = answered(question, by: key, id: id, line: row.line) { questions.append(done) }
      }
    } catch { report(error) }
    return questions
  }

  /// `Which …? (A) air (B) water` as a stem and labelled choices: the last run of labels in order.
  private static func split(_ text: String) -> LabelledQuestion? {
    for labels in [["A", "B", "C", "D", "E"], ["1", "2", "3", "4", "5"]] {
      guard let first = text.ranges(of: "(\(labels[0]))").last else { continue }
      var found = LabelledQuestion(
        stem: PythonText.stripped(String(text[..<first.lowerBound])), texts: [], labels: [labels[0]])
      var rest = text[first.upperBound...]
      for label in labels.dropFirst() {
        guard let next = rest.firstRange(of: "(\(label))") else { break }
        found.texts.append(PythonText.stripped(String(rest[..<next.lowerBound])))
        found.labels.append(label)
        rest = rest[next.upperBound...]
      }
      found.texts.append(PythonText.stripped(String(rest)))
      if found.texts.count > 1 { return found }
    }
    return nil
  }
}
