// A model from a checkpoint folder.
public import Diagnostics
internal import Layers
internal import SafeTensors
public import TensorCore

/// What a model is loaded for.
public enum WeightUse: Sendable, Hashable {
  /// Weights are used where they lie, in the file's own memory and type.
  case inference
  /// Weights are copied to Float32 memory that can be written.
  case training
}

extension AudioLanguageModel {
  /// Loads a checkpoint folder in the published names or those of newer savers. Every tensor is accounted for: a missing,
  /// misshapen or unknown one is an error that names it.
  public convenience init(
    folder: String, use: WeightUse = .inference, on backend: any Backend
  ) throws(Diagnostics) {
    let configuration = try ModelConfiguration(folder: folder)
    let checkpoint = try Checkpoint(folder: folder)
    let architecture = configuration.architecture
    let seen = SeenNames()
    let source = WeightSource(backend: backend) { name, shape, _ throws(Diagnostics) in
      let spellings = ParameterNames.spellings(of: name, architecture)
      guard let found = spellings.first(where: checkpoint.contains) else {
        throw Diagnostics([
          Diagnostic(
            "there is no tensor '\(name)'", at: SourceMark(file: folder),
            hint: "also looked for: " + spellings.dropFirst().joined(separator: ", "))
        ])
      }
      seen.names.insert(found)
      let tensor: Tensor
      do throws(Diagnostic) {
        tensor = try checkpoint.tensor(found, shape: shape)
        try checkpoint.requireFinite(found)
      } catch { throw Diagnostics([error]) }
      guard use == .training else { return tensor }
      let copy = backend.empty(shape, .float32)
      backend.copy(tensor, to: copy)
      return copy
    }
    try self.init(configuration, weights: source)
    if configuration.decoder.tiesWordEmbeddings {
      let head = ParameterNames(architecture, hiddenSize: 0).head
      let spellings = ParameterNames.spellings(of: head, architecture)
      seen.names.formUnion(spellings)
      if let own = spellings.first(where: checkpoint.contains) {
        let table = ParameterNames.spellings(of: embedding.name, architecture).first(where: checkpoint.contains)
        do throws(Diagnostic) { try checkpoint.requireSame(own, table ?? own) } catch { throw Diagnostics([error]) }
      }
    }
    let unknown = checkpoint.names.filter { !seen.names.contains($0) && !ParameterNames.isUnused($0) }
    try Diagnostics(
      unknown.prefix(8).map {
        Diagnostic(
          "this tensor belongs to no part of the model", at: SourceMark(file: checkpoint.file(of: $0)), path: $0,
          hint: "does config.json belong to these weights?")
      }
    ).throwIfAnyError()
  }

  private final class SeenNames {
    var names: Set<String> = []
  }
}
