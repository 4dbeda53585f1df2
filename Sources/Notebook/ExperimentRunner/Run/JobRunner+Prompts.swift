// Before a fine-tuning begins: does every prompt it will use fit into the model's context?
internal import AudioFeatures
internal import Diagnostics
internal import Evaluation
internal import GRPO
internal import MicroWorld
internal import Models
internal import Questions

extension JobRunner {
  /// Names the questions whose prompts leave no room for a completion. A clip counts as long as its header says, and is
  /// heard only where that would be too much.
  func checkPrompts(
    _ questions: [AudioQuestion], _ cell: TrainCell, _ template: PromptTemplate, _ set: TrainingSet, _ listener: Listener,
    _ trainer: GRPOTrainer
  ) throws {
    var mistakes = Diagnostics()
    for question in questions {
      func mistake(_ audioTokens: Int) -> String? {
        let count = listener.promptTokenCount(
          template.userText(question), system: template.system, audioTokens: audioTokens == 0 ? [] : [audioTokens])
        return trainer.settings.mistake(promptTokens: count, of: question.id, for: trainer.policy)
      }
      var fact: String?
      if cell.audio, let audio = question.audioPath {
        let path = try DataFolder(set.folder).file(audio, of: question.id, in: set.name)
        fact = mistake(try listener.declaredTokenCount(path))
        if fact != nil { fact = mistake(try listener.hear(path).tokenCount) }
      } else {
        fact = mistake(0)
      }
      if let fact {
        mistakes.report(
          Diagnostic(
            fact, at: SourceMark(file: set.folder), path: "max_completion_length",
            hint: "leave these questions out, or set a smaller grpo.max_completion_length"))
      }
    }
    if mistakes.list.count > 10 {
      let rest = mistakes.list.count - 10
      mistakes = Diagnostics(Array(mistakes.list.prefix(10)))
      mistakes.report(Diagnostic("\(rest) more prompts are as long", at: SourceMark(file: set.folder)))
    }
    try mistakes.throwIfAnyError()
  }
}
