// MMAU test-mini and test-full, in the published JSON and in the hub's form.
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
    for (index, row) in try readRows(reader.document).enumerated() {
      questions.append(reader.mmauQuestion(reader.flattened(row), index: index))
    }
    let ids = questions.map(\.id)
    // Only JSON is published as a file with a digest of its own.
    let revision =
      isParquet(reader.document)
      ? RevisionFinding(ids: Set(ids)) : try RevisionFinding(file: reader.document, ids: Set(ids))
    if revision == .mixed {
      reader.report("", "holds \(revision.text)", hint: "take one published file; they share only 894 of 1000 ids")
    }
    try reader.finish(ids: ids)
    self.init(name: name, folder: folder.path, questions: questions)
    self.revision = revision
  }
}

extension RowReader {
  fileprivate mutating func mmauQuestion(_ row: DataRow, index: Int) -> AudioQuestion {
    let id = id(row, index: index)
    let audio = path(clip(text(row, "audio_id", item: id)), row, item: id)
    let answer = row.json["answer"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    return AudioQuestion(
      id: id, audioPath: audio, question: text(row, "question", item: id), choices: texts(row, "choices", item: id),
      answer: answer, category: row.json["task"]?.string ?? "", subCategory: row.json["sub-category"]?.string ?? "",
      difficulty: row.json["difficulty"]?.string ?? "")
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

extension RevisionFinding {
  /// Recognises a file of questions by its content.
  fileprivate init(file: String, ids: Set<String>) throws(Diagnostics) {
    do throws(Diagnostic) { self.init(bytes: try DataFile.read(file), ids: ids) } catch { throw Diagnostics([error]) }
  }
}
