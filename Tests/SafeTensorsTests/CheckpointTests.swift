// Checkpoint folders: one file or shards, what is missing, and where a name of the hub leads.
import Diagnostics
import Foundation
import SafeTensors
import TensorCore
import TestSupport
import Testing

@Suite("A checkpoint folder")
struct CheckpointTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private let tensors: [(name: String, tensor: Tensor)] = [
    ("a", Tensor([1, 2], shape: [2])), ("b", Tensor([3], shape: [1])), ("c", Tensor([4, 5, 6], shape: [3])),
  ]

  private func refusal() -> String? {
    TestSupport.refusal { try Checkpoint(folder: folder.path) }?.replacingOccurrences(of: folder.path, with: "DIR")
  }

  @Test("shards hold what one file holds")
  func shards() throws {
    try SafeTensorsWriter.write(tensors, toFolder: folder.path)
    let whole = try Checkpoint(folder: folder.path)
    try SafeTensorsWriter.write(tensors, toFolder: folder.path, shardSize: 12)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
      ])
    let sharded = try Checkpoint(folder: folder.path)
    #expect(whole.names == ["a", "b", "c"])
    #expect(sharded.names == whole.names)
    #expect(sharded.byteCount == 24)
    for (name, tensor) in tensors {
      #expect(try sharded.tensor(name, shape: tensor.shape).hostValues == tensor.hostValues)
      #expect(try whole.tensor(name).hostValues == tensor.hostValues)
    }
    #expect(sharded.shape(of: "c") == [3])
    #expect(sharded.shape(of: "d") == nil)
    try SafeTensorsWriter.write(tensors, toFolder: folder.path)
    #expect(!FileManager.default.fileExists(atPath: folder.file("model.safetensors.index.json")))
  }

  @Test("a Float32 tensor may be stored as the nearest bfloat16, beside others")
  func rounded() throws {
    let values: [Float] = [1, 1.00390625, 1.01171875, -3.14159, 1e-30, 3.3e38]
    let tensor = Tensor(values, shape: [6])
    try SafeTensorsWriter.write(
      stored: [StoredTensor("a", tensor, as: .bfloat16), StoredTensor("b", tensor)], toFolder: folder.path, shardSize: 13)
    let checkpoint = try Checkpoint(folder: folder.path)
    #expect(checkpoint.byteCount == 12 + 24)
    let stored = try checkpoint.tensor("a", shape: [6])
    #expect(stored.elementType == .bfloat16)
    #expect(stored.hostValues == values.map { BFloat16($0).float } && stored.hostValues[1] == 1)
    #expect(try checkpoint.tensor("b").hostValues == values)
  }

  @Test("a tensor of another shape, a missing one and one that is not finite are named")
  func tensorMistakes() throws {
    try SafeTensorsWriter.write(tensors + [("n", Tensor([1, 2, .nan], shape: [3]))], toFolder: folder.path)
    let checkpoint = try Checkpoint(folder: folder.path)
    let file = folder.file("model.safetensors")
    #expect(
      TestSupport.refusal { try checkpoint.tensor("a", shape: [1, 2]) } == "\(file): error: 'a' is [2], expected [1, 2]")
    #expect(TestSupport.refusal { try checkpoint.tensor("d") } == "\(folder.path): error: there is no tensor 'd'")
    try checkpoint.requireFinite("a")
    #expect(
      TestSupport.refusal { try checkpoint.requireFinite("n") }
        == "\(file): error: value 2 of 'n' is infinite or not a number\n"
        + "  hint: the weights are damaged, or their training diverged")
  }

  @Test("a folder without weights is missing, not faulty")
  func nothing() {
    #expect(refusal() == "DIR: error: there is neither model.safetensors nor model.safetensors.index.json")
    #expect(throws: Diagnostics.self) { try Checkpoint(folder: folder.path) }
    do { _ = try Checkpoint(folder: folder.path) } catch { #expect(error.list.map(\.kind) == [.missing]) }
  }

  @Test("an index and shards that disagree")
  func disagreement() throws {
    try SafeTensorsWriter.write(tensors, toFolder: folder.path, shardSize: 12)
    let index = "model.safetensors.index.json"
    let (one, two) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    let good = try folder.read(index)
    func spoilt(_ old: String, _ new: String) throws -> String? {
      #expect(good.contains(old))
      try folder.write(good.replacingOccurrences(of: old, with: new), to: index)
      return refusal()
    }
    #expect(try spoilt("\"a\": \"\(one)\"", "\"a\": \"\(two)\"") == "DIR/\(one): error: a: the index places this tensor in \(two)")
    #expect(try spoilt("\"a\": \"\(one)\",", "") == "DIR/\(one): error: a: the index does not name this tensor")
    #expect(
      try spoilt("\"a\":", "\"d\": \"\(one)\", \"a\":") == "DIR/\(index): error: d: the index names this tensor, no shard has it")
    for name in ["../x.safetensors", "/x.safetensors", "x.bin", ".safetensors"] {
      #expect(
        try spoilt("\"a\": \"\(one)\"", "\"a\": \"\(name)\"")
          == "DIR/\(index): error: a: its shard is no name of a safetensors file in this folder")
    }
    #expect(try spoilt("weight_map", "weights") == "DIR/\(index): error: there is no weight_map, or nothing in it")
    #expect(try spoilt(good, "[") == "DIR/\(index):1:2: error: expected a value, found the end of the text")
    try folder.write(good, to: index)
    try SafeTensorsWriter.write(tensors, to: folder.file(two))
    #expect(
      refusal() == "DIR/\(two): error: a: this tensor stands in \(one) too\nDIR/\(two): error: b: this tensor stands in \(one) too")
    try folder.remove(two)
    #expect(refusal() == "DIR/\(two): error: cannot be opened: No such file or directory")
  }

  @Test("of many disagreements the first few are printed and the rest counted")
  func many() throws {
    let names = (0..<20).map { "t\($0 + 10)" }
    try SafeTensorsWriter.write(names.map { ($0, Tensor([1], shape: [1])) }, toFolder: folder.path, shardSize: 40)
    try folder.write("{\"weight_map\": {\"t10\": \"model-00001-of-00002.safetensors\"}}", to: "model.safetensors.index.json")
    #expect(refusal()?.split(separator: "\n").count == 9)
    #expect(refusal()?.hasSuffix("model-00001-of-00002.safetensors: error: 1 more tensors like these") == true)
  }

  @Test(
    "the reference's checkpoints: every tensor, and the shards' values are the single file's", arguments: Fixtures.sets)
  func fixtures(_ set: FixtureSet) throws {
    let root = set.file("checkpoints/")
    let whole = try Checkpoint(folder: root + "omni")
    let sharded = try Checkpoint(folder: root + "omni_sharded")
    let rounded = try Checkpoint(folder: root + "omni_bf16")
    #expect(whole.names.count > 50)
    #expect(Set(whole.names).isSubset(of: sharded.names))
    #expect(rounded.names == whole.names)
    for name in whole.names {
      let expected = try whole.tensor(name).hostValues
      #expect(try sharded.tensor(name).hostValues == expected)
      #expect(try rounded.tensor(name).hostValues == expected.map { BFloat16($0).float })
      try whole.requireFinite(name)
    }
    // What was read is written again: the data of the file is the same, byte for byte.
    try SafeTensorsWriter.write(try whole.names.map { ($0, try whole.tensor($0)) }, toFolder: folder.path)
    let again = try Checkpoint(folder: folder.path)
    for name in whole.names { #expect(try again.tensor(name).hostValues == whole.tensor(name).hostValues) }
    let first = try folder.bytes("model.safetensors")
    try SafeTensorsWriter.write(try again.names.map { ($0, try again.tensor($0)) }, toFolder: folder.path)
    #expect(try folder.bytes("model.safetensors") == first)
  }
}

