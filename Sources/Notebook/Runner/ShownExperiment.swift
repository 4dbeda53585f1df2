// What a page about results shows beside them: the questions of their benchmarks, as far as they are on this machine, and
// how they were put to a model. Nothing is fetched, made or kept.
public import AudioFeatures
internal import Catalogue
internal import Evaluation
public import Experiments
internal import Foundation
internal import MicroWorld
public import Questions
internal import Tokenization

extension DataSources {
  /// The questions of a benchmark, and where its clips' paths begin; nil where they are not on this machine. Of a
  /// generated world the questions follow from its seed, whether or not its sounds were written.
  public func questionsAtHand(_ benchmark: String) -> (folder: String, questions: [AudioQuestion])? {
    guard let set = Catalogue.known.set(benchmark) else { return nil }
    guard profile != .paper else {
      guard let folder = try? folder(set), let questions = try? questions(set) else { return nil }
      return (folder, questions)
    }
    guard let standIn = set.standIn else { return nil }
    let own = FileManager.default.temporaryDirectory.path + "/repro-questions-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: own) }
    do {
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      try Data(world.document(standIn).utf8).write(to: URL(fileURLWithPath: own + "/" + standIn.file))
      return (try folder(set), try QuestionFile(own + "/" + standIn.file, form: set.form).questions)
    } catch { return nil }
  }
}

extension Experiment {
  /// How the questions of a benchmark are put to a model: the template, and the chat's words before and after what it
  /// gives. Nil where the model or the benchmark is not one of this program's.
  public func asking(
    _ model: String, on benchmark: String, hasAudio: Bool
  ) -> (template: PromptTemplate, before: String, after: String)? {
    let catalogue = Catalogue.known
    guard let model = catalogue.model(model), let benchmark = catalogue.set(benchmark) else { return nil }
    let own = cells.compactMap { cell -> OwnSettings? in
      if case .evaluate(let evaluate) = cell, evaluate.on == benchmark { evaluate.own } else { nil }
    }
    // Settings of an evaluation alone are another prompt than the experiment's: then none is shown.
    guard !own.contains(where: { $0.paths.contains { $0.hasPrefix("prompt.") } }) else { return nil }
    let template = values(on: benchmark, nil, for: model).prompt.promptTemplate
    let chat = ChatTemplate(model.family)
    func text(_ question: String) -> String {
      chat.render(system: template.system, audioCount: hasAudio ? 1 : 0, question: question)
    }
    // What follows the question is what two prompts that differ in it alone end with.
    let (empty, marked) = (text(""), text("?"))
    let before = zip(empty.unicodeScalars, marked.unicodeScalars).prefix { $0 == $1 }.count
    let scalars = empty.unicodeScalars
    let cut = scalars.index(scalars.startIndex, offsetBy: before)
    return (template, String(scalars[..<cut]), String(scalars[cut...]))
  }

  /// Where the values of a run came from, by the dotted path of the setting, as its own `experiment.yaml` says behind
  /// each.
  public static func recordedOrigins(resolved: String) -> [String: String] {
    var origins: [String: String] = [:]
    var section = ""
    for line in resolved.split(separator: "\n") {
      if line == "cells:" { break }
      let isIndented = line.hasPrefix("  ")
      guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("#") else { continue }
      let name = line[..<colon].trimmingCharacters(in: .whitespaces)
      if !isIndented { section = "" }
      if !isIndented, line[line.index(after: colon)...].isEmpty { section = name + "." }
      // A text may hold the mark too; what stands behind the last one is the origin.
      guard let mark = line.range(of: "  # ", options: .backwards) else { continue }
      origins[section + name] = String(line[mark.upperBound...])
    }
    return origins
  }

  /// How a clip becomes a waveform.
  public var listening: ListeningPipeline { values.audio.pipeline }
}
