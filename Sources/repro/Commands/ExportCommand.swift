// `repro export`: a checked submission file. Nothing is uploaded.
import ArgumentParser
import Diagnostics
import Foundation
import JSONText
import Questions

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a checked submission file for MMAU test-full.",
    discussion: """
      Reads predictions as `repro score` does, those of repro run too (predictions/ and submissions/ of a version), and \
      writes a JSON list of {"id", "model_prediction"}, each id once: 9000 of them, or with test-full's question file \
      those it has, in its order. Nothing is uploaded.
      """)

  @Option(help: "The benchmark: mmau.") var benchmark: ScoredBenchmark
  @Option(help: "The file of predictions.") var predictions: String
  @Option(help: "The question file of test-full, to check the ids by.") var questions: String?
  @Option(help: "Where to write.") var out: String

  func validate() throws {
    if benchmark != .mmau { throw ValidationError("--benchmark \(benchmark.rawValue): only mmau takes submissions") }
  }

  func run() throws {
    let rows = try readPredictions(predictions, of: benchmark)
    let asked = try questions.map { path throws(Diagnostics) in try QuestionFile(path, form: .mmau).questions.map(\.id) }
    let submission = try Submission(rows, questions: asked, file: predictions)
    do { try Data(submission.json.indentedText.utf8).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
      throw Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: out))
    }
    var note = asked == nil ? "; the ids were not checked: --questions names no file" : ""
    if !submission.empty.isEmpty {
      let names = submission.empty.prefix(5).joined(separator: ", ") + (submission.empty.count > 5 ? ", …" : "")
      note += "; \(submission.empty.count) of them without a word: \(names)"
    }
    if let asked, asked.count != Submission.questionCount {
      note += "; the published test-full has \(Submission.questionCount)"
    }
    FileHandle.standardError.write(Data("repro: \(out) holds \(rows.count) predictions\(note)\n".utf8))
    print(out)
  }
}
