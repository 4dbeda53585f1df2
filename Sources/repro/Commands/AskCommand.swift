// `repro ask`: one question to one model.
public import ArgumentParser
public import AudioFeatures
import Diagnostics
import Evaluation
import Foundation
import JSONText
import Models
public import Questions
import SafeTensors

struct AskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Ask one model one question.",
    discussion: """
      Loads a checkpoint in the published layout, hears the file if one is named, answers greedily, and prints the \
      answer and the choice it is taken for. Without choices the question is asked as it stands. Exits with 1 if choices \
      were given and the answer is none of them, or more than one.
      """)

  @Option(help: "A checkpoint folder, or a name in the Hugging Face cache such as Qwen/Qwen2.5-Omni-7B.")
  var model: String
  @Option(help: "A sound file: WAV, FLAC, OGG, MP3, AIFF.") var audio: String?
  @Option(parsing: .unconditional, help: "The question.") var question: String
  @Option(name: .customLong("choice"), parsing: .unconditionalSingleValue, help: "A choice; give it once for each.") var choices: [String] = []
  @Option(help: "The most tokens of an answer.") var maxNewTokens = 64
  @Option(parsing: .unconditional, help: "The system text (default: the chat template's own).") var system: String?
  @Option(help: "How the choices are written: python_list, comma_list, lettered.")
  var choiceStyle: ChoiceStyle = .python_list
  @Option(help: "When an answer is a choice: string_match, contains, exact, first_letter.")
  var scorer: AnswerScorer = .string_match
  @Option(help: "How a file becomes a waveform: qwen_omni_utils or r1_aqa.")
  var pipeline: ListeningPipeline = .qwen_omni_utils
  @OptionGroup var engine: EngineOptions
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "With --json: the prompt's token ids, and the log-probability of each token by a second forward.") var logProbabilities = false

  func validate() throws {
    if choices.count == 1 { throw ValidationError("--choice stands once; a question has two choices or more, or none") }
    if !(1...4096).contains(maxNewTokens) { throw ValidationError("--max-new-tokens \(maxNewTokens) is outside 1...4096") }
    if question.isEmpty { throw ValidationError("--question is empty") }
  }

  func run() throws {
    let folder = try CheckpointLocation.resolve(model)
    let isFolder = model.hasPrefix("~") || FileManager.default.fileExists(atPath: model)
    try CheckpointFiles.require(folder, name: isFolder ? nil : model, hears: false)
    let start = Date()
    let asking = try Asking(folder: folder, pipeline: pipeline, on: try engine.makeBackend())
    let loaded = Date()
    let answer = try asking.ask(
      question, choices: choices, audio: audio, template: PromptTemplate(choices: choiceStyle, system: system),
      scorer: scorer, maximumTokens: maxNewTokens, scoresTokens: logProbabilities)
    let time = String(
      format: "repro: loaded in %.1f s, answered in %.1f s\n", loaded.timeIntervalSince(start),
      Date().timeIntervalSince(loaded))
    FileHandle.standardError.write(Data(time.utf8))
    if json { print(text(answer).indentedText, terminator: "") } else { print(words(answer)) }
    if !choices.isEmpty, answer.matches.count != 1 { throw ExitCode(1) }
  }

  private func text(_ answer: SpokenAnswer) -> JSONValue {
    let match = answer.matches.count == 1 ? answer.matches.first : nil
    let plain: JSONValue = .object([
      "completion": .string(answer.completion), "tokens": .array(answer.tokens.map { .integer(Int($0)) }),
      "finished": .boolean(answer.isFinished), "choice": match.map { .integer($0) } ?? .null,
      "answer": match.map { .string(choices[$0]) } ?? .null,
      "matches": .array(answer.matches.map { .integer($0) }), "scorer": .string(scorer.rawValue),
      "prompt_tokens": .integer(answer.promptTokens.count), "audio_tokens": .integer(answer.audioTokenCount),
    ])
    guard let list = answer.logProbabilities, var object = plain.object else { return plain }
    object["prompt"] = .array(answer.promptTokens.map { .integer(Int($0)) })
    object["log_probabilities"] = .array(list.map { .number(Double($0)) })
    return .object(object)
  }

  private func words(_ answer: SpokenAnswer) -> String {
    var text = answer.completion
    if !answer.isFinished { text += "\n(cut at \(maxNewTokens) tokens)" }
    guard !choices.isEmpty else { return text }
    let found = answer.matches.map { "choice \($0 + 1): \(choices[$0])" }
    return text + "\n" + (found.isEmpty ? "no choice, by \(scorer.rawValue)" : found.joined(separator: "\n"))
  }
}

extension AnswerScorer: ExpressibleByArgument {}
extension ChoiceStyle: ExpressibleByArgument {}
extension ListeningPipeline: ExpressibleByArgument {}
