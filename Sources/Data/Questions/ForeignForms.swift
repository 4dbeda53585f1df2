// What rows of other programs call things, beside the names of the official scripts. Documentation/predictions.md lists
// the forms.
internal import JSONText

extension DataRow {
  /// The choices: a list of texts, one that JSON or Python printed, texts by letter, or one text with letters in it.
  var choiceTexts: [String]? {
    guard let value = choicesValue else { return nil }
    if let texts = value.texts { return texts }
    if let object = value.object { return Self.listed(byLetter: object) }
    guard let text = value.string else { return nil }
    return (try? JSONValue(parsing: text, file: ""))?.texts ?? Questions.texts(ofPythonList: text) ?? letteredTexts(text)
  }

  /// What stands for choices; nil where nothing does.
  var choicesValue: JSONValue? { ["choices", "options"].lazy.compactMap { json[$0] }.first { !$0.isNull } }

  /// `{"A": "Man", "B": "Woman"}`: letters without a gap, each with a text.
  private static func listed(byLetter object: JSONObject) -> [String]? {
    let letters = (0..<min(object.count, 26)).map { String(UnicodeScalar(UInt8(65 + $0))) }
    let texts = letters.compactMap { object[$0]?.string }
    return texts.count == object.count && !texts.isEmpty ? texts : nil
  }

  /// Whether a row has the question in its own words, not in a prompt alone.
  var hasQuestion: Bool { json["question"]?.string != nil || json["instruction"]?.string != nil }

  /// The words that a row has for its question: its own, those of the hub's form, the last that a chat's user said, or a
  /// query.
  var questionText: String? {
    if let text = json["question"]?.string ?? json["instruction"]?.string { return text }
    let messages = (json["messages"]?.array ?? []).filter { $0["role"]?.string == "user" }
    guard let content = messages.last?["content"] else { return json["query"]?.string }
    return content.string ?? content.array?.compactMap { $0["text"]?.string }.joined(separator: "\n")
  }

  /// The name of the clip's file without folder and ending; nil where the row names none.
  var clipName: String? {
    for key in ["audio_id", "audio_path", "audios", "audio", "audio_file", "wav"] {
      guard let value = json[key] else { continue }
      let first = value.array?.first ?? value
      guard let path = first.string ?? first["path"]?.string else { continue }
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      let stem = name.contains(".") ? name.split(separator: ".").dropLast().joined(separator: ".") : name
      if !stem.isEmpty { return stem }
    }
    return nil
  }

  /// The place of the row's question in its benchmark, where the row says it.
  var place: Int? { json["doc_id"]?.integer ?? json["index"]?.integer ?? json["index"]?.string.flatMap { Int($0) } }

  /// The value of a group key; Kimi-Audio-Evalkit has MMAU's task under `subset`.
  func group(_ key: String) -> String {
    let value = json[key]
    if let text = value?.string ?? value?.texts?.joined(separator: ", ") { return text }
    guard key == "task", let subset = json["subset"]?.string, ["sound", "music", "speech"].contains(subset) else { return "" }
    return subset
  }

  /// What a harness had of the model before it took the answer out of it, by the key.
  var wholeAnswer: JSONValue? {
    ["resps", "filtered_resps", "model_response", "response"].lazy.compactMap { json[$0] }.first { !$0.isNull }
  }

  /// Kimi-Audio-Evalkit writes the text `null` where the model was not asked: it then has no prompt either.
  var isUnasked: Bool { json["real_prompt"]?.string == "" && json["prediction"]?.string == "null" }
}

/// Choices in one text, each behind its letter: `(A) Man (B) Woman`, or `A. Man` and `B. Woman` on lines of their own.
/// Nil unless the text begins with the first and has at least two.
func letteredTexts(_ text: String) -> [String]? {
  let scalars = Array(PythonText.stripped(text).unicodeScalars)
  for style in [("(", ")"), ("", "."), ("", ")"), ("", ":")] {
    func mark(_ index: Int) -> [Unicode.Scalar] {
      guard index < 26 else { return [] }
      return Array("\(style.0)\(UnicodeScalar(UInt8(65 + index)))\(style.1)".unicodeScalars)
    }
    guard scalars.starts(with: mark(0)) else { continue }
    var texts: [String] = []
    var start = mark(0).count
    while true {
      let next = mark(texts.count + 1)
      let end = next.isEmpty ? nil : place(of: next, in: scalars, from: start)
      var item = String.UnicodeScalarView()
      item.append(contentsOf: scalars[start..<(end ?? scalars.count)])
      texts.append(PythonText.stripped(String(item)))
      guard let end else { break }
      start = end + next.count
    }
    if texts.count > 1, !texts.contains("") { return texts }
  }
  return nil
}

/// Where a mark stands next with white space before it.
private func place(of mark: [Unicode.Scalar], in text: [Unicode.Scalar], from start: Int) -> Int? {
  var index = max(start, 1)
  while index + mark.count <= text.count {
    if PythonText.isSpace(text[index - 1]), text[index...].starts(with: mark) { return index }
    index += 1
  }
  return nil
}

/// The choice that an answer stands for: itself, or by its letter (`B`, `(B)`, `B. Woman`); the answer as it is where it
/// is none of the choices.
func choice(namedBy answer: String, among choices: [String]) -> String {
  if choices.contains(where: { PythonText.areSame($0, answer) }) { return answer }
  let said = PythonText.stripped(answer)
  for (index, choice) in choices.prefix(26).enumerated() {
    let letter = String(UnicodeScalar(UInt8(65 + index)))
    let isLetter = [letter, "(\(letter))", "\(letter).", "\(letter))"].contains { PythonText.areSame($0, said) }
    let words = withoutLetter(said, index: index)
    if isLetter || words.map({ PythonText.areSame($0, PythonText.stripped(choice)) }) == true { return choice }
  }
  return answer
}

/// Whether a text has a question's words in it: prompts put more before and behind them.
func says(_ text: String, _ words: String) -> Bool {
  if PythonText.areSame(text, words) { return true }
  let wanted = Array(PythonText.stripped(words).unicodeScalars)
  return !wanted.isEmpty && PythonText.contains(Array(text.unicodeScalars), wanted)
}
