// Which benchmark a file of predictions or questions is of, by what its rows say.
public import Diagnostics
internal import JSONText

/// The benchmark that the rows of a file are of; nil where they do not say, or some say the one and some the other.
///
/// MMAR's rows have a modality, or a name of a clip that ends with its times, `_00-01-32_00-02-02`. MMAU's have a task
/// (sound, music or speech), or a name of a clip that is a UUID.
/// - Throws: what readers of predictions throw.
public func recognisedBenchmark(_ file: String) throws(Diagnostics) -> ScoredBenchmark? {
  var limits = dataLimits
  limits.mendsSurrogates = true
  let reader = ScoredRowReader(.mmau, file: file)
  let found = Set(try foreignRows(file, limits: limits).compactMap { benchmark(of: reader.flat($0)) })
  return found.count == 1 ? found.first : nil
}

private func benchmark(of row: DataRow) -> ScoredBenchmark? {
  if row.json["modality"]?.string != nil { return .mmar }
  if ["sound", "music", "speech"].contains(row.group("task")) { return .mmau }
  let names = [row.json["id"]?.string, row.json["question_id"]?.string, row.clipName].compactMap(\.self)
  if names.contains(where: isUUID) { return .mmau }
  return names.contains(where: endsWithTimes) ? .mmar : nil
}

private func isUUID(_ name: String) -> Bool {
  let parts = name.split(separator: "-", omittingEmptySubsequences: false)
  return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
}

/// Two times of two or three numbers each: where the clip begins and where it ends.
private func endsWithTimes(_ name: String) -> Bool {
  let times = name.split(separator: "_", omittingEmptySubsequences: false).suffix(2)
  return times.count == 2
    && times.allSatisfy { time in
      let numbers = time.split(separator: "-", omittingEmptySubsequences: false)
      return (2...3).contains(numbers.count) && numbers.allSatisfy { !$0.isEmpty && $0.utf8.count <= 2 && Int($0) != nil }
    }
}

extension AnswerScorer {
  /// Whether a prediction names one of the choices, right or wrong, as this scorer reads it.
  public func findsChoice(in prediction: String, among choices: [String]) -> Bool {
    choices.contains { isRight(prediction, answer: $0, choices: choices) }
  }
}
