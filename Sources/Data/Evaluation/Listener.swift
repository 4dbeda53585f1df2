// From files and words to what a model takes: waveform, log-mel, prompt tokens.
public import AudioFeatures
public import Diagnostics
internal import Foundation
internal import JSONText
public import Models
internal import Synchronization
public import Tokenization

/// Which tokens end what a model says, and which it may not say.
public struct AnswerTokens: Sendable, Hashable {
  /// Which tokens end an answer.
  public enum Ends: String, Sendable, Hashable, CaseIterable {
    /// `<|im_end|>` and `<|endoftext|>`.
    case message_and_text
    /// `<|im_end|>` alone.
    case message
  }

  /// Which tokens are never drawn.
  public enum Suppressed: String, Sendable, Hashable, CaseIterable {
    /// Control tokens that are no end, and rows of the embedding that stand for no token.
    case control_and_unused
    /// Rows of the embedding that stand for no token.
    case unused
  }

  public var ends = Ends.message_and_text
  public var suppressed = Suppressed.control_and_unused
  public init() {}
}

/// How a checkpoint wants to be spoken to.
public final class Listener: Sendable {
  public let template: ChatTemplate
  public let tokenizer: Tokenizer
  public let pipeline: ListeningPipeline
  private let front: FrontEnd
  private let isPadded: Bool
  private let audioTokenID: Int32
  private let chunkSeconds: Int
  private let sounds: KnownSounds
  private let answers: AnswerTokens

  /// Reads tokenizer, configuration and front end of a checkpoint folder.
  /// - Parameter sounds: where log-mels are kept by path.
  public init(
    folder: String, configuration: ModelConfiguration, pipeline: ListeningPipeline = .qwen_omni_utils,
    answers: AnswerTokens = AnswerTokens(), sounds: KnownSounds = KnownSounds()
  ) throws(Diagnostics) {
    self.sounds = sounds
    self.answers = answers
    do throws(Diagnostic) { tokenizer = try Tokenizer(folder: folder) } catch { throw Diagnostics([error]) }
    template = ChatTemplate(configuration.architecture)
    self.pipeline = pipeline
    isPadded = configuration.architecture.family.padsClips
    audioTokenID = configuration.audioTokenID
    var seconds = configuration.architecture.family.standardChunkSeconds
    let path = folder + "/preprocessor_config.json"
    if let bytes = FileManager.default.contents(atPath: path) {
      do throws(Diagnostic) {
        let json = try JSONValue(parsing: Array(bytes), file: path)
        if let value = json["chunk_length"] ?? json["feature_extractor"]?["chunk_length"] {
          guard let whole = value.integer, (1...3600).contains(whole) else {
            throw Diagnostic("is no whole number of seconds from 1 to 3600", at: SourceMark(file: path), path: "chunk_length")
          }
          seconds = whole
        }
      } catch { throw Diagnostics([error]) }
    }
    let positions = configuration.tower.maximumPositions
    if isPadded, seconds * 50 != positions {
      throw Diagnostics([
        Diagnostic(
          "clips of \(seconds) seconds take \(seconds * 50) positions of the audio tower, which has \(positions)",
          at: SourceMark(file: path), path: "chunk_length",
          hint: "do preprocessor_config.json and config.json (max_source_positions) belong together?")
      ])
    }
    chunkSeconds = seconds
    front = FrontEnd(chunkSeconds: seconds)
  }

  /// The clip of a file. Log-mels are remembered by path.
  public func hear(_ path: String) throws(Diagnostic) -> MelClip {
    if let known = sounds[key(path)] { return clip(of: known) }
    let waveform = try Waveform.load(path: path, pipeline: pipeline, limitSeconds: chunkSeconds)
    let mel = front.logMel(waveform.samples)
    let clip = clip(of: mel)
    guard clip.tokenCount > 0 else {
      throw Waveform.tooShort(waveform.samples.count, path: path)
    }
    sounds.keep(mel, as: key(path))
    return clip
  }

  private func key(_ path: String) -> KnownSounds.Key {
    KnownSounds.Key(path: path, chunkSeconds: chunkSeconds, pipeline: pipeline)
  }

  /// Audio tokens of a file as long as its header says; nothing is decoded.
  public func declaredTokenCount(_ path: String) throws(Diagnostic) -> Int {
    if let known = sounds[key(path)] { return clip(of: known).tokenCount }
    let samples = try Waveform.declaredSampleCount(path: path, limitSeconds: chunkSeconds)
    return MelClip.tokenCount(frames: LogMel.validFrameCount(samples: samples))
  }

