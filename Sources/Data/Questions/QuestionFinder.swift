// Which question a row without an id is about.
internal import JSONText

/// Finds questions by the clip they are about, by their words, or by the place that a row says, each time with what else
/// the row says of its question.
struct QuestionFinder {
  private let questions: [ScoringQuestion]
  private var byClip: [ExactText: [Int]] = [:]
  /// By the first bytes of their words: as many of these as they have.
  private var byStart: [ExactText: [Int]] = [:]
  private static let startLengths = [64, 32, 16]

  init(_ questions: [ScoringQuestion]) {
    self.questions = questions
    for (index, question) in questions.enumerated() {
      if !question.clip.isEmpty { byClip[ExactText(question.clip), default: []].append(index) }
      if let start = Self.starts(question.text).first { byStart[start, default: []].append(index) }
    }
  }

  /// The first bytes of a text, the longest first.
  private static func starts(_ text: String) -> [ExactText] {
    let bytes = Array(PythonText.stripped(text).utf8.prefix(startLengths[0]))
    // Cut within a character two ends are still the same.
    return startLengths.filter { $0 <= bytes.count }.map { ExactText(String(decoding: bytes.prefix($0), as: UTF8.self)) }
  }

  /// The question of each row, if all are found and no two rows have one.
  func indices(of rows: [PredictionRow]) -> [Int]? {
    var taken: Set<Int> = []
    var indices: [Int] = []
    for row in rows {
      guard let index = index(of: row), taken.insert(index).inserted else { return nil }
      indices.append(index)
    }
    return indices
  }

  private func index(of row: PredictionRow) -> Int? {
    if let clip = row.clip, let found = byClip[ExactText(clip)] {
      // A row about another question of the clip, or another revision of it, is refused where the two are compared.
      if found.count == 1 { return found.first }
      return only(found, row, needsWords: false)
    }
    let starts = row.text.map { Self.starts(Self.withoutTags($0)) } ?? []
    if let found = only(starts.flatMap { byStart[$0] ?? [] }, row, needsWords: true) { return found }
    guard let place = row.place, questions.indices.contains(place), row.isAbout(questions[place]) == true else {
      return nil
    }
    return place
  }

  /// The one of these that a row is about; of several the one whose words it has, or the longest of those.
  /// - Parameter needsWords: whether what else the row says is not enough.
  private func only(_ indices: [Int], _ row: PredictionRow, needsWords: Bool) -> Int? {
    let fitting = indices.filter { row.isAbout(questions[$0]) == true }
    let said = fitting.filter { index in row.text.map { says($0, questions[index].text) } ?? false }
    let found = needsWords || !said.isEmpty ? said : fitting
    let longest = found.map { questions[$0].text.utf8.count }.max()
    let best = found.filter { questions[$0].text.utf8.count == longest }
    return best.count == 1 ? best.first : nil
  }

  /// What stands before the words of a prompt: `<audio>`, and white space.
  private static func withoutTags(_ text: String) -> String {
    var rest = PythonText.stripped(text)
    while rest.hasPrefix("<audio>") { rest = PythonText.stripped(String(rest.dropFirst("<audio>".count))) }
    return rest
  }
}
