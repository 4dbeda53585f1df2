// Predictions made elsewhere as a site: one run, its questions, and their clips where the benchmark's file is at hand.
import Diagnostics
import Evaluation
import Foundation
import Publications
import Questions
internal import Records
import Site

extension ScoreSheet {
  /// - Parameters:
  ///   - file: the file of predictions, whose name names the run.
  ///   - questions: the benchmark's own file, in whose folder the clips are.
  func site(_ file: String, questions: String?) throws(Diagnostics) -> Site {
    let name = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
    let keys = benchmark.groupKeys
    func group(_ question: ScoringQuestion, _ names: [String]) -> String {
      names.lazy.compactMap { keys.firstIndex(of: $0) }.compactMap {
        question.groups.indices.contains($0) ? question.groups[$0] : nil
      }.first ?? ""
    }
    let records = items.map { item in
      PredictionRecord(
        id: item.question.id, prediction: item.prediction ?? "", answer: item.question.answer,
        category: group(item.question, ["task", "modality"]), difficulty: group(item.question, ["difficulty"]),
        isCorrect: item.isRight(by: .string_match), isFinished: true, chance: nil, prompt: "")
    }
    let total = total()
    let cell = ScoreCell(
      name: name, run: PublishedTable.Run(model: name, training: nil, trainingAudio: nil),
      benchmark: benchmark.rawValue, audio: true, questionCount: total.count, correctCount: total.right)
    let asked: QuestionsAtHand
    if let questions {
      let folder = (questions as NSString).deletingLastPathComponent
      asked = QuestionsAtHand(
        folder: folder.isEmpty ? "." : folder, questions: try QuestionFile(questions).questions)
    } else {
      asked = QuestionsAtHand(
        folder: "",
        questions: items.map { item in
          AudioQuestion(
            id: item.question.id, audioPath: nil, question: item.question.text, choices: item.question.choices,
            answer: item.question.answer)
        })
    }
    let result = ShownResult(name: name, title: name, cell: cell, predictions: records)
    return Site([result], clips: .link) { _, _ in asked }
  }
}