@Suite("Where a checkpoint is")
struct CheckpointLocationTests {
  let folder: TemporaryFolder
  let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = ["HF_HOME": folder.path, "HOME": "/nowhere"]
  }

  private func place(_ name: String, commit: String, reference: String? = "main") throws {
    let repository = folder.file("hub/models--" + name.replacingOccurrences(of: "/", with: "--"))
    for part in ["refs", "snapshots/" + commit] {
      try FileManager.default.createDirectory(atPath: repository + "/" + part, withIntermediateDirectories: true)
    }
    if let reference { try (commit + "\n").write(toFile: repository + "/refs/" + reference, atomically: true, encoding: .utf8) }
  }

  @Test("a folder is itself")
  func given() throws {
    #expect(try CheckpointLocation.resolve(folder.path, environment: environment) == folder.path)
    #expect(try CheckpointLocation.resolve(folder.path + "/", environment: environment) == folder.path)
  }

  @Test("a name leads to the snapshot its reference names, wherever the cache is")
  func hub() throws {
    try place("Qwen/Qwen2.5-Omni-7B", commit: "abc123")
    let snapshot = folder.file("hub/models--Qwen--Qwen2.5-Omni-7B/snapshots/abc123")
    #expect(try CheckpointLocation.resolve("Qwen/Qwen2.5-Omni-7B", environment: environment) == snapshot)
    #expect(try CheckpointLocation.resolve("Qwen/Qwen2.5-Omni-7B@abc123", environment: environment) == snapshot)
    let direct = ["HF_HUB_CACHE": folder.file("hub"), "HF_HOME": "/elsewhere"]
    #expect(try CheckpointLocation.resolve("Qwen/Qwen2.5-Omni-7B", environment: direct) == snapshot)
    try FileManager.default.createDirectory(atPath: folder.file(".cache"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.file(".cache/huggingface"), withDestinationPath: folder.path)
    #expect(
      try CheckpointLocation.resolve("Qwen/Qwen2.5-Omni-7B", environment: ["HOME": folder.path])
        == folder.file(".cache/huggingface/hub/models--Qwen--Qwen2.5-Omni-7B/snapshots/abc123"))
  }

  @Test("what is not there says where it was looked for and how to get it")
  func missing() throws {
    func refusal(_ name: String) -> String? {
      TestSupport.refusal { try CheckpointLocation.resolve(name, environment: environment) }?
        .replacingOccurrences(of: folder.path, with: "DIR")
    }
    let hint = "\n  hint: get it with 'hf download Qwen/Qwen2-Audio', or name the folder it is in"
    #expect(
      refusal("Qwen/Qwen2-Audio") == "DIR/hub/models--Qwen--Qwen2-Audio: error: Qwen/Qwen2-Audio: "
        + "there is neither a folder of this name nor this part of the Hugging Face cache" + hint)
    // One snapshot needs no reference; of two none is taken.
    try place("Qwen/Qwen2-Audio", commit: "abc", reference: nil)
    #expect(refusal("Qwen/Qwen2-Audio") == nil)
    try place("Qwen/Qwen2-Audio", commit: "def", reference: nil)
    let start = "DIR/hub/models--Qwen--Qwen2-Audio: error: Qwen/Qwen2-Audio: the cache holds no snapshot of revision 'main'"
    #expect(refusal("Qwen/Qwen2-Audio") == start + "; it holds abc, def" + hint)
    try "012".write(toFile: folder.file("hub/models--Qwen--Qwen2-Audio/refs/main"), atomically: true, encoding: .utf8)
    #expect(refusal("Qwen/Qwen2-Audio") == start + ", which is commit 012; it holds abc, def" + hint)
    try "../../..".write(
      toFile: folder.file("hub/models--Qwen--Qwen2-Audio/refs/main"), atomically: true, encoding: .utf8)
    #expect(refusal("Qwen/Qwen2-Audio")?.contains("the cache holds no snapshot") == true)
    for name in ["no-such-folder", "./a/b", "../no-such", "a/b/c", "a/../b", ""] {
      #expect(
        refusal(name) == "\(name): error: there is no such folder\n"
          + "  hint: a checkpoint is a folder, or a name such as Qwen/Qwen2.5-Omni-7B")
    }
    try folder.write("x", to: "file")
    #expect(refusal(folder.file("file")) == "DIR/file: error: is a file; a checkpoint is a folder")
    do { _ = try CheckpointLocation.resolve("Qwen/None", environment: environment) } catch { #expect(error.kind == .missing) }
  }
}
