// The nine sets in their published forms, and the captions that questions are written from: small, except test-full.
import ContentHash
import Foundation
import JSONText

/// What questions are made of.
enum Words {
  static let answers = ["rain", "bell", "dog", "car", "wind", "drum", "harp", "voice", "crowd", "flute", "train", "whistle"]
  static let all =
    answers + ["What", "happened", "in", "the", "video", "audio", "is", "heard", "Please", "choose", "answer", "from",
      "following", "options", "Which", "of", "these", "first", "a", "user", "assistant", "system", "You", "are", "helpful"]

  /// Four choices, and the place of the right one.
  static func choices(_ number: Int) -> (texts: [String], answer: Int) {
    let texts = (0..<4).map { answers[(number * 5 + $0 * 7 + number / 12) % answers.count] }
    return (texts, (number * 3 + number / 4) % 4)
  }
}

struct PublishedSets {
  let root: String
  /// Rows of the original test-full; the published file has 9,000. That of the revision is kept short here.
  let fullCount: Int
  static let revisedFullCount = 240

  init(root: String, fullCount: Int) {
    self.root = root
    self.fullCount = fullCount
  }

  var data: String { root + "/data" }

  func write() throws {
    try writeAVQA()
    try writeVGGSound()
    try writeARC()
    try writeMMAU(folder: "mmau", marks: ["02256382-3f3a-4a72-8c35-6a09fe07ff15", "0475b3e9-b6fc-4ce1-8c28-651be4fa81cf"], seed: 1)
    try writeMMAU(
      folder: "mmau-v05.15.25", marks: ["002ebba8-7aa4-445b-aab3-ed17e592cd30", "014593c4-11b7-4d6b-9f8c-b14fccbceb42"], seed: 2)
    try writeMMAR()
    try writeParquet()
    try Clips.write(7, ClipForm(length: 2), to: root + "/plain.wav")
    _ = try Clips.writeBroken(in: root + "/broken")
  }

  /// Clips lie elsewhere and are linked to, as on most machines.
  private func clips(_ folder: String, of set: String) throws -> String {
    let place = root + "/clips/\(set)-\(folder)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try Files.link(data + "/\(set)/\(folder)", to: "../../clips/\(set)-\(folder)")
    return place
  }

  private func lines(_ rows: [JSONValue]) -> String { rows.map { $0.canonicalText + "\n" }.joined() }

  /// 11 characters as a video has them, some with a leading sign.
  private func video(_ number: Int, of set: String) -> String {
    let characters = Array(Digest(of: "\(set) \(number)").hexadecimal.prefix(10))
    return ["-", "_", "Y", "x"][number % 4] + String(characters)
  }

  // MARK: - Training

  /// 50 clips, of which 3 are gone, as some 6 % of the published ones are.
  private func writeAVQA() throws {
    let folder = try clips("audio", of: "avqa")
    var rows: [JSONValue] = []
    var captions = "id,caption\n"
    for number in 0..<50 {
      let name = video(number, of: "avqa")
      let (texts, answer) = Words.choices(number)
      rows.append(
        .object([
          "id": .integer(number + 183), "video_name": .string(name + "_0000\(number % 6)0"), "video_id": .integer(number + 341),
          "question_text": "What happened in the video?", "multi_choice": .array(texts.map { .string($0) }),
          "answer": .integer(answer), "question_relation": "View", "question_type": "Happening",
        ]))
      captions += "\(name)_0000\(number % 6)0,A sound in scene \(number).\n"
      guard number % 17 != 9 else { continue }
      // Found with and without the zeros of the start second.
      let file = number % 3 == 0 ? "\(name)_0000\(number % 6)0" : "\(name)_\(number % 6)0".replacing("_00", with: "_0")
      try Clips.write(number, ClipForm.usual[number % ClipForm.usual.count], to: folder + "/\(file).wav")
    }
    try Files.write(JSONValue.array(rows).canonicalText, to: data + "/avqa/train_qa.json")
    try Files.write(captions, to: root + "/captions/AVQA_caption.csv")
  }

  /// VGGSound's table and clips; the questions are written from the captions.
  private func writeVGGSound() throws {
    let folder = try clips("audio", of: "vggsound")
    var table = ""
    var captions = "id,caption\n"
    var answers = "id,sounds,speech,music\n"
    for number in 0..<40 {
      let name = video(number, of: "vggsound")
      let label = number % 5 == 0 ? "\"waterfall burbling, loud\"" : "people marching"
      table += "\(name),\(number % 7)0,\(label),\(number % 10 == 9 ? "test" : "train")\n"
      captions += "\(name)_0000\(number % 7)0,\"In scene \(100 + number), something is heard.\"\n"
      answers += "\(name)_0000\(number % 7)0,Scene \(100 + number).,No speech.,No music.\n"
      try Clips.write(60 + number, ClipForm.usual[number % ClipForm.usual.count], to: folder + "/\(name)_0000\(number % 7)0.wav")
    }
    try Files.write(table, to: data + "/vggsound/vggsound.csv")
    try Files.write(captions, to: root + "/captions/VGGSound_caption.csv")
    try Files.write(answers, to: root + "/captions/VGGSound_answers.csv")
  }

