// The sets of the micro world, written in the real data sets' formats, so that the real adapters read them.
internal import AudioFeatures
internal import ContentHash
public import Diagnostics
internal import Foundation
internal import JSONText
internal import TensorCore

/// How large a world is.
public struct WorldSize: Sendable, Hashable {
  public var name: String
  /// Clips the base models are taught with.
  public var taughtClips: Int
  public var avqa: Int
  public var arcEasy: Int
  /// Questions of a test-mini benchmark, a multiple of 3.
  public var benchmark: Int

  public static let micro = WorldSize(name: "micro", taughtClips: 3000, avqa: 1200, arcEasy: 1200, benchmark: 900)
  public static let smoke = WorldSize(name: "smoke", taughtClips: 24, avqa: 12, arcEasy: 12, benchmark: 12)
}

/// A world on disk.
public struct MicroWorld: Sendable {
  public let size: WorldSize
  public let seed: UInt64
  /// `benchmark`, or `development`: the one dials are set on.
  public let variant: String

  public init(size: WorldSize, seed: UInt64 = 1, variant: String = "benchmark") {
    self.size = size
    self.seed = seed
    self.variant = variant
  }

  private func numbers(_ purpose: String) -> RandomSequence {
    RandomStream(seed: seed, purpose: "world " + purpose).sequence
  }

  /// An id in the form of the real sets: eleven characters of a video id and a start second.
  private func clipID(_ set: String, _ index: Int) -> String {
    let digest = Digest(of: "\(seed) \(set) \(index)").hexadecimal
    let second = String(index % 300)
    return digest.prefix(11) + "_" + String(repeating: "0", count: 6 - second.count) + second
  }

  private func clips(_ set: String, _ count: Int, isReserved: Bool) -> [Clip] {
    var numbers = numbers("clips " + set)
    return (0..<count).map { index in
      let domain = ClipContent.Domain.allCases[index % 3]
      return Clip(
        id: clipID(set, index), content: .random(domain, isReserved: isReserved, using: &numbers))
    }
  }

  /// Clips the base models hear; none of a benchmark's combinations.
  public var taughtClips: [Clip] { clips("taught", size.taughtClips, isReserved: false) }
  public var avqaClips: [Clip] { clips("avqa", size.avqa, isReserved: false) }
  /// Only reserved combinations.
  public var benchmarkClips: [Clip] { clips("mmau-mini " + variant, size.benchmark, isReserved: true) }

  /// The path of a clip's file within its set.
  public static func fileName(_ clip: Clip) -> String { clip.id + "." + ClipForm(clip).fileExtension }

  /// Writes a clip's file if it is not there; whole or not at all.
  static func write(_ clip: Clip, to folder: String) throws(Diagnostic) {
    let path = folder + "/" + fileName(clip)
    if FileManager.default.fileExists(atPath: path) { return }
    let (samples, form) = clip.render()
    let temporary = path + ".part"
    try SoundFileWriter.write(
      samples, channelCount: form.channelCount, sampleRate: form.rate, format: form.format, to: temporary)
    guard unsafe rename(temporary, path) == 0 else {
      throw Diagnostic("cannot take its place", at: SourceMark(file: path), kind: .missing)
    }
  }

  /// AVQA's `train_qa.json`: easy and two-step questions about a clip, in the words of a video.
  var avqa: JSONValue {
    var numbers = numbers("avqa questions")
    return .array(
      avqaClips.enumerated().map { index, clip in
        let kinds = Asked.all(clip.content.domain)
        let worded = QuestionMaker.ask(
          numbers.element(of: kinds), of: clip.content, wording: numbers.integer(in: 0..<2), using: &numbers)
        return .object([
          "id": .integer(index), "video_name": .string(clip.id), "video_id": .integer(index),
          "question_text": .string(worded.question), "multi_choice": .array(worded.choices.map { .string($0) }),
          "answer": .integer(worded.choices.firstIndex(of: worded.answer) ?? 0),
          "question_relation": "Sound", "question_type": .string(clip.content.domain.rawValue),
        ])
      })
  }

