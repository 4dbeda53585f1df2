// Weights as `hf download` lays them out, whole and in part: every command finds them by one rule, names what is missing;
// what is trained from them is a checkpoint of its own that transformers loads.
import Foundation
import JSONText
import SafeTensors
import TensorCore
import TestSupport
import Testing

@Suite(
  "Weights from the hub's cache",
  .enabled(if: Program.isThere, "SKIPPED: no program"))
struct HubWeightsTests {
  private let place: TemporaryFolder
  private let commit = "4c1f0e2d9b8a76554433221100ffeeddccbbaa99"
  private let name = "Qwen/Qwen2.5-Omni-7B"

  init() throws { place = try TemporaryFolder() }

  private var repository: String { place.file("hub/models--Qwen--Qwen2.5-Omni-7B") }
  private var snapshot: String { repository + "/snapshots/" + commit }

  /// A download of a tiny checkpoint: blobs, and links to them.
  private func download(_ base: String = "omni_sharded") throws {
    let files = FileManager.default
    for folder in ["blobs", "refs", "snapshots/" + commit] {
      try files.createDirectory(atPath: repository + "/" + folder, withIntermediateDirectories: true)
    }
    let source = Fixtures.small.file("checkpoints/" + base)
    for file in try files.contentsOfDirectory(atPath: source).sorted() {
      try files.copyItem(atPath: source + "/" + file, toPath: repository + "/blobs/" + file)
      try files.createSymbolicLink(atPath: snapshot + "/" + file, withDestinationPath: "../../blobs/" + file)
    }
    try Data("x".utf8).write(to: URL(fileURLWithPath: snapshot + "/.gitattributes"))
    try Data(commit.utf8).write(to: URL(fileURLWithPath: repository + "/refs/main"))
  }