  private func writeARC() throws {
    let rows = (0..<24).map { number in
      let (texts, answer) = Words.choices(number + 7)
      let labels = number % 6 == 0 ? ["1", "2", "3", "4"] : ["A", "B", "C", "D"]
      let choices = zip(texts, labels).map { JSONValue.object(["text": .string($0), "label": .string($1)]) }
      return JSONValue.object([
        "id": .string("Mercury_\(7_000_000 + number)"),
        "question": .object(["stem": .string("Which of these is the first? (\(number))"), "choices": .array(choices)]),
        "answerKey": .string(labels[answer]),
      ])
    }
    try Files.write(lines(rows), to: data + "/arc-easy/ARC-Easy-Train.jsonl")
  }

  // MARK: - Benchmarks

  private func writeMMAU(folder: String, marks: [String], seed: Int) throws {
    let mini = try clips("test-mini-audios", of: folder)
    let full = try clips("test-audios", of: folder)
    let names = marks + (0..<22).map { uuid("\(folder) \($0)") }
    let rows = names.enumerated().map { item($1, number: $0 + 31 * seed, clips: "test-mini-audios", split: "test-mini", clip: $1) }
    for (number, name) in names.enumerated() {
      let form = number == 5 ? ClipForm.halfMinute : ClipForm.usual[number % ClipForm.usual.count]
      try Clips.write(100 * seed + number, form, to: mini + "/\(name).wav")
    }
    try Files.write(JSONValue.array(rows).indentedText, to: data + "/\(folder)/mmau-test-mini.json")
    // Few clips, so that hearing them takes no time; the answers are withheld.
    let heard = (0..<12).map { uuid("\(folder) full clip \($0)") }
    for (number, name) in heard.enumerated() { try Clips.write(300 * seed + number, ClipForm.usual[number % 10], to: full + "/\(name).wav") }
    let all = (0..<(seed == 1 ? fullCount : Self.revisedFullCount)).map {
      item(uuid("\(folder) full \($0)"), number: $0, clips: "test-audios", split: "test", clip: heard[$0 % heard.count], isAnswered: false)
    }
    try Files.write(JSONValue.array(all).indentedText, to: data + "/\(folder)/mmau-test.json")
  }

  private func uuid(_ text: String) -> String {
    let digits = Array(Digest(of: text).hexadecimal)
    let ends = [0, 8, 12, 16, 20, 32]
    return zip(ends, ends.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
  }

  private func item(
    _ id: String, number: Int, clips: String, split: String, clip: String, isAnswered: Bool = true
  ) -> JSONValue {
    let (texts, answer) = Words.choices(number)
    // `category` is a list in some rows of the published files.
    let category: JSONValue = number % 13 == 5 ? .array(["Reasoning"]) : "Reasoning"
    return .object([
      "id": .string(id), "audio_id": .string("./\(clips)/\(clip).wav"), "question": "Which of these is heard first?",
      "choices": .array(texts.map { .string($0) }), "answer": .string(isAnswered ? texts[answer] : ""), "dataset": "AudioSet",
      "task": .string(["sound", "music", "speech"][number % 3]), "split": .string(split), "category": category,
      "sub-category": "Temporal Event Reasoning", "difficulty": .string(["easy", "medium", "hard"][number / 3 % 3]),
    ])
  }

  private func writeMMAR() throws {
    let folder = try clips("audio", of: "mmar")
    for (number, row) in mmarRows.enumerated() {
      let form = number == 4 ? ClipForm.fiveMinutes : ClipForm.usual[(number + 3) % ClipForm.usual.count]
      try Clips.write(500 + number, form, to: folder + "/\(row["id"]?.string ?? "").wav")
    }
    try Files.write(lines(mmarRows), to: data + "/mmar/MMAR-meta.jsonl")
  }

  /// MMAR's questions.
  var mmarRows: [JSONValue] {
    let kinds = ["sound", "music", "speech", "mix-sound-music", "mix-sound-speech", "mix-music-speech", "mix-sound-music-speech"]
    return (0..<28).map { number in
      let id = "\(video(number, of: "mmar"))_00-01-32_00-02-02"
      let (texts, answer) = Words.choices(number + 3)
      return .object([
        "id": .string(id), "audio_path": .string("./audio/\(id).wav"),
        "question": .string(number % 5 == 0 ? "What is heard in the video?" : "What is heard"),
        "choices": .array(texts.map { .string($0) }), "answer": .string(texts[answer]), "modality": .string(kinds[number % 7]),
        "category": "Signal Layer", "sub-category": "Acoustic", "language": number % 2 == 0 ? .null : "en",
        "source": "youtube", "url": "https://www.youtube.com/watch?v=x", "timestamp": "00:01:32,00:02:02", "cue": .array([]),
      ])
    }
  }
}