  /// ARC-Easy's JSON lines: facts, no sound.
  var arcEasy: [JSONValue] {
    var numbers = numbers("arc-easy questions")
    return (0..<size.arcEasy).map { index in
      let thing = numbers.element(of: Knowledge.things)
      let relation = numbers.element(of: Relation.allCases.filter { thing.facts[$0] != nil })
      let worded =
        numbers.uniform() < 0.4
        ? QuestionMaker.askWhich(relation, of: thing, using: &numbers)
        : QuestionMaker.ask(relation, of: thing, using: &numbers)
      let labels = ["A", "B", "C", "D"]
      return .object([
        "id": .string("Micro_\(index)"),
        "question": .object([
          "stem": .string(worded.question),
          "choices": .array(
            zip(worded.choices, labels).map { .object(["text": .string($0), "label": .string($1)]) }),
        ]),
        "answerKey": .string(labels[worded.choices.firstIndex(of: worded.answer) ?? 0]),
      ])
    }
  }

  /// MMAU's `mmau-test-mini.json`.
  var mmauMini: JSONValue {
    var numbers = numbers("mmau-mini questions " + variant)
    return .array(
      benchmarkClips.map { clip in
        let kinds = Asked.all(clip.content.domain)
        let wanted = numbers.element(of: ["easy", "medium", "medium", "hard"])
        let asked = numbers.element(of: kinds.filter { $0.difficulty == wanted })
        let worded = QuestionMaker.ask(asked, of: clip.content, wording: numbers.integer(in: 0..<2), using: &numbers)
        return .object([
          "id": .string(clip.id), "audio_id": .string("./test-mini-audios/" + Self.fileName(clip)),
          "question": .string(worded.question), "choices": .array(worded.choices.map { .string($0) }),
          "answer": .string(worded.answer), "dataset": "micro-world", "task": .string(clip.content.domain.rawValue),
          "split": "test-mini", "category": .string(asked.difficulty == "hard" ? "Reasoning" : "Information Extraction"),
          "sub-category": .string("\(asked)"), "difficulty": .string(asked.difficulty),
        ])
      })
  }

  /// Writes the named set (`taught`, `avqa`, `arc-easy`, `mmau-mini`) into a folder of its own. What is already there is
  /// kept: every file follows from seed and size alone.
  /// - Parameter each: called after each clip with how many are done; for progress.
  public func write(
    _ set: String, to folder: String, threads: Int, each: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws(Diagnostic) {
    let list: [Clip]
    var sub = "audio"
    var document: (name: String, text: String)?
    switch set {
    case "taught": list = taughtClips
    case "avqa":
      list = avqaClips
      document = ("train_qa.json", avqa.indentedText)
    case "arc-easy":
      list = []
      document = ("ARC-Easy-Train.jsonl", arcEasy.map { $0.canonicalText + "\n" }.joined())
    default:
      list = benchmarkClips
      sub = "test-mini-audios"
      document = ("mmau-test-mini.json", mmauMini.indentedText)
    }
    do {
      try FileManager.default.createDirectory(atPath: folder + "/" + sub, withIntermediateDirectories: true)
      if let document {
        try Data(document.text.utf8).write(to: URL(fileURLWithPath: folder + "/" + document.name), options: .atomic)
      }
    } catch {
      throw Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: folder))
    }
    let failure = FirstFailure()
    let done = Counter()
    let target = folder + "/" + sub
    DispatchQueue.concurrentPerform(iterations: threads) { part in
      for index in stride(from: part, to: list.count, by: threads) where failure.value == nil {
        do { try Self.write(list[index], to: target) } catch { failure.set(error) }
        each(done.next(), list.count)
      }
    }
    if let error = failure.value { throw error }
  }
}
