// The real data sets' files as questions. Each reader takes the published format and names the item at fault.
public import Diagnostics
internal import JSONText

extension Benchmark {
  /// MMAU: an array of `{"id", "audio_id": "./test-mini-audios/….wav", "question", "choices": […], "answer", "task",
  /// "category" (a text, in some rows a list), "sub-category", "difficulty"}`.
  public init(mmau file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    let document = folder.path + "/" + file
    let rows = try readArray(file, in: folder)
    var reader = RowReader(document: document)
    var questions: [AudioQuestion] = []
    for (index, row) in rows.enumerated() {
      let id = reader.text(row, "id", item: "row \(index + 1)")
      let audio = reader.text(row, "audio_id", item: id)
      _ = reader.path(audio, in: folder, item: id)
      let choices = reader.texts(row, "choices", item: id)
      let answer = row["answer"]?.string.flatMap { $0.isEmpty ? nil : $0 }
      questions.append(
        AudioQuestion(
          id: id, audioPath: audio, question: reader.text(row, "question", item: id), choices: choices, answer: answer,
          category: row["task"]?.string ?? "", subCategory: row["sub-category"]?.string ?? "",
          difficulty: row["difficulty"]?.string ?? ""))
    }
    reader.checkIDs(questions.map(\.id))
    try reader.mistakes.throwIfAnyError()
    self.init(name: name, folder: folder.path, questions: questions)
  }

  /// MMAR: JSON lines of `{"id", "audio_path", "question", "choices": […], "answer", "modality", …}`.
  public init(mmar file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    let document = folder.path + "/" + file
    var reader = RowReader(document: document)
    var questions: [AudioQuestion] = []
    for (index, row) in try readLines(file, in: folder).enumerated() {
      let id = reader.text(row, "id", item: "line \(index + 1)")
      let audio = reader.text(row, "audio_path", item: id)
      _ = reader.path(audio, in: folder, item: id)
      questions.append(
        AudioQuestion(
          id: id, audioPath: audio, question: reader.text(row, "question", item: id),
          choices: reader.texts(row, "choices", item: id), answer: row["answer"]?.string,
          category: row["modality"]?.string ?? "", subCategory: row["sub-category"]?.string ?? ""))
    }
    reader.checkIDs(questions.map(\.id))
    try reader.mistakes.throwIfAnyError()
    self.init(name: name, folder: folder.path, questions: questions)
  }
}

extension TrainingSet {
  /// AVQA: an array of `{"id", "video_name": "<YouTube id>_<second>", "question_text", "multi_choice": […], "answer": index}`;
  /// clips in `audio/<video_name>.wav` or `.flac`, with or without zeros before the second.
  public init(avqa file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    let document = folder.path + "/" + file
    var reader = RowReader(document: document)
    var questions: [AudioQuestion] = []
    let clips = ClipNames(folder: folder.path + "/audio")
    for (index, row) in try readArray(file, in: folder).enumerated() {
      let id = row["id"]?.integer.map { "\($0)" } ?? row["id"]?.string ?? "row \(index + 1)"
      let video = reader.text(row, "video_name", item: id)
      _ = reader.path(video, in: folder, item: id)
      let choices = reader.texts(row, "multi_choice", item: id)
      guard let answer = row["answer"]?.integer, choices.indices.contains(answer) else {
        reader.report(id, "answer is no index into its \(choices.count) choices")
        continue
      }
      questions.append(
        AudioQuestion(
          id: id, audioPath: "audio/" + clips.fileName(video), question: reader.text(row, "question_text", item: id),
          choices: choices, answer: choices[answer], category: row["question_type"]?.string ?? ""))
    }
    reader.checkIDs(questions.map(\.id))
    try reader.mistakes.throwIfAnyError()
    self.init(name: name, folder: folder.path, questions: questions)
  }

