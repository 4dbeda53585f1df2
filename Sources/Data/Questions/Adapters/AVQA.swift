// AVQA: questions on videos, of which the sound is heard.
public import Diagnostics
internal import JSONText

extension TrainingSet {
  /// Reads AVQA's questions, or questions in its form: the published list, or R1-AQA's JSON lines.
  ///
  ///     [{"id": 183, "video_name": "-HG3Omg_89c_000030", "video_id": 341, "question_text": "What happened?",
  ///       "multi_choice": ["motorboat", "Yacht consignment"], "answer": 0, "question_relation": "View",
  ///       "question_type": "Happening"}, …]
  ///     {"id": 183, "video_name": "-HG3Omg_89c_000030", …, "dataset_name": "AVQA",
  ///      "audio_path": "/wavs/-HG3Omg_89c_30.wav"}
  ///
  /// `answer` is an index from 0. Clips lie in `audio/`, `wavs/` or `wav/` as `.wav`, `.flac` or `.mp3`, named with the
  /// start second in six
  /// digits or without zeros; of `audio_path` nothing is used but that it must not leave the folder by `..`.
  ///
  /// - Throws: every mistake with the item's id.
  public init(avqa file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    var reader = RowReader(file, in: folder)
    var questions: [AudioQuestion] = []
    let clips = ClipNames(beside: folder.path)
    for (index, row) in try readRows(reader.document).enumerated() {
      let id = reader.id(row, index: index)
      let video = reader.path(reader.text(row, "video_name", item: id), row, item: id)
      if let path = row.json["audio_path"]?.string {
        _ = reader.path(String(path.drop { $0 == "/" }), row, item: id)
      }
      let choices = reader.texts(row, "multi_choice", item: id)
      guard let answer = row.json["answer"]?.integer, choices.indices.contains(answer) else {
        reader.report(id, "answer is no index into its \(choices.count) choices", line: row.line)
        continue
      }
      questions.append(
        AudioQuestion(
          id: id, audioPath: clips.path(video), question: reader.text(row, "question_text", item: id),
          choices: choices, answer: choices[answer], category: row.json["question_type"]?.string ?? ""))
    }
    try reader.finish(ids: questions.map(\.id))
    self.init(name: name, folder: folder.path, questions: questions)
  }
}

/// A clip of a video, as AVQA, VGGSound and AudioSetCaps name it: `<11 characters of the video's id>_<start second>`.
public struct ClipKey: Sendable, Hashable {
  public var video: String
  /// Seconds.
  public var start: Int

  public init(video: String, start: Int) {
    self.video = video
    self.start = start
  }

  /// Reads `-HG3Omg_89c_000030` or `-HG3Omg_89c_30`; nil for anything else.
  public init?(_ name: String) {
    guard let bar = name.utf8.lastIndex(of: UInt8(ascii: "_")), name.utf8.distance(from: name.startIndex, to: bar) == 11
    else { return nil }
    let digits = name.utf8[name.utf8.index(after: bar)...]
    guard (1...6).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let start = Int(String(decoding: digits, as: UTF8.self)), Self.isVideo(name.utf8[..<bar])
    else { return nil }
    self.init(video: String(name[..<bar]), start: start)
  }

  static func isVideo(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.count == 11
      && bytes.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
          || byte == 0x5F
      }
  }

  public var bareName: String { "\(video)_\(start)" }
  /// With the start second in six digits.
  public var paddedName: String {
    let digits = String(start)
    return video + "_" + String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
  }
}

/// Which file a clip has: the names found in the wild.
struct ClipNames {
  /// The folders clips are found in, and the files of each.
  private let folders: [(name: String, files: Set<ExactText>)]

  /// - Parameter folder: where the question file or table is.
  init(beside folder: String) {
    folders = ["audio", "wavs", "wav"].map { ($0, Set(directoryNames(folder + "/" + $0).map { ExactText($0) })) }
  }

  func contains(_ name: String) -> Bool { found(name) != nil }

  /// The path of the file that is there under one of the namings; else the name as given, as WAV in `audio/`.
  func path(_ name: String) -> String { found(name) ?? "audio/" + name + ".wav" }

  private func found(_ name: String) -> String? {
    let key = ClipKey(name)
    for folder in folders where !folder.files.isEmpty {
      for stem in [name, key?.bareName, key?.paddedName].compactMap(\.self) {
        for ending in ["wav", "flac", "mp3"] where folder.files.contains(ExactText(stem + "." + ending)) {
          return folder.name + "/" + stem + "." + ending
        }
      }
    }
    return nil
  }
}
