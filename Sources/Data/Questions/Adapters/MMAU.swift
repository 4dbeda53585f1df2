// MMAU test-mini and test-full, in the published JSON and in the hub's form.
internal import ContentHash
public import Diagnostics
internal import JSONText

extension Benchmark {
  /// Reads MMAU's questions.
  ///
  ///     [{"id": "3fe6…", "audio_id": "./test-mini-audios/3fe6….wav", "question": "Who speaks?",
  ///       "choices": ["Man", "Woman"], "answer": "Man", "dataset": "AudioSet", "task": "sound",
  ///       "split": "test-mini", "category": "Reasoning", "sub-category": "…", "difficulty": "medium"}, …]
  ///
  /// `category` is a list in some rows. One revision has absolute paths in `audio_id`: of those only the clip's folder
  /// and name are taken. `answer` is empty in test-full. The hub's form is read too, its parquet as it is:
  ///
  ///     {"context": {"path": "3fe6….wav"}, "instruction": "Who speaks?", "choices": ["(A) Man", "(B) Woman"],
  ///      "answer": "(A) Man", "other_attributes": "{\"id\": \"3fe6…\", \"task\": \"sound\", …}"}
  ///
  /// - Throws: every mistake with the item's id; a file with items of two revisions.
  public init(mmau file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    var reader = RowReader(file, in: folder)
    var questions: [AudioQuestion] = []
    let rows = try readRows(reader.document).map { reader.flattened($0) }
    if rows.count > 1, rows.allSatisfy({ $0.json.object != nil && $0.json["id"] == nil }) {
      throw Diagnostics([reader.lackOfIds(rows)])
    }
    let clips = FullClips(in: folder)
    for (index, row) in rows.enumerated() { questions.append(reader.mmauQuestion(row, index: index, clips)) }
    let ids = questions.map(\.id)
    let revision = try RevisionFinding(questions, of: reader.document)
    if revision == .mixed {
      reader.report("", "holds \(revision.text)", hint: "take one published file; they share only 894 of 1000 ids")
    }
    try reader.finish(ids: ids)
    self.init(name: name, folder: folder.path, questions: questions)
    self.revision = revision
  }
}

extension RowReader {
  fileprivate mutating func mmauQuestion(_ row: DataRow, index: Int, _ clips: FullClips) -> AudioQuestion {
    let id = id(row, index: index)
    let audio = path(clips.renamed(clip(text(row, "audio_id", item: id))), row, item: id)
    let answer = row.json["answer"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    return AudioQuestion(
      id: id, audioPath: audio, question: text(row, "question", item: id), choices: texts(row, "choices", item: id),
      answer: answer, category: row.json["task"]?.string ?? "", subCategory: row.json["sub-category"]?.string ?? "",
      difficulty: row.json["difficulty"]?.string ?? "")
  }

  /// A file without ids, as the first that was published.
  fileprivate func lackOfIds(_ rows: [DataRow]) -> Diagnostic {
    let finding = RevisionFinding(
      rows.map { row in
        RevisionItem(
          id: row.json["audio_id"]?.string ?? "", question: row.json["question"]?.string ?? "",
          choices: row.json["choices"]?.texts ?? [], answer: row.json["answer"]?.string ?? "")
      })
    return Diagnostic(
      "id is missing, here and in all \(rows.count) rows", at: SourceMark(file: document, line: rows[0].line), path: "row 1",
      hint: finding.revision.map { _ in "this is the revision \(finding.text); every later one has ids" })
  }

  /// The folder of clips and the name, of an absolute path such as `/data/mmau/test-mini-audios/3fe6….wav`.
  private func clip(_ path: String) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard path.hasPrefix("/"), parts.count >= 3, !parts.contains(".."),
      ["test-mini-audios", "test-full-audios", "test-audios"].contains(parts[parts.count - 2])
    else { return path }
    return "./" + parts.suffix(2).joined(separator: "/")
  }

  /// A row of the hub's form with the published form's keys.
  fileprivate mutating func flattened(_ row: DataRow) -> DataRow {
    guard let instruction = row.json["instruction"], row.json["question"] == nil else { return row }
    var object = JSONObject()
    if let other = row.json["other_attributes"]?.string,
      let attributes = try? JSONValue(parsing: other, file: document).object
    {
      object = attributes
    }
    object["question"] = instruction
    if let path = row.json["context"]?["path"]?.string ?? row.json["context"]?.string {
      let file = path.split(separator: "/").last.map(String.init) ?? ""
      object["audio_id"] = .string(path.contains("..") ? path : "./test-mini-audios/" + file)
      if object["id"] == nil { object["id"] = row.json["id"] ?? .string(file.split(separator: ".").first.map(String.init) ?? file) }
    }
    let choices = row.json["choices"]?.texts ?? []
    let bare = choices.enumerated().map { withoutLetter($1, index: $0) }
    object["choices"] = bare.contains(nil) ? row.json["choices"] : .array(bare.map { .string($0 ?? "") })
    let answer = row.json["answer"]?.string ?? ""
    let right = bare.contains(nil) ? nil : choices.firstIndex { PythonText.areSame($0, answer) }
    object["answer"] = .string(right.flatMap { bare[$0] } ?? answer)
    return DataRow(json: .object(object), line: row.line)
  }
}

/// The folder of test-full's clips: published as `test-audios`; `test-full-audios` is taken where only that is there.
private struct FullClips {
  private var change: (from: String, to: String)?

  init(in folder: DataFolder) {
    let names = ["test-audios", "test-full-audios"]
    let there = names.filter { !directoryNames(folder.path + "/" + $0).isEmpty }
    if there.count == 1 { change = (names.first { $0 != there[0] } ?? "", there[0]) }
  }

  func renamed(_ path: String) -> String {
    guard let change else { return path }
    for start in ["./", ""] where path.hasPrefix(start + change.from + "/") {
      return start + change.to + path.dropFirst(start.count + change.from.count)
    }
    return path
  }
}

extension RevisionFinding {
  /// Recognises the questions of a file.
  fileprivate init(_ questions: [AudioQuestion], of file: String) throws(Diagnostics) {
    let items = questions.map {
      RevisionItem(id: $0.id, question: $0.question, choices: $0.choices, answer: $0.answer ?? "")
    }
    do throws(Diagnostic) {
      // Only JSON was published as a file with a digest of its own.
      self.init(items, fileDigest: isParquet(file) ? nil : Digest(of: try DataFile.read(file)).hexadecimal)
    } catch { throw Diagnostics([error]) }
  }
}
