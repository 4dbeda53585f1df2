// Answers that are there already: a scorer needs no new ones, and a revision of a benchmark only those to the questions
// that it changed.
internal import Catalogue
internal import Evaluation
internal import Experiments
internal import Foundation
internal import JSONText
internal import Questions
internal import Records
internal import TensorCore

/// Where an evaluation's answers may be found.
struct SameAnswers: Sendable, Hashable {
  /// A cell of another benchmark, asked in the same way.
  struct Other: Sendable, Hashable {
    var set: DataSet
    var key: String
  }

  /// Keys of the cells that differ from it in the scorer, or in what of an answer is scored.
  var keys: [String] = []
  /// Cells of the same plan that differ from it in the benchmark, and perhaps in those.
  var others: [Other] = []
  /// The same for two cells that ask the same model in the same way.
  private(set) var way = ""

  init() {}

  /// - Parameters:
  ///   - settings: what the evaluation's key is made of.
  ///   - values: the settings of the experiment for it.
  ///   - earlier: the jobs of the plan before it.
  init(_ settings: JSONObject, _ kept: KeptQuestions?, _ values: SettingValues, earlier: [Job], on set: DataSet) {
    var tags: [AnswerTag?] = [values.evaluation.answerTag]
    if values.evaluation.answerTag != nil { tags.append(nil) }
    let decoding = settings["decoding"]?.string.flatMap { AnswerDecoding(rawValue: $0) } ?? .greedy
    let hasAudio = settings["audio"]?.boolean ?? true
    for tag in tags {
      for scorer in AnswerScorer.allCases where scorer != values.evaluation.scorer || tag != values.evaluation.answerTag {
        var other = values
        (other.evaluation.scorer, other.evaluation.answerTag) = (scorer, tag)
        var changed = settings
        changed["evaluation"] = .object(
          SettingTable.key("evaluation", other, for: .evaluation(decoding: decoding, hasAudio: hasAudio)))
        keys.append(Job.key(changed, kept))
      }
    }
    var asked = settings
    for name in ["on", "data", "clips", "names_shared_clips"] { asked[name] = nil }
    var plain = values
    (plain.evaluation.scorer, plain.evaluation.answerTag) = (.string_match, nil)
    asked["evaluation"] = .object(
      SettingTable.key("evaluation", plain, for: .evaluation(decoding: decoding, hasAudio: hasAudio)))
    way = Job.key(asked, nil)
    others = earlier.compactMap { job in
      guard job.answers.way == way, let other = job.set, other != set, other.form == set.form else { return nil }
      return Other(set: other, key: job.key)
    }
  }
}

extension EvaluateCell {
  /// What of its levels stands in a name beside benchmark, sound and decoding, which stand there anyway.
  var namingLevels: [String] { levels.filter { !["on", "audio", "decoding"].contains($0.factor) }.map(\.level) }
}

extension Plan {
  /// Whether a job only counts anew what another cell answered: one that is finished, or comes before it.
  public func isRescored(_ job: Job) -> Bool {
    guard !job.answers.keys.isEmpty else { return false }
    let earlier = Set(jobs.prefix { $0.name != job.name }.map(\.key))
    return job.answers.keys.contains { earlier.contains($0) || sources.cache.isDone($0) }
  }
}

extension JobRunner {
  /// Whether a finished cell's answers are what this machine would compute: by canonical arithmetic, as here.
  private func isUsable(_ key: String) -> Bool {
    backend.arithmetic == "canonical" && cache.isDone(key) && cache.work(key)?["arithmetic"] == nil
  }

  private func records(_ key: String) -> [PredictionRecord] {
    let data = FileManager.default.contents(atPath: cache.folder(key) + "/predictions.jsonl") ?? Data()
    return data.split(separator: 0x0A).compactMap {
      (try? JSONValue(parsing: Array($0), file: key)).flatMap { PredictionRecord(json: $0) }
    }
  }

  /// The records of a job by the answers of a cell that differs in how they are scored; nil where there is none.
  func rescored(_ job: Job, _ benchmark: Benchmark, _ values: SettingValues) throws -> [PredictionRecord]? {
    for key in job.answers.keys where isUsable(key) {
      let found = records(key)
      guard found.count == benchmark.questions.count,
        zip(found, benchmark.questions).allSatisfy({ $0.id == $1.id })
      else { continue }
      return zip(found, benchmark.questions).map { record, question in
        record.judged(question, tag: values.evaluation.answerTag, by: values.evaluation.scorer)
      }
    }
    return nil
  }

  /// Answers to the questions that another benchmark has word for word, about the same clip, by id.
  func answered(_ job: Job, _ benchmark: Benchmark) -> [ExactText: PredictionRecord] {
    var known: [ExactText: PredictionRecord] = [:]
    for other in job.answers.others where isUsable(other.key) {
      guard let set = try? sources.benchmark(other.set, progress: { _ in }) else { continue }
      let found = Dictionary(records(other.key).map { (ExactText($0.id), $0) }, uniquingKeysWith: { first, _ in first })
      let asked = Dictionary(set.questions.map { (ExactText($0.id), $0) }, uniquingKeysWith: { first, _ in first })
      for question in benchmark.questions {
        let id = ExactText(question.id)
        guard known[id] == nil, let record = found[id], let same = asked[id], same.question == question.question,
          same.choices == question.choices, isSameClip(same, in: set, question, in: benchmark, job)
        else { continue }
        known[id] = record
      }
    }
    return known
  }

  /// Whether two questions are about the same bytes of sound, or are asked without any.
  private func isSameClip(
    _ a: AudioQuestion, in first: Benchmark, _ b: AudioQuestion, in second: Benchmark, _ job: Job
  ) -> Bool {
    guard case .evaluate(_, let hasAudio, _) = job.work, hasAudio else { return true }
    guard let x = a.audioPath, let y = b.audioPath else { return a.audioPath == b.audioPath }
    guard let one = try? DataFolder(first.folder).file(x, of: a.id, in: first.name),
      let other = try? DataFolder(second.folder).file(y, of: b.id, in: second.name)
    else { return false }
    return one == other || FileManager.default.contentsEqual(atPath: one, andPath: other)
  }
}