  private func program(_ arguments: [String], _ more: [String: String] = [:]) throws -> Program.Outcome {
    var environment = ["HF_HUB_CACHE": place.file("hub"), "REPRO_CACHE": place.file("cache"), "REPRO_DATA": place.file("data")]
    for variable in ["REPRO_MODELS", "HF_HOME", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"] { environment[variable] = "" }
    return try Program.run(arguments, environment: environment.merging(more) { $1 }, in: place.path)
  }

  private func experiment(trains: Bool) throws -> String {
    let training = """
        - train: {from: qwen2.5-omni, on: arc-easy, audio: false}
          as: mine

      """
    try place.write(
      """
      title: Hub
      seeds: [1]
      grpo:
        {steps: 2, questions_per_step: 1, max_completion_length: 4, gradient_accumulation: 1, learning_rate: 1.0e-3}
      cells:
        - model: qwen2.5-omni

      """ + (trains ? training : ""), to: "hub.yaml")
    try FileManager.default.createDirectory(atPath: place.file("data/arc-easy"), withIntermediateDirectories: true)
    let rows = (0..<4).map { row in
      let choices = ["water", "sand", "air", "fire"].enumerated().map { "{\"text\": \"\($1)\", \"label\": \"\($0 + 1)\"}" }
      return "{\"id\": \"q\(row)\", \"question\": {\"stem\": \"Which is wet?\", \"choices\": [\(choices.joined(separator: ", "))]}, "
        + "\"answerKey\": \"1\"}"
    }
    try place.write(rows.joined(separator: "\n") + "\n", to: "data/arc-easy/ARC-Easy-Train.jsonl")
    return place.file("hub.yaml")
  }

  @Test("what an interrupted download lacks is named by file by data list, data check, check, plan and run, all at once")
  func parts() throws {
    try download()
    let file = try experiment(trains: false)
    let files = FileManager.default
    #expect(try program(["plan", file, "--profile", "paper"]).status == 0)
    // A shard that was not begun, one that was, a pointer, a cut shard, no front end.
    let shards = (1...3).map { "model-0000\($0)-of-00003.safetensors" }
    try files.removeItem(atPath: snapshot + "/" + shards[0])
    try files.moveItem(atPath: repository + "/blobs/" + shards[1], toPath: repository + "/blobs/\(shards[1]).incomplete")
    let cut = try Data(contentsOf: URL(fileURLWithPath: repository + "/blobs/" + shards[2]))
    try cut.dropLast(100).write(to: URL(fileURLWithPath: repository + "/blobs/" + shards[2]))
    try Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7031645\n".utf8)
      .write(to: URL(fileURLWithPath: repository + "/blobs/tokenizer.json"))
    try files.removeItem(atPath: snapshot + "/preprocessor_config.json")
    let begun = try #require(files.contents(atPath: repository + "/blobs/\(shards[1]).incomplete")).count
    let facts = [
      "\(shards[0]): this part of the weights is not there", "\(shards[1]): its download did not end: \(begun) bytes are there",
      "\(shards[2]): is cut short: \(cut.count - 100) of \(cut.count) bytes are there",
      "tokenizer.json: is a Git LFS pointer, not the file itself, which has 7031645 bytes ('git lfs pull' gets it)",
      "preprocessor_config.json: is not there",
    ]
    for (arguments, status) in [
      (["data", "list"], Int32(0)), (["data", "check"], 3), (["check", file, "--profile", "paper"], 3),
      (["plan", file, "--profile", "paper"], 3), (["run", file, "--profile", "paper"], 3),
    ] {
      let said = try program(arguments)
      #expect(said.status == status, "\(arguments): \(said.status)")
      let words = (said.output + said.errors).replacingOccurrences(of: "error: ", with: "")
      for fact in facts { #expect(words.contains(snapshot + "/" + fact), "\(arguments) does not say: \(fact)\n\(words)") }
      #expect(words.contains("hf download \(name)"))
    }
    let list = try JSONValue(parsing: try program(["data", "list", "--json"]).output, file: "list")
    let weights = try #require(list["weights"]?.array?.first { $0["name"]?.string == name })
    #expect(weights["present"] == false)
    #expect(weights["faults"]?.array?.count == facts.count)
  }

  @Test("one rule for all commands, in twelve settings")
  func places() throws {
    try download("omni")
    let file = try experiment(trains: false)
    let files = FileManager.default
    try files.createDirectory(atPath: place.file("home"), withIntermediateDirectories: true)
    try files.createDirectory(atPath: place.file("models/Qwen"), withIntermediateDirectories: true)
    try files.createDirectory(atPath: place.file("caches/huggingface"), withIntermediateDirectories: true)
    for link in ["home/hub", "caches/huggingface/hub"] {
      try files.createSymbolicLink(atPath: place.file(link), withDestinationPath: place.file("hub"))
    }
    for link in ["models/Qwen2.5-Omni-7B", "models/Qwen/Qwen2.5-Omni-7B"] {
      try files.createSymbolicLink(atPath: place.file(link), withDestinationPath: snapshot)
    }
    let none = ["HF_HUB_CACHE": "", "HOME": place.file("nowhere")]
    let home = ["HOME": place.file("home"), "HF_HUB_CACHE": ""]
    let settings: [(name: String, [String: String], isFound: Bool)] = [
      ("nothing", none, false),
      ("HF_HUB_CACHE", ["HF_HUB_CACHE": place.file("hub")], true),
      ("HF_HUB_CACHE with ~", home.merging(["HF_HUB_CACHE": "~/hub"]) { $1 }, true),
      ("HUGGINGFACE_HUB_CACHE with ${}", home.merging(["HUGGINGFACE_HUB_CACHE": "${HOME}/hub"]) { $1 }, true),
      ("HF_HOME with $", home.merging(["HF_HOME": "$HOME"]) { $1 }, true),
      ("HF_HOME with ~", home.merging(["HF_HOME": "~"]) { $1 }, true),
      ("XDG_CACHE_HOME", none.merging(["XDG_CACHE_HOME": place.file("caches")]) { $1 }, true),
      ("an unknown variable", none.merging(["HF_HOME": "$NO_SUCH_NAME/x"]) { $1 }, false),
      ("REPRO_MODELS, the last part", none.merging(["REPRO_MODELS": place.file("models")]) { $1 }, true),
      ("REPRO_MODELS with ~", ["HF_HUB_CACHE": "", "HOME": place.path, "REPRO_MODELS": "~/models"], true),
      ("REPRO_MODELS, relative", none.merging(["REPRO_MODELS": "models"]) { $1 }, true),
      ("an empty HF_HUB_CACHE before HF_HOME", home.merging(["HF_HOME": place.file("home")]) { $1 }, true),
    ]
    for (name, environment, isFound) in settings {
      let list = try JSONValue(parsing: try program(["data", "list", "--json"], environment).output, file: "list")
      let listed = list["weights"]?.array?.contains { $0["name"]?.string == self.name && $0["present"] == true }
      let answers = [
        listed == true, try program(["tokenize", "--model", self.name, "a"], environment).status == 0,
        try program(["ask", "--model", self.name, "--question", "a", "--max-new-tokens", "1"], environment).status == 0,
        try program(["plan", file, "--profile", "paper"], environment).status == 0,
      ]
      #expect(answers == [Bool](repeating: isFound, count: 4), "\(name): list, tokenize, ask, plan: \(answers)")
    }
    try files.removeItem(atPath: place.file("models/Qwen2.5-Omni-7B"))
    let owned = none.merging(["REPRO_MODELS": place.file("models")]) { $1 }
    #expect(try program(["plan", file, "--profile", "paper"], owned).status == 0, "REPRO_MODELS, OWNER/NAME")
  }

  @Test("a checkpoint trained from links and shards, with vision and speech beside, is of files alone, and says what it left out")
  func trained() throws {
    try download()
    let file = try experiment(trains: true)
    let run = try program(["run", file, "--profile", "paper", "--threads", "2", "--results", place.file("results")])
    try #require(run.status == 0, "\(run.errors)")
    let files = FileManager.default
    let cells = place.file("cache/cells")
    let names = files.enumerator(atPath: cells)?.allObjects as? [String] ?? []
    let folder = try #require(names.first { $0.hasSuffix("/model/config.json") }.map { cells + "/" + String($0.dropLast(12)) })
    let inside = try files.contentsOfDirectory(atPath: folder)
    for name in inside {
      #expect(try files.attributesOfItem(atPath: folder + "/" + name)[.type] as? FileAttributeType == .typeRegular, "\(name)")
    }
    #expect(!inside.contains(".gitattributes"))
    #expect(inside.contains("model.safetensors") && !inside.contains("model.safetensors.index.json"))
    let (old, new) = (try Checkpoint(folder: snapshot), try Checkpoint(folder: folder))
    let vision = old.names.filter { $0.hasPrefix("thinker.visual.") }
    #expect(vision.count > 10)
    for name in vision { #expect(try new.tensor(name).hostValues == old.tensor(name).hostValues, "\(name)") }
    #expect(Set(new.names) == Set(old.names.filter { $0.hasPrefix("thinker.") }))
    let left = old.names.count { $0.hasPrefix("talker.") }
    let path = folder + "/left_out.json"
    let note = try JSONValue(parsing: Array(files.contents(atPath: path) ?? Data()), file: path)
    #expect(note["left_out"]?["tensors"]?["talker"]?.integer == left)
    #expect(left > 0)
    try compare(folder)
  }

  /// Loads a checkpoint with transformers, where that is installed, and compares what both say.
  private func compare(_ folder: String) throws {
    guard let python = ProcessInfo.processInfo.environment["REPRO_TRANSFORMERS_PYTHON"] ?? Python.withTransformers else {
      print("SKIPPED: the trained checkpoint was not loaded in transformers, which no python3 here has")
      return
    }
    let asked = try program(
      ["ask", "--model", folder, "--question", "a dog?", "--max-new-tokens", "3", "--json", "--log-probabilities"])
    try place.write(asked.output, to: "asked.json")
    let text = try Python.run("load_checkpoint.py", [folder, place.file("asked.json")], interpreter: python)
    let loaded = try JSONValue(parsing: text, file: "load_checkpoint.py")
    for list in ["missing", "mismatched", "unexpected"] { #expect(loaded[list] == .array([]), "\(list)") }
    #expect(loaded["tokens"] == 3)
    #expect((loaded["largest_difference"]?.double ?? 1) < 1e-4)
  }
}
