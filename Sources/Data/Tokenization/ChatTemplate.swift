// What a chat looks like to the models: the exact text, and audio placeholders in the number of audio tokens.
//
// Source: the chat templates published with the checkpoints; models.md, section d.
public import Diagnostics

/// Tokens that stand between what people write.
public enum ChatToken: String, Sendable, CaseIterable {
  case endOfText = "<|endoftext|>"
  case messageStart = "<|im_start|>"
  case messageEnd = "<|im_end|>"
  case audio = "<|AUDIO|>"
  case audioStart = "<|audio_bos|>"
  case audioEnd = "<|audio_eos|>"
}

/// The chat format of a family of models: ChatML, with a mark of the family's own for each clip.
public struct ChatTemplate: Sendable, Hashable {
  /// What stands for a clip: `{n}` for its number from 1, and one `<|AUDIO|>`.
  public let clipMark: String

  public init(clipMark: String) { self.clipMark = clipMark }

  /// What the templates insert where a conversation has no system text.
  public static let defaultSystemText = "You are a helpful assistant."
  /// The prompt of one question after `audioCount` clips, up to where the answer begins. One `<|AUDIO|>` stands
  /// for a clip.
  /// - Parameter system: nil for the template's own.
  public func render(system: String? = nil, audioCount: Int, question: String) -> String {
    precondition(audioCount >= 0, "a prompt has \(audioCount) clips")
    let user = (0..<audioCount).map { clipMark.replacing("{n}", with: "\($0 + 1)") }.joined()
    return "<|im_start|>system\n" + (system ?? Self.defaultSystemText) + "<|im_end|>\n<|im_start|>user\n" + user
      + question + "<|im_end|>\n<|im_start|>assistant\n"
  }

  /// Replaces the i-th placeholder by audioTokenCounts[i] of it.
  /// - Throws: if there are not as many placeholders as counts.
  public static func expand(
    _ ids: [Int32], audioTokenCounts: [Int], audioTokenID: Int32
  ) throws(Diagnostic) -> [Int32] {
    let placeholders = ids.count { $0 == audioTokenID }
    guard placeholders == audioTokenCounts.count else {
      throw Diagnostic(
        "the prompt has \(placeholders) audio placeholders for \(audioTokenCounts.count) clips",
        hint: placeholders > audioTokenCounts.count ? "the question may not contain '<|AUDIO|>' itself" : nil)
    }
    precondition(audioTokenCounts.allSatisfy { $0 >= 0 }, "audio token counts \(audioTokenCounts)")
    var result: [Int32] = []
    var clip = 0
    for id in ids {
      if id == audioTokenID {
        result += [Int32](repeating: id, count: audioTokenCounts[clip])
        clip += 1
      } else {
        result.append(id)
      }
    }
    return result
  }
}
