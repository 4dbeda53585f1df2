// The reward in an experiment file: a rule, or weights by rule.
import Diagnostics
import Experiments
import Foundation
import Runner
import TensorCore
import TestSupport
import Testing

@Suite("The reward of an experiment file")
struct RewardReadingTests {
  private func read(_ line: String) throws -> Experiment {
    let text = soundFile.replacing("temperature: 1.2", with: line)
    return try Experiment.read(Array(text.utf8), file: "t.yaml", profile: .micro)
  }

  @Test("a rule, several with weights, and both written out so that they can be read again")
  func forms() throws {
    for (line, written) in [
      ("reward: exact", "reward: exact"), ("reward: {exact: 1}", "reward: exact"),
      ("reward: {exact: 0.5, contains: 1}", "reward: {contains: 1.0, exact: 0.5}"),
      ("reward: {string_match: 2}", "reward: {string_match: 2.0}"), ("reward: word_f1", "reward: word_f1"),
      (
        "reward: [{rule: exact, tag: answer}, {form: \"<a>{text}</a>{space}\", weight: 0.5}]",
        "reward: [{rule: \"exact\", tag: \"answer\", weight: 1.0}, {form: \"<a>{text}</a>{space}\", weight: 0.5}]"
      ),
      ("reward: [{rule: contains}]", "reward: contains"),
    ] {
      let experiment = try read(line)
      let resolved = experiment.resolved
      #expect(resolved.contains("  \(written)  # "), "\(line): \(resolved)")
      let again = try Experiment.read(Array(resolved.utf8), file: "t.yaml", profile: .micro)
      #expect(again.training.reward == experiment.training.reward)
    }
    #expect(try read("top_k: 50").resolved.contains("  reward: contains  # "))
  }

  @Test("moments in bfloat16 are written out and read again; Float32 is written out too")
  func moments() throws {
    let experiment = try read("moments: bfloat16")
    #expect(experiment.training.moments == .bfloat16 && experiment.resolved.contains("  moments: bfloat16  # "))
    let again = try Experiment.read(Array(experiment.resolved.utf8), file: "t.yaml", profile: .micro)
    #expect(again.training == experiment.training)
    let plain = try read("moments: float32")
    #expect(plain.resolved.contains("  moments: float32  # this file\n"))
  }

  @Test("faulty rewards get their place and their words")
  func faults() {
    func words(_ line: String) -> String? { refusal { try read(line) } }
    #expect(
      words("reward: contain")
        == "t.yaml:6:11: error: grpo.reward: 'contain' is not a reward\n"
        + "  hint: did you mean 'contains'?  (string_match, contains, exact, first_letter, word_f1)")
    #expect(
      words("reward: {contain: 1}") == """
        t.yaml:6:11: error: grpo.reward: no rule with a weight
        t.yaml:6:12: error: grpo.reward: unknown field 'contain'
          hint: did you mean 'contains'?  (contains, exact, first_letter, string_match, word_f1)
        """)
    #expect(words("reward: {}") == "t.yaml:6:11: error: grpo.reward: no rule with a weight")
    #expect(
      words("reward: {exact: 0, contains: 1}")
        == "t.yaml:6:19: error: grpo.reward.exact: 0.0 is outside above 0.0, up to 1000.0")
    #expect(
      words("reward: {exact: much, contains: 1}")
        == "t.yaml:6:19: error: grpo.reward.exact: 'much' where a number is expected")
  }

  @Test("faulty parts of a reward get their place and their words", arguments: [
    ("[{rule: exacty}]", "t.yaml:6:19: error: grpo.reward[1].rule: 'exacty' is not a reward\n  hint: did you mean 'exact'?"),
    ("[{weight: 2}]", "t.yaml:6:12: error: grpo.reward[1].rule: a part has a rule or a form"),
    ("[{rule: exact, form: x}]", "t.yaml:6:12: error: grpo.reward[1].rule: a part has a rule or a form"),
    ("[{form: x, tag: a}]", "grpo.reward[1].tag: a form is of the whole completion"),
    ("[{rule: exact, tag: \"<a>\"}]", "grpo.reward[1].tag: '<a>' is not the name of a tag: letters, digits, _ and -"),
    ("[{rule: exact, wait: 1}]", "grpo.reward[1]: unknown field 'wait'"),
    ("[]", "t.yaml:6:11: error: grpo.reward: an empty list"),
  ])
  func faultyParts(_ value: String, _ words: String) {
    let found = refusal { try read("reward: " + value) } ?? ""
    #expect(found.contains(words), "\(found)")
  }
}
