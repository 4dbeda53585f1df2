// Rows of published parquet in the forms the adapters read.
internal import JSONText

/// A row with its clip's name in the place its form has for it.
///
///     {"context": {"bytes": …, "path": null}, "instruction": …, …}            MMAU on the hub
///     {"audio": {"bytes": …, "path": "a.wav"}, "question": …, "choices": "[\"bell\", \"dog\"]", "answer": …}
///     {"audio": …, "file_name": …, "question": "What …?\nChoices:\nA. bell\nB. dog", "answer": "A. bell"}   AVQA
struct PublishedRow {
  private(set) var json: JSONObject
  let id: String
  /// The folder its form keeps clips in.
  let folder: String
  private enum Place { case context, audioID, audioPath, videoName, none }
  private let place: Place

  /// - Parameters:
  ///   - clip: the column that holds clips.
  ///   - path: what the row says its clip is called.
  init(_ row: JSONObject, clip: String?, path: String?, index: Int, ids: inout UniqueIDs) {
    json = row
    let stem = path.flatMap(ClipColumn.fileName).map { String($0.split(separator: ".").first ?? "") } ?? ""
    func given() -> String? {
      for key in ["id", "question_id", "key"] {
        if let id = row[key]?.string ?? row[key]?.integer.map({ "\($0)" }), !id.isEmpty { return id }
      }
      return nil
    }
    if row["instruction"] != nil {
      let other = row["other_attributes"]?.string.flatMap { try? JSONValue(parsing: $0, file: "") }
      let id = other?["id"]?.string ?? given() ?? (stem.isEmpty ? "row-\(index + 1)" : stem)
      self.id = id
      if other?["id"] == nil, row["id"] == nil, row["context"]?["path"]?.string == nil { json["id"] = .string(id) }
      (folder, place) = ("test-mini-audios", .context)
      return
    }
    guard let clip, row["answerKey"] == nil else {
      (id, folder, place) = (given() ?? "", "audio", .none)
      return
    }
    // Given ids are left as they are: one that stands twice is a mistake.
    id = given() ?? ids.take(stem.isEmpty ? "row-\(index + 1)" : stem)
    json[clip] = nil
    json["id"] = row["id"].flatMap { $0.isNull ? nil : $0 } ?? .string(id)
    if row["multi_choice"] != nil {
      (folder, place) = ("audio", .videoName)
      return
    }
    if row["choices"] == nil, let question = row["question"]?.string, let split = InlineChoices(question) {
      json["question"] = nil
      json["question_text"] = .string(split.question)
      json["multi_choice"] = .array(split.choices.map { .string($0) })
      if let answer = row["answer"]?.string, let index = split.index(of: answer) { json["answer"] = .integer(index) }
      (folder, place) = ("audio", .videoName)
      if json["video_name"] == nil, !stem.isEmpty { json["video_name"] = .string(stem) }
      return
    }
    if let text = row["choices"]?.string, let list = Self.list(text) { json["choices"] = .array(list.map { .string($0) }) }
    let isMMAU = row["task"] != nil || row["audio_id"] != nil
    (folder, place) = isMMAU ? ("test-mini-audios", .audioID) : ("audio", .audioPath)
    if let path { name(path, in: nil) }
  }

  /// Says which file holds the clip.
  mutating func name(_ file: String) { name(file, in: folder) }

  private mutating func name(_ file: String, in folder: String?) {
    let path = folder.map { "./\($0)/\(file)" } ?? file
    switch place {
    case .context:
      var context = json["context"]?.object ?? JSONObject()
      context["path"] = .string(file)
      json["context"] = .object(context)
    case .audioID: json["audio_id"] = .string(path)
    case .audioPath: json["audio_path"] = .string(path)
    case .videoName: json["video_name"] = .string(file.split(separator: ".").dropLast().joined(separator: "."))
    case .none: break
    }
  }

  /// A list of texts written as JSON, or as Python prints it.
  static func list(_ text: String) -> [String]? {
    if let texts = try? JSONValue(parsing: text, file: "").texts { return texts }
    return texts(ofPythonList: text)
  }
}

/// A question with its choices behind it, one a line.
private struct InlineChoices {
  var question: String
  var choices: [String] = []
  private var lines: [String] = []

  init?(_ text: String) {
    guard let mark = text.firstRange(of: "\nChoices:\n") else { return nil }
    question = String(text[..<mark.lowerBound])
    for line in text[mark.upperBound...].split(separator: "\n") {
      let line = PythonText.stripped(String(line))
      if line.isEmpty { continue }
      choices.append(withoutLetter(line, index: lines.count) ?? line)
      lines.append(line)
    }
    if choices.isEmpty { return nil }
  }

  /// The choice an answer names, with its letter or without.
  func index(of answer: String) -> Int? {
    let answer = PythonText.stripped(answer)
    return lines.firstIndex { PythonText.areSame($0, answer) } ?? choices.firstIndex { PythonText.areSame($0, answer) }
  }
}