  /// ARC: JSON lines of `{"id", "question": {"stem", "choices": [{"text", "label"}]}, "answerKey": label}`.
  public init(arc file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    let document = folder.path + "/" + file
    var reader = RowReader(document: document)
    var questions: [AudioQuestion] = []
    for (index, row) in try readLines(file, in: folder).enumerated() {
      let id = reader.text(row, "id", item: "line \(index + 1)")
      let choices = row["question"]?["choices"]?.array ?? []
      let texts = choices.compactMap { $0["text"]?.string }, labels = choices.compactMap { $0["label"]?.string }
      guard !texts.isEmpty, texts.count == choices.count, labels.count == choices.count,
        let stem = row["question"]?["stem"]?.string
      else {
        reader.report(id, "question.stem and question.choices with text and label are expected")
        continue
      }
      guard let key = row["answerKey"]?.string, let right = labels.firstIndex(of: key) else {
        reader.report(id, "answerKey is none of its labels: " + labels.joined(separator: ", "))
        continue
      }
      questions.append(
        AudioQuestion(id: id, audioPath: nil, question: stem, choices: texts, answer: texts[right], category: "text"))
    }
    reader.checkIDs(questions.map(\.id))
    try reader.mistakes.throwIfAnyError()
    self.init(name: name, folder: folder.path, questions: questions)
  }
}

/// Which file a clip has: the names found in the wild.
private struct ClipNames {
  private let files: Set<String>

  init(folder: String) { files = Set(directoryNames(folder)) }

  func fileName(_ video: String) -> String {
    let parts = video.split(separator: "_")
    let second = parts.last.flatMap { Int($0) }
    let bare = second.map { parts.dropLast().joined(separator: "_") + "_\($0)" }
    for stem in [video, bare].compactMap(\.self) {
      for ending in ["wav", "flac", "mp3"] where files.contains(stem + "." + ending) { return stem + "." + ending }
    }
    return video + ".wav"
  }
}

/// Reads fields, and remembers every mistake by item.
private struct RowReader {
  let document: String
  var mistakes = Diagnostics()

  init(document: String) { self.document = document }

  mutating func report(_ item: String, _ fact: String) {
    guard mistakes.list.count < 100 else { return }
    mistakes.report(Diagnostic(fact, at: SourceMark(file: document), path: item))
  }

  mutating func text(_ row: JSONValue, _ key: String, item: String) -> String {
    guard let text = row[key]?.string, !text.isEmpty else {
      report(item, "\(key) is missing, or no text")
      return ""
    }
    return text
  }

  mutating func texts(_ row: JSONValue, _ key: String, item: String) -> [String] {
    guard let texts = row[key]?.texts, !texts.isEmpty else {
      report(item, "\(key) is no list of texts")
      return []
    }
    return texts
  }

  mutating func path(_ name: String, in folder: DataFolder, item: String) -> String {
    do throws(Diagnostic) { return try folder.file(name, of: item, in: document) } catch {
      if mistakes.list.count < 100 { mistakes.report(error) }
      return ""
    }
  }

  mutating func checkIDs(_ ids: [String]) {
    var seen: Set<String> = []
    for id in ids where !seen.insert(id).inserted { report(id, "this id stands twice") }
  }
}

private func readArray(_ file: String, in folder: DataFolder) throws(Diagnostics) -> [JSONValue] {
  do throws(Diagnostic) {
    let json = try JSONValue(parsing: try folder.read(file), file: folder.path + "/" + file)
    guard let rows = json.array else {
      throw Diagnostic("\(json.kindName) where a list of questions is expected", at: SourceMark(file: folder.path + "/" + file))
    }
    return rows
  } catch { throw Diagnostics([error]) }
}

/// JSON lines; a line over 16 MiB is refused.
private func readLines(_ file: String, in folder: DataFolder) throws(Diagnostics) -> [JSONValue] {
  let document = folder.path + "/" + file
  let bytes: [UInt8]
  do throws(Diagnostic) { bytes = try folder.read(file) } catch { throw Diagnostics([error]) }
  var mistakes = Diagnostics()
  var rows: [JSONValue] = []
  for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
    do throws(Diagnostic) {
      guard line.count <= 1 << 24 else {
        throw Diagnostic("a line of \(line.count) bytes; the limit is 16 MiB", at: SourceMark(file: document, line: index + 1))
      }
      rows.append(try JSONValue(parsing: Array(line), file: document, firstLine: index + 1))
    } catch {
      mistakes.report(error)
      if mistakes.list.count >= 20 { break }
    }
  }
  try mistakes.throwIfAnyError()
  return rows
}
