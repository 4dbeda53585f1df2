// Values of --set: what was typed, or a refusal; never another value, and never another setting.
import Diagnostics
import Experiments
import Foundation
import Generation
import ResultStore
import Runner
import TestSupport
import Testing
import Training

@Suite("Values on the command line")
struct CommandLineValueTests {
  private func read(_ values: [String], profile: Profile = .micro) throws(Diagnostics) -> Experiment {
    try Experiment.read(
      Array(soundFile.utf8), file: "t.yaml", profile: profile,
      overrides: RunRequest(file: "t.yaml", values: values).overrides)
  }

  private static let texts = [
    "You are listener #1 in the room", "Answer: one option", "a=b, c", "你是一个助手", "100 % sure | maybe",
    " leading space", "trailing space ", "@mention", "- a dash", "-dash", "--", "*star*", "&anchor", "!tag", "%directive",
    "`tick`", "one\ntwo", "one\r\ntwo", "ends\n", "x\ngrpo:\n  steps: 5", "\"x\"\ngrpo:\n  steps: 5", "", " ", "yes", "null",
    "~", "7", "1e3", "true", "[1, 2", "[1, 2]", "{a: 1}", "{", "\"one\" and \"two\"", "'it", "it's", "\"", "'", "? what",
    "| block", "> folded", "---", "...", "# all of it", "\ttab", "a\u{85}b\u{2028}c\u{FEFF}d", "e\u{301}", "\u{301}", "\u{7F}",
    "back\\slash", "  # command line", "a  # command line",
  ]

  @Test("a text is taken as it is typed, and reads back from the resolved file", arguments: texts)
  func text(_ text: String) throws {
    let experiment = try read(["prompt.system=" + text])
    #expect(experiment.prompt.system.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    #expect(experiment.training == (try read([])).training)
    for part in [experiment.resolved, experiment.resolved.replacing("  # command line\n", with: "\n")] {
      let again = try Experiment.read(Array(part.utf8), file: "t.yaml", profile: nil)
      #expect(again.prompt.system.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }
    // What was given is found again in the file.
    let given = Experiment.commandLineValues(resolved: experiment.resolved)
    let repeated = try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: .micro, overrides: given)
    #expect(given.count == 1 && Array(repeated.resolved.utf8) == Array(experiment.resolved.utf8))
  }

  @Test("quotation marks around all of a text are YAML's", arguments: [
    ("\"quoted # kept\"", "quoted # kept"), ("'it''s'", "it's"), ("\"two\\nlines\"", "two\nlines"), ("\"\"", ""),
  ])
  func quoted(_ typed: String, _ text: String) throws {
    #expect(try read(["prompt.system=" + typed]).prompt.system == text)
  }

  @Test("a template, with its braces")
  func template() throws {
    for typed in ["{question} Choose: {choices} #1", "\"{question} Choose: {choices} #1\""] {
      #expect(try read(["prompt.template=" + typed]).prompt.template == "{question} Choose: {choices} #1")
    }
    #expect(try read(["prompt={system: \"a # b\"}"]).prompt.system == "a # b")
  }

