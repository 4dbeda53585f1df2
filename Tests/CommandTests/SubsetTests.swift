// A run at the paper's scale on a declared subset: tiny checkpoints in the real layout, three questions, one clip.
import ContentHash
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite(
  "Declared subsets", .enabled(if: Fixtures.areThere && Program.isThere, "SKIPPED: no reference fixtures, or no program"))
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
    let clip = Fixtures.folder.path + "/qwen2_audio/audio_3s/audio_0.wav"
    try files.copyItem(atPath: clip, toPath: folder.file("data/mmau/test-mini-audios/b.wav"))
    try files.createSymbolicLink(
      atPath: folder.file("models/Qwen2-Audio-7B-Instruct"),
      withDestinationPath: Fixtures.folder.path + "/checkpoints/qwen2_audio")
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
    // Every record names the prompt it was made with; another prompt is another record.
    let record = try JSONValue(parsing: predictions, file: "predictions")
    var template = PromptTemplate()
    #expect(record["prompt"]?.string == template.digest.hexadecimal)
    template.choices = .lettered
    #expect(record["prompt"]?.string != template.digest.hexadecimal)

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
}
