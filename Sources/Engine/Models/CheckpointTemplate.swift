// A trained checkpoint: the trained weights, and of the checkpoint it began with whatever training leaves as it is.
public import Diagnostics
internal import FileWriting
internal import Foundation
internal import Glibc
internal import JSONText
internal import Layers
internal import SafeTensors
internal import SystemCalls
public import TensorCore

/// What a written checkpoint takes over from another: its side files, and the tensors that are no part of the model.
public struct CheckpointTemplate {
  /// Files beside the weights that loaders of the published models read; nothing else of a folder is taken over.
  public static let sideFiles = [
    "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
    "video_preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt",
    "added_tokens.json", "special_tokens_map.json", "chat_template.json", "chat_template.jinja",
  ]

  let files: [(name: String, bytes: [UInt8])]
  let carried: [(name: String, tensor: Tensor)]
  /// What of the old checkpoint the new one does not have: tensors of speech by their first name, files by name.
  let leftOut: (tensors: [String: Int], files: [String])

  /// Reads side files, through links, and finds the tensors to be carried along.
  /// - Throws: every file that cannot be read, and every tensor that cannot be written again.
  public init(folder: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    var files: [(String, [UInt8])] = []
    for name in Self.sideFiles where Files.isThere(folder + "/" + name) {
      guard let data = FileManager.default.contents(atPath: folder + "/" + name) else {
        mistakes.report(
          Diagnostic(
            "cannot be read", at: SourceMark(file: folder + "/" + name),
            hint: "a trained checkpoint takes it over; get the weights again, or mend the link", kind: .missing))
        continue
      }
      files.append((name, [UInt8](data)))
    }
    let checkpoint = try Checkpoint(folder: folder)
    var carried: [(String, Tensor)] = []
    var spoken: [String: Int] = [:]
    for name in checkpoint.names where ParameterNames.isUnused(name) && !name.hasSuffix("rotary_emb.inv_freq") {
      guard let published = ParameterNames.carried(name) else {
        spoken[String(name.prefix { $0 != "." }), default: 0] += 1
        continue
      }
      do throws(Diagnostic) { carried.append((published, try checkpoint.tensor(name))) } catch { mistakes.report(error) }
    }
    try mistakes.throwIfAnyError()
    let others = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { name in
      !Self.sideFiles.contains(name) && !name.hasPrefix(".") && !name.hasSuffix(".safetensors")
        && !name.hasSuffix(".safetensors.index.json")
    }
    self.files = files
    self.carried = carried
    leftOut = (spoken, spoken.isEmpty ? [] : others.sorted())
  }

  /// `config.json` for weights of one form that do not speak; the rest as it was.
  static func configuration(_ json: JSONValue, storing type: ElementType) -> JSONValue {
    let name = JSONValue.string(type == .float32 ? "float32" : "bfloat16")
    guard case .object(var object) = naming(name, in: json) else { return json }
    if object["torch_dtype"] == nil, object["dtype"] == nil { object["torch_dtype"] = name }
    if object["model_type"]?.string == "qwen2_5_omni" {
      // Else the class that also speaks would fill talker and vocoder with random numbers.
      object["enable_audio_output"] = .boolean(false)
      if object["enable_talker"] != nil { object["enable_talker"] = .boolean(false) }
      if case .object(var thinker)? = object["thinker_config"] {
        if thinker["torch_dtype"] == nil, thinker["dtype"] == nil { thinker["torch_dtype"] = name }
        object["thinker_config"] = .object(thinker)
      }
    }
    return .object(object)
  }

  /// The same with every element type that is named, at any depth, this one.
  private static func naming(_ type: JSONValue, in json: JSONValue) -> JSONValue {
    guard let object = json.object else { return json }
    return .object(
      JSONObject(
        object.pairs.map { key, value in
          let isType = (key == "torch_dtype" || key == "dtype") && value.string != nil
          return (key, isType ? type : naming(type, in: value))
        }))
  }

  /// What a reader of the written folder should know; nil if nothing was left out.
  var note: JSONValue? {
    guard !leftOut.tensors.isEmpty else { return nil }
    return .object([
      "left_out": .object([
        "tensors": .object(JSONObject(leftOut.tensors.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
        "files": .array(leftOut.files.map { .string($0) }),
      ]),
      "why": "fine-tuning hears and answers in text; speech was left out, and config.json has enable_audio_output false",
    ])
  }
}

extension AudioLanguageModel {
  /// Writes the weights under their published names as `model.safetensors`; the rest of the folder is the caller's.
  public func write(to folder: String) throws(Diagnostic) {
    try SafeTensorsWriter.write(allParameters.map { ($0.name, $0.value) }, to: folder + "/model.safetensors")
  }

  /// Writes a whole checkpoint into a new folder: the weights under their published names (in shards of 5 GB), and what
  /// the template has beside them. Every file is a file of its own, flushed to disk.
  /// - Parameter type: the form of the weights in the files; what the template carries stays as it is.
  /// - Precondition: there is nothing of this name.
  public func write(
    to folder: String, template: CheckpointTemplate, storing type: ElementType = .float32
  ) throws(Diagnostic) {
    func failure(_ what: String, _ path: String) -> Diagnostic {
      Diagnostic(
        "\(what): \(SystemCalls.errorText())", at: SourceMark(file: path),
        hint: "check the disk's free space and rights; no step is lost", kind: .missing)
    }
    precondition(!Files.isThere(folder), "\(folder) is there already")
    guard Files.makeFolder(folder) else { throw failure("cannot be made", folder) }
    var files = template.files
    for (index, file) in files.enumerated() where file.name == "config.json" {
      let json = try JSONValue(parsing: file.bytes, file: file.name)
      files[index].bytes = Array(CheckpointTemplate.configuration(json, storing: type).indentedText.utf8)
    }
    if let note = template.note { files.append(("left_out.json", Array(note.indentedText.utf8))) }
    for (name, bytes) in files {
      let path = folder + "/" + name
      if let what = Files.replace(path, { $0.write(bytes) }) { throw failure(what, path) }
    }
    try SafeTensorsWriter.write(
      stored: allParameters.map { StoredTensor($0.name, $0.value, as: type) }
        + template.carried.map { StoredTensor($0.name, $0.tensor) }, toFolder: folder)
  }

  /// Reads a checkpoint that was written of this model again.
  /// - Throws: unless the configuration is this model's, every tensor is there, in shape and finite, and all are files.
  public func requireWhole(_ folder: String) throws(Diagnostics) {
    var mistakes = Diagnostics()
    func report(_ fact: String, _ path: String) {
      mistakes.report(Diagnostic(fact, at: SourceMark(file: path), hint: "the disk may be faulty; no step is lost"))
    }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? [] {
      let kind = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.type] as? FileAttributeType
      if kind != .typeRegular { report("is no file of its own", folder + "/" + name) }
    }
    if try ModelConfiguration(folder: folder) != configuration {
      report("does not say what was written", folder + "/config.json")
    }
    let checkpoint = try Checkpoint(folder: folder)
    for parameter in allParameters {
      do throws(Diagnostic) {
        _ = try checkpoint.tensor(parameter.name, shape: parameter.value.shape)
        try checkpoint.requireFinite(parameter.name)
      } catch { mistakes.report(error) }
    }
    try mistakes.throwIfAnyError()
  }
}
