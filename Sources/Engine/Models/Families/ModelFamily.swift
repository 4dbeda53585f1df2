// What tells one family of models from another, beside the sizes in its configuration: one value a family, each in a file
// of its own. Whatever depends on a family asks here; a family that is not told of something does not compile.

/// The families this program computes, by the `model_type` of their config.json.
public enum ModelArchitecture: String, Sendable, Hashable, CaseIterable {
  case qwen2Audio = "qwen2_audio"
  case qwen25Omni = "qwen2_5_omni"

  public var family: ModelFamily {
    switch self {
    case .qwen2Audio: .qwen2Audio
    case .qwen25Omni: .qwen25Omni
    }
  }
}

/// What a family of models has of its own.
public struct ModelFamily: Sendable {
  /// A prefix of published tensor names, and what another saver writes in its place.
  struct Spelling: Sendable {
    var published: String
    var other: String

    init(_ published: String, _ other: String) { (self.published, self.other) = (published, other) }
  }

  /// Published names of tensors: prefixes of the audio tower and of the decoder, the tower's last norm, the projection
  /// to the decoder's width, and the head.
  let tower, decoder, towerNorm, projection, head: String
  /// How the savers of transformers 5 and 4.5x spell them.
  let spellings: [Spelling]
  /// The `model_type` of the part that hears and answers.
  public let hearingType: String
  /// Seconds of a clip that are heard where preprocessor_config.json says nothing.
  public let standardChunkSeconds: Int
  /// Whether a clip is padded to the longest that is heard.
  public let padsClips: Bool
  /// What stands for a clip in a prompt: `{n}` for its number from 1, then one mark for its audio tokens.
  public let clipMark: String
}