  @Test("other values are read by their setting's type")
  func types() throws {
    let experiment = try read([
      "grpo.kl_coefficient= 7 ", "grpo.temperature=1.5", "grpo.reward={contains: 1, exact: 0.5}", "grpo.steps_on={avqa: 9}",
      "seeds=[4, 5]", "prompt.choices=\"comma_list\"", "prompt.audio_for_video=false", "grpo.moments=bfloat16",
    ])
    #expect(experiment.training.klCoefficient == 7 && experiment.training.sampling.temperature == 1.5)
    #expect(experiment.training.stepsOn == ["avqa": 9] && experiment.seeds == [4, 5] && !experiment.prompt.audioForVideo)
    #expect(experiment.resolved.contains("  choices: comma_list  # command line\n"))
    #expect(experiment.resolved.contains("  reward: {contains: 1.0, exact: 0.5}  # command line\n"))
    let given = Experiment.commandLineValues(resolved: experiment.resolved)
    #expect(given.map(\.path).sorted() == [
      "grpo.kl_coefficient", "grpo.moments", "grpo.reward", "grpo.steps_on", "grpo.temperature", "prompt.audio_for_video",
      "prompt.choices", "seeds",
    ])
    let again = try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: .micro, overrides: given)
    #expect(again.resolved == experiment.resolved)
  }

  @Test("what does not fit is refused, with what is allowed", arguments: [
    ("grpo.steps=7 # comment", "--set grpo.steps=7 # comment: error: grpo.steps: '7 # comment' where a whole number is expected"),
    ("grpo.steps=", "--set grpo.steps=: error: grpo.steps: nothing where a whole number is expected"),
    ("grpo.steps=x\ngrpo:\n  top_k: 5", "--set grpo.steps=x\\ngrpo:\\n  top_k: 5: error: grpo.steps: 'x\ngrpo:\n  top_k: 5' where"),
    ("grpo.steps=7\n", ""),
    ("prompt.audio_for_video=yes", "error: prompt.audio_for_video: 'yes' where true or false is expected"),
    ("grpo.loss=grop", "error: grpo.loss: 'grop' is not a loss\n  hint: did you mean 'grpo'?  (grpo, bnpo, dr_grpo, dapo)"),
    ("seeds=1, 2", "error: seeds: '1, 2' where a seed from 0 is expected"),
    ("seeds=[1, 2", "error: seeds: a value that begins with [ ends with ]\n  hint: a list is [1, 2]"),
    ("seeds=[1, 2] # both", "error: seeds: a value that begins with [ ends with ]"),
    ("grpo.reward={contains: 1} x {}", "error: grpo.reward: "),
    ("grpo.steps: 9\nx=1", "error: grpo: unknown field 'steps: 9"), ("grpo..steps=9", "unknown field ''"), ("=9", "unknown field ''"),
    ("-grpo.steps=9", "unknown field '-grpo'"), ("grpo=9", "error: grpo: '9' where a mapping is expected"),
  ])
  func refused(_ value: String, _ message: String) {
    do {
      let experiment = try read([value])
      #expect(message.isEmpty && experiment.training.steps == 7)
    } catch { #expect(!message.isEmpty && error.description.contains(message), "\(error.description)") }
  }

  @Test("the profile of a file: named, taken, and not contradicted")
  func profile() throws {
    let named = soundFile + "profile: smoke\n"
    #expect(try Experiment.read(Array(named.utf8), file: "t.yaml", profile: nil).profile == .smoke)
    #expect(try Experiment.read(Array(named.utf8), file: "t.yaml", profile: .smoke).training.steps == 2)
    #expect(try Experiment.read(Array(soundFile.utf8), file: "t.yaml", profile: nil).profile == .micro)
    do {
      _ = try Experiment.read(Array(named.utf8), file: "t.yaml", profile: .paper)
      Issue.record("nothing was found wrong")
    } catch {
      #expect(error.description == """
        t.yaml:19:10: error: profile: the file is run under the smoke profile; paper was asked for
          hint: leave out --profile paper, or take this line out of the file
        """)
    }
    // The micro profile is what a file without one runs under: its resolved file names none.
    #expect(!(try read([])).resolved.contains("\nprofile:"))
    for profile in [Profile.smoke, .paper] {
      let resolved = try read([], profile: profile).resolved
      #expect(try Experiment.read(Array(resolved.utf8), file: "t.yaml", profile: nil).profile == profile)
    }
  }

  @Test("a setting without effect is not written out, and needed models that nothing uses are not made")
  func unused() throws {
    func read(_ name: String, _ profile: Profile, _ values: [String] = []) throws -> Experiment {
      try Experiment.read(
        path: Fixtures.packageRoot.path + "/Experiments/" + name, profile: profile,
        overrides: RunRequest(file: name, values: values).overrides)
    }
    for profile in Profile.allCases {
      let table4 = try read("table4.yaml", profile)
      for value in ["grpo.steps_on={vggs-gpt: 5}", "evaluation.temperature=0.7"] {
        #expect(try read("table4.yaml", profile, [value]).resolved == table4.resolved)
      }
      #expect(try read("table4.yaml", profile, ["evaluation.seed=7"]).withoutEffect == ["evaluation.seed"])
      #expect(try read("table4.yaml", profile, ["grpo.steps_on={avqa: 5}"]).resolved != table4.resolved)
      #expect(try read("vggs-gpt.yaml", profile, ["grpo.steps_on={vggs-gpt: 5}"]).resolved.contains("{vggs-gpt: 5}"))
      for name in ["table1.yaml", "table2.yaml", "table3.yaml"] {
        let resolved = try read(name, profile).resolved
        #expect(!resolved.contains("as: \"qwen2-audio-avqa\""), "\(name)")
        #expect(resolved.contains("as: \"qwen2.5-omni-avqa\"") && resolved.contains("as: \"qwen2.5-omni\""))
      }
    }
    let asked = "title: A test\ncells: [{model: qwen2-audio}, {evaluate: {models: qwen2-audio, on: mmar, audio: true}}]\n"
    func asking(_ values: [String]) throws -> Experiment {
      try Experiment.read(
        Array(asked.utf8), file: "t.yaml", profile: .micro, overrides: RunRequest(file: "t.yaml", values: values).overrides)
    }
    let plain = try asking([])
    let changed = try asking(["seeds=[7]", "grpo.steps=9", "grpo.moments=bfloat16"])
    #expect(changed.withoutEffect == ["seeds", "grpo.steps", "grpo.moments"])
    #expect(changed.values == plain.values && changed.resolved == plain.resolved)
    // What was given is shown, and that nothing depends on it.
    let steps = try #require(changed.settings.first { $0.path == "grpo.steps" })
    #expect(steps.value == "9" && steps.origin == "command line" && !steps.hasEffect)
  }

  @Test("a word quoted for the shell comes back from it", arguments: texts + ["a b", "$HOME `x` \\ %s %%\nlast", "'\n'"])
  func shell(_ word: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf %s. " + shellQuoted(word)]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(Array(output) == Array((word + ".").utf8))
    #expect(word.hasSuffix("\n") || !shellQuoted(word).contains("\n"))
  }
}
