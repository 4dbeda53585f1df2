// Declared subsets: the questions of a set whose clips are there, or can be heard.
internal import ContentHash
internal import Experiments
internal import JSONText
internal import Publications
internal import Questions

/// A declared subset of a set's questions.
struct KeptQuestions: Sendable, Hashable {
  /// A question that is left out, and why.
  struct LeftOut: Sendable, Hashable {
    var id: String
    /// As the question file names it.
    var clip: String
    var reason: String
  }

  let rule: QuestionSubset
  /// In the order of the set.
  let ids: [String]
  /// In the order of the set.
  let leftOut: [LeftOut]

  /// How many the whole set has.
  var total: Int { ids.count + leftOut.count }

  func keep(_ questions: [AudioQuestion]) -> [AudioQuestion] {
    let kept = Set(ids.map { ExactText($0) })
    return questions.filter { kept.contains(ExactText($0.id)) }
  }

  /// What goes into keys and provenance.
  var json: JSONValue {
    .object([
      "rule": .string(rule.rawValue), "questions": .integer(ids.count), "of": .integer(total),
      "ids": .string(Digest(of: ids.joined(separator: "\n")).hexadecimal),
    ])
  }

  /// What marks a score; the rule is named where it leaves out more than lost clips.
  func declared(_ set: String) -> DeclaredSubset {
    DeclaredSubset(
      set: set, questionCount: ids.count, total: total, leavesOutFaulty: rule == .clips_usable)
  }

  /// The manifest of a results folder: which questions were kept, and why each of the others was not.
  func manifest(_ set: String) -> JSONValue {
    .object([
      "set": .string(set), "rule": .string(rule.rawValue), "of": .integer(total),
      "kept": .array(ids.map { .string($0) }),
      "left_out": .array(
        leftOut.map {
          .object(["id": .string($0.id), "clip": .string($0.clip), "reason": .string($0.reason)])
        }),
    ])
  }
}
