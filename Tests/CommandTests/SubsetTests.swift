// A run at the paper's scale on a declared subset: tiny checkpoints in the real layout, three questions, one clip.
import ContentHash
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite(
  "Declared subsets", .enabled(if: Program.isThere, "SKIPPED: no program"))
struct SubsetTests {
  private func item(_ id: String) -> String {
    "{\"id\": \"\(id)\", \"audio_id\": \"./test-mini-audios/\(id).wav\", \"question\": \"What rings?\", "
      + "\"choices\": [\"bell\", \"dog\"], \"answer\": \"bell\", \"task\": \"sound\"}"
  }

  @Test("the rest is left out, and every page says so; without the word nothing runs")
  func subset() throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    try files.createDirectory(atPath: folder.file("data/mmau/test-mini-audios"), withIntermediateDirectories: true)
    try files.createDirectory(atPath: folder.file("models"), withIntermediateDirectories: true)
    try folder.write("[" + ["a", "b", "c"].map(item).joined(separator: ",") + "]", to: "data/mmau/mmau-test-mini.json")
    let clip = Fixtures.small.file("qwen2_audio/plain/audio_0.wav")
    try files.copyItem(atPath: clip, toPath: folder.file("data/mmau/test-mini-audios/b.wav"))
    try files.createSymbolicLink(
      atPath: folder.file("models/Qwen2-Audio-7B-Instruct"),
      withDestinationPath: Fixtures.small.file("checkpoints/qwen2_audio"))
    try folder.write(
      """
      title: T
      evaluation: {max_new_tokens: 4}
      cells:
        - model: qwen2-audio
        - evaluate: {models: [qwen2-audio], on: mmau-mini, audio: false}
        - evaluate: {models: [qwen2-audio], on: mmau-mini, audio: true, subset: clips_present}
        - table: 4
      """, to: "t.yaml")
    let environment = [
      "REPRO_DATA": folder.file("data"), "REPRO_MODELS": folder.file("models"), "REPRO_CACHE": folder.file("cache"),
    ]
    let arguments = ["run", folder.file("t.yaml"), "--profile", "paper", "--results", folder.file("results")]
    let whole = try Program.run(arguments + ["--set", "data.subset=all"], environment: environment)
    #expect(whole.status == 0, "\(whole.errors)")
    let base = "results/t/paper/v0001/"
    let scores = try JSONValue(parsing: try folder.read(base + "scores.json"), file: "scores.json")
    let cells = try #require(scores["cells"]?.array)
    #expect(cells.map { $0["name"]?.string } == ["qwen2-audio-mmau-mini-text-greedy", "qwen2-audio-mmau-mini-audio-greedy-subset"])
    #expect(cells.map { $0["n"]?.integer } == [3, 1])
    #expect(cells[0]["subsets"] == nil)
    #expect(cells[1]["subsets"] == .array([.object(["n": 1, "of": 3, "set": "mmau-mini"])]))
    let provenance = try JSONValue(parsing: try folder.read(base + "provenance.json"), file: "provenance.json")
    #expect(provenance["subsets"]?["mmau-mini"]?["rule"] == "clips_present")
    #expect(provenance["subsets"]?["mmau-mini"]?["of"] == 3)
    let sentence = "On a declared subset, those whose clips are there: 1 of the 3 questions of mmau-mini."
    for page in ["report.md", "tables/table4.md"] { #expect(try folder.read(base + page).contains(sentence), "\(page)") }
    let predictions = try folder.read(base + "predictions/qwen2-audio-mmau-mini-audio-greedy-subset.jsonl")
    #expect(predictions.split(separator: "\n").count == 1)
    #expect(predictions.contains("\"id\":\"b\""))
    // Every score names the prompt it was made with; another prompt is another score.
    let made = try JSONValue(parsing: try folder.read(base + "scores.json"), file: "scores.json")
    let prompt = made["cells"]?.array?.first?["prompt"]?.string
    var template = PromptTemplate()
    #expect(prompt == template.digest.hexadecimal)
    template.choices = .lettered
    #expect(prompt != template.digest.hexadecimal)

    try folder.write(
      try folder.read("t.yaml").replacingOccurrences(of: ", subset: clips_present", with: ""), to: "t.yaml")
    let refused = try Program.run(arguments, environment: environment)
    #expect(refused.status == 3)
    #expect(
      refused.errors.hasSuffix(
        "mmau-test-mini.json: error: 2 of the 3 clips of 'mmau-mini' are not there; 2 of its 3 questions are about them\n"
          + "  hint: repro data check --json names every one; data.subset=clips_present asks only about the others\n"))
    let allowed = try Program.run(arguments + ["--set", "data.subset=clips_present"], environment: environment)
    #expect(allowed.status == 0, "\(allowed.errors)")
    #expect(try folder.read("results/t/paper/v0002/experiment.yaml").contains("  subset: clips_present  # command line\n"))
    try folder.remove("data/mmau/test-mini-audios/b.wav")
    let none = try Program.run(arguments + ["--set", "data.subset=clips_present"], environment: environment)
    #expect(none.status == 3)
    #expect(none.errors.contains("error: none of the 3 clips of 'mmau-mini' is there, so that no subset is left\n"))
  }

  @Test("faulty and lost clips: all named with their questions before anything is asked, or left out by a setting")
  func usable() throws {
    let folder = try TemporaryFolder()
    let files = FileManager.default
    try files.createDirectory(atPath: folder.file("store"), withIntermediateDirectories: true)
    for name in ["data/mmau", "data/avqa", "models"] {
      try files.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    // The clips lie elsewhere: their folders are links.
    for link in ["data/mmau/test-mini-audios", "data/avqa/audio"] {
      try files.createSymbolicLink(atPath: folder.file(link), withDestinationPath: folder.file("store"))
    }
    try files.createSymbolicLink(
      atPath: folder.file("models/Qwen2-Audio-7B-Instruct"),
      withDestinationPath: Fixtures.small.file("checkpoints/qwen2_audio"))
    let clip = Array(try Data(contentsOf: URL(fileURLWithPath: Fixtures.small.file("qwen2_audio/plain/audio_0.wav"))))
    try folder.write("[" + ["a", "b", "c"].map(item).joined(separator: ",") + "]", to: "data/mmau/mmau-test-mini.json")
    let videos = (0..<6).map { "AHG3Omg_89c_00000\($0)" }
    let training = videos.enumerated().map {
      "{\"id\": \($0), \"video_name\": \"\($1)\", \"question_text\": \"Q\", \"multi_choice\": [\"a\", \"b\"], \"answer\": 0}"
    }
    try folder.write("[" + training.joined(separator: ",") + "]", to: "data/avqa/train_qa.json")
    for name in ["a", "b", "c"] + videos.dropFirst() { try folder.write(clip, to: "store/\(name).wav") }
    try folder.write(Array(clip.prefix(clip.count / 2)), to: "store/b.wav")
    try folder.write("version https://git-lfs.github.com/spec/v1\n", to: "store/\(videos[3]).wav")
    try folder.write(
      """
      title: T
      evaluation: {max_new_tokens: 2}
      grpo: {steps: 2, group_size: 2, max_completion_length: 2}
      cells:
        - model: qwen2-audio
          as: base
        - train: {from: base, on: avqa, audio: true}
          as: tuned
        - evaluate: {models: [base, tuned], on: mmau-mini, audio: [true]}
        - table: 4
      """, to: "t.yaml")
    let environment = [
      "REPRO_DATA": folder.file("data"), "REPRO_MODELS": folder.file("models"), "REPRO_CACHE": folder.file("cache"),
    ]
    func run(_ command: String, _ more: [String] = []) throws -> Program.Outcome {
      var arguments = [command, folder.file("t.yaml"), "--profile", "paper"] + more
      if command == "run" { arguments += ["--results", folder.file("results")] }
      return try Program.run(arguments, environment: environment)
    }
    for command in ["plan", "run"] {
      let refused = try run(command)
      #expect(refused.status == 2, "\(command)")
      for line in [
        "train_qa.json: error: 1 of the 6 clips of 'avqa' are not there; 1 of its 6 questions are about them\n"
          + "  hint: repro data check --json names every one; --set data.training_subset=clips_usable trains on the other 5, "
          + "and its rows stay comparable, with a note of the count\n",
        "/b.wav: error: b: is cut short: its header promises ",
        "/\(videos[3]).wav: error: 3: cannot be read as sound: it is a Git LFS pointer, not the file itself\n",
        "error: 1 of the clips of 'mmau-mini' cannot be heard; 1 of its 3 questions are about them\n"
          + "  hint: repro data lint --json names every one; fetch or mend them, or --set data.subset=clips_usable asks only "
          + "about the others, and its rows are not comparable\n",
      ] { #expect(refused.errors.contains(line), "\(command): \(refused.errors)") }
    }
    let kept = try run("run", ["--set", "data.subset=clips_usable"])
    #expect(kept.status == 0, "\(kept.errors)")
    let base = "results/t/paper/v0001/"
    let provenance = try JSONValue(parsing: try folder.read(base + "provenance.json"), file: "provenance.json")
    #expect(provenance["subsets"]?["avqa"]?["rule"] == "clips_usable")
    #expect(provenance["subsets"]?["avqa"]?["questions"] == 4)
    let manifest = try JSONValue(parsing: try folder.read(base + "subsets/avqa.json"), file: "avqa.json")
    #expect(manifest["kept"] == .array(["1", "2", "4", "5"]))
    #expect(manifest["left_out"]?.array?.first?["reason"] == "its clip is not there")
    #expect(manifest["left_out"]?.array?.last?["id"] == "3")
    #expect(
      try folder.read(base + "tables/table4.md").contains(
        "On a declared subset, those whose clips can be heard: 2 of the 3 questions of mmau-mini. "
          + "Trained on 4 of the 6 questions of avqa; the clips of the others are lost or cannot be heard."))
    // Of the training set alone: the benchmark is whole once its clip is.
    try folder.write(clip, to: "store/b.wav")
    let training4 = try run("run", ["--set", "data.training_subset=clips_usable"])
    #expect(training4.status == 0, "\(training4.errors)")
    let scores = try JSONValue(parsing: try folder.read("results/t/paper/v0002/scores.json"), file: "scores.json")
    #expect(scores["cells"]?.array?.first?["subsets"] == nil)
    #expect(
      scores["cells"]?.array?.last?["subsets"]
        == .array([.object(["n": 4, "of": 6, "rule": "clips_usable", "set": "avqa"])]))
    #expect(
      try folder.read("results/t/paper/v0002/experiment.yaml").contains("  training_subset: clips_usable  # command line\n"))
    for name in ["a", "b", "c"] { try folder.write("", to: "store/\(name).wav") }
    let none = try run("plan", ["--set", "data.subset=clips_usable"])
    #expect(none.errors.contains("error: no clip of 'mmau-mini' can be heard, so that no subset is left\n"), "\(none.errors)")
  }
}