  /// What the model's front end makes of a waveform.
  public func clip(of waveform: Waveform) -> MelClip { clip(of: front.logMel(waveform.samples)) }

  private func clip(of mel: LogMel) -> MelClip {
    let rows = isPadded ? mel.frameCount : mel.validFrameCount
    return MelClip(
      values: rows == mel.frameCount ? mel.values : Array(mel.values[..<(rows * LogMel.bandCount)]),
      validFrameCount: mel.validFrameCount,
      paddedFrameCount: isPadded ? mel.paddedFrameCount : mel.validFrameCount, tailValue: mel.tailValue)
  }

  /// Many files at once, on all processors; the first mistake in the order of the paths.
  public func hear(_ paths: [String]) throws(Diagnostic) -> [MelClip] {
    let failures = Mutex<[Int: Diagnostic]>([:])
    let clips = Mutex<[MelClip?]>([MelClip?](repeating: nil, count: paths.count))
    DispatchQueue.concurrentPerform(iterations: paths.count) { index in
      do throws(Diagnostic) {
        let clip = try hear(paths[index])
        clips.withLock { $0[index] = clip }
      } catch { failures.withLock { $0[index] = error } }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key } }) { throw first.value }
    return clips.withLock { $0.compactMap(\.self) }
  }

  /// The prompt of a user text after some clips.
  public func prompt(_ userText: String, system: String?, clips: [MelClip]) throws(Diagnostic) -> PromptInput {
    if !clips.isEmpty { try requirePlaceholder() }
    let text = template.render(system: system, audioCount: clips.count, question: userText)
    let ids = try ChatTemplate.expand(
      tokenizer.encode(text), audioTokenCounts: clips.map(\.tokenCount), audioTokenID: audioTokenID)
    return PromptInput(tokens: ids, clips: clips)
  }

  /// Tokens of the prompt of a user text after clips of so many audio tokens.
  public func promptTokenCount(_ userText: String, system: String?, audioTokens: [Int]) -> Int {
    let text = template.render(system: system, audioCount: audioTokens.count, question: userText)
    return tokenizer.encode(text).count + audioTokens.reduce(0) { $0 + $1 - 1 }
  }

  /// A choice as the model would say it: its tokens and the end of the message.
  public func answerTokens(_ choice: String) throws(Diagnostic) -> [Int32] {
    tokenizer.encode(choice) + [try tokenizer.id(of: .messageEnd)]
  }

  /// Ends of an answer: the end of the message, and of the text unless it counts as a control token.
  public func endTokens() throws(Diagnostic) -> [Int32] {
    let end = try tokenizer.id(of: .messageEnd)
    switch answers.ends {
    case .message_and_text: return [end, try tokenizer.id(of: .endOfText)]
    case .message: return [end]
    }
  }

  /// Throws unless the tokens that chats are made of are there, and the placeholder of clips is the model's.
  public func requireChat() throws(Diagnostic) {
    for token in [ChatToken.messageStart, .messageEnd, .endOfText, .audioStart, .audioEnd] {
      _ = try tokenizer.id(of: token)
    }
    try requirePlaceholder()
  }

  private func requirePlaceholder() throws(Diagnostic) {
    let id = try tokenizer.id(of: .audio)
    guard id == audioTokenID else {
      throw Diagnostic(
        "config.json has \(audioTokenID) for the audio token, the tokenizer \(id)", at: SourceMark(file: tokenizer.folder),
        hint: "do config.json and the tokenizer belong together?")
    }
  }

  /// What a completion says.
  public func text(_ tokens: [Int32]) -> String { tokenizer.decode(tokens, skipSpecialTokens: true) }

  /// Control tokens that are no answer, if they may not be said, and the unused rows of the embedding.
  public func suppressedTokens(vocabularySize: Int) -> [Int32] {
    let ends = Set((try? endTokens()) ?? [])
    let special: [Int32] =
      switch answers.suppressed {
      case .control_and_unused: tokenizer.addedTokens.map(\.id).filter { !ends.contains($0) && $0 < vocabularySize }
      case .unused: []
      }
    let unused = tokenizer.vocabularySize < vocabularySize ? tokenizer.vocabularySize..<vocabularySize : 0..<0
    return (special + unused.map { Int32($0) }).sorted()
  }
}
