// Before a fine-tuning begins: does every prompt it will use fit into the model's context?
internal import AudioFeatures
internal import Catalogue
internal import Diagnostics
internal import Evaluation
internal import Experiments
internal import MicroWorld
internal import Models
internal import Questions

extension Asker {
  /// Names the questions whose prompts leave no room for a completion. A clip counts as long as its header says, and is
  /// heard only where that would be too much.
  func checkPrompts(_ questions: [AudioQuestion], _ method: any FineTuning) throws {
    var mistakes = Diagnostics()
    for question in questions {
      func mistake(_ audioTokens: Int) -> String? {
        let count = listener.promptTokenCount(
          template.userText(question), system: template.system, audioTokens: audioTokens == 0 ? [] : [audioTokens])
        return method.mistake(promptTokens: count, of: question)
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
            fact, at: SourceMark(file: set.folder), path: cell.method.way.lengthSetting ?? cell.on.name,
            hint: "leave these questions out"
              + (cell.method.way.lengthSetting.map { ", or set a smaller \(cell.method.rawValue).\($0)" } ?? "")))
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
