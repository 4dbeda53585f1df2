// `repro verify --row`: whether a file of predictions bears a published number out.
import ArgumentParser
import Foundation
import JSONText
import Publications
import Questions

extension VerifyCommand {
  /// What is asked of one row; nil where the results are verified.
  func rowRequest() throws -> RowRequest? {
    guard let row, let predictions else { return nil }
    return RowRequest(
      row: row, paper: paper, table: table, column: column, predictions: predictions, questions: questions)
  }

  /// `--row` and `--predictions` go together, and nothing else of the command goes with them.
  func validateRow() throws {
    guard row != nil || predictions != nil else {
      for (name, isGiven) in [("--table", table != nil), ("--column", column != nil), ("--questions", questions != nil)]
      where isGiven { throw ValidationError("\(name) goes with --row and --predictions") }
      return
    }
    if row == nil { throw ValidationError("--predictions needs --row, the name of the published row") }
    if predictions == nil { throw ValidationError("--row needs --predictions, the file that is held against it") }
    if !files.isEmpty || rerun || scores != nil || profile != nil {
      throw ValidationError("--row judges a file of predictions alone: no experiments, --profile, --scores or --rerun")
    }
  }

  func verify(_ request: RowRequest) throws {
    let found = try RowPredictions(request)
    let sheet = found.sheet
    if json {
      var object = found.verdict.json.object ?? JSONObject()
      object["keys"] = .array(sheet.keys.map { .string($0) })
      if sheet.benchmark == .mmau { object["revision"] = .string(sheet.revision.text) }
      print(JSONValue.object(object).indentedText, terminator: "")
    } else {
      print(found.verdict.text(width: Terminal.width(limit: 100)), terminator: "")
      if sheet.benchmark == .mmau { print("\nrevision of the questions: \(sheet.revision.text)") }
    }
    if found.verdict.isNegative { throw ExitCode(1) }
  }
}
