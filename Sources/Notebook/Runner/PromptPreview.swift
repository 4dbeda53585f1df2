// The exact prompt of one question under an experiment's settings: the words, and the token ids a model is given.
public import Catalogue
internal import ContentHash
public import Diagnostics
internal import Evaluation
public import Experiments
internal import Foundation
internal import Models
public import Questions
internal import Tokenization

/// A question as a model gets to read it.
public struct PromptPreview: Sendable, Hashable {
  public var id: String
  /// What the user says: the template, filled in.
  public var userText: String
  /// The whole text with roles and marks, before the audio placeholder is repeated.
  public var text: String
  /// Nil where no tokenizer is at hand, or the clip is not.
  public var tokens: [Int32]?
  public var audioTokenCount = 0
  /// Why there are no tokens.
  public var reason: String?

  /// The SHA-256 of the ids as decimal numbers, a line feed after each.
  public var digest: String? {
    tokens.map { Digest(of: $0.map { "\($0)\n" }.joined()).hexadecimal }
  }

  /// - Parameters:
  ///   - folder: where the question's clip path begins.
  ///   - modelFolder: a checkpoint; nil gives the words alone.
  public init(
    _ question: AudioQuestion, in folder: String, hasAudio: Bool, _ settings: PromptSettings, model: CatalogueModel,
    modelFolder: String?
  ) throws(Diagnostics) {
    let template = settings.promptTemplate
    id = question.id
    userText = template.userText(question)
    let hears = hasAudio && question.audioPath != nil
    let chat = ChatTemplate(model.family)
    text = chat.render(system: template.system, audioCount: hears ? 1 : 0, question: userText)
    guard let modelFolder else {
      reason = "the tokenizer of \(model.name) is not on this machine; --model names a folder with one"
      return
    }
    let listener = try Listener(folder: modelFolder, configuration: try ModelConfiguration(folder: modelFolder))
    do throws(Diagnostic) {
      var clips: [MelClip] = []
      if hears, let path = question.audioPath {
        let file = try DataFolder(folder).file(path, of: question.id, in: folder)
        guard FileManager.default.fileExists(atPath: file) else {
          reason = "its clip is not there: \(file)"
          return
        }
        clips = [try listener.hear(file)]
      }
      tokens = try listener.prompt(userText, system: template.system, clips: clips).tokens
      audioTokenCount = clips.reduce(0) { $0 + $1.tokenCount }
    } catch { throw Diagnostics([error]) }
  }
}

extension DataSources {
  /// The questions of a set by name, their form, and where its clips are; the micro world's sets are written if they are
  /// not there.
  public func set(named name: String) throws -> (folder: String, questions: [AudioQuestion], form: DataForm) {
    let catalogue = try Catalogue.standard()
    guard let set = catalogue.set(name) else {
      throw Diagnostic("'\(name)' is not a set", hint: suggestion(for: name, among: catalogue.sets.map(\.name)))
    }
    try requireStandIn(set)
    let folder = try prepared(set) { _ in }
    return (folder, try questions(set), set.form)
  }

  /// The checkpoint folder of a base model; nil if it is not on this machine or not made yet.
  public func baseFolder(_ model: CatalogueModel) -> String? {
    guard profile != .paper else { return try? publishedFolder(model) }
    guard let key = try? baseKey(model), cache.isDone(key) else { return nil }
    return cache.folder(key) + "/model"
  }
}

extension Catalogue {
  /// The first model of the family that a checkpoint folder is of: what stands for it where no row names it.
  public func model(ofFolder folder: String) throws(Diagnostics) -> CatalogueModel {
    let family = try ModelConfiguration(folder: folder).architecture
    return models.first { $0.family == family }
      ?? CatalogueModel(name: family.rawValue, family: family, weights: folder)
  }
}
