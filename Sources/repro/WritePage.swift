// What `repro write` says: before, after, and as JSON.
import Foundation
import JSONText
import QuestionWriting

struct WritePage {
  let reading: ClipReading
  /// How many clips were asked for by name; nil if all were.
  let wanted: Int?
  let prices: (prompt: Double, reply: Double)?

  private func cost(_ cost: WritingCost) -> String {
    let tokens = "\(cost.promptTokens) tokens of requests and \(cost.replyTokens) of replies"
    return tokens + (prices.map { String(format: ", %.2f", cost.price(prompt: $0.prompt, reply: $0.reply)) } ?? "")
  }

  private func costJSON(_ cost: WritingCost) -> JSONValue {
    .object([
      "prompt_tokens": .integer(cost.promptTokens), "reply_tokens": .integer(cost.replyTokens),
      "cost": prices.map { .number(cost.price(prompt: $0.prompt, reply: $0.reply)) } ?? .null,
    ])
  }

  /// The line before anything is asked.
  func before(_ count: Int, _ estimate: WritingCost) -> String {
    "\(counted(reading.clips.count, "clip")), \(count) to ask about now"
      + (count > 0 ? ": about \(cost(estimate))" : "")
  }

  private var readingLines: [String] {
    var lines = ["\(counted(reading.rowCount, "row")), \(counted(reading.clips.count, "clip"))"]
    if let wanted { lines[0] += " of the \(wanted) asked for, \(reading.otherCount) rows about others" }
    if reading.repeatedCount > 0 { lines.append("\(reading.repeatedCount) rows repeat a clip; the first stands") }
    let missing = ClipAnswers.Aspect.allCases.compactMap { aspect in
      let count = reading.clips.count { $0[aspect].isEmpty }
      return count > 0 ? "\(count) without an answer about \(aspect.rawValue)" : nil
    }
    return lines + missing
  }

  private var readingJSON: JSONValue {
    .object([
      "rows": .integer(reading.rowCount), "clips": .integer(reading.clips.count),
      "repeated_rows": .integer(reading.repeatedCount), "other_rows": .integer(reading.otherCount),
      "without": .object(
        JSONObject(
          ClipAnswers.Aspect.allCases.map { aspect in
            (aspect.rawValue, .integer(reading.clips.count { $0[aspect].isEmpty }))
          })),
    ])
  }

  /// What a dry run says.
  func plan(_ asked: [ClipAnswers], _ estimate: WritingCost, _ settings: WritingSettings, json: Bool) -> String {
    let example = asked.first.map { settings.body(about: $0) } ?? .null
    if json {
      return JSONValue.object([
        "reading": readingJSON, "requests": .integer(asked.count), "estimate": costJSON(estimate), "request": example,
      ]).indentedText
    }
    let lines = readingLines + ["\(counted(asked.count, "request")): about \(cost(estimate))", "", "The first request:"]
    return lines.joined(separator: "\n") + "\n" + example.indentedText
  }

  /// What could give the clips an answer that have none: the remedy of the commonest fault.
  static func remedy(_ tally: WritingTally, limit: Int?) -> String? {
    let commonest = tally.faults.sorted { ($0.value, $1.key.text) > ($1.value, $0.key.text) }.first
    return commonest?.key.remedy(limit: limit)
  }

  /// What a run says at its end.
  func after(_ report: WritingReport, _ tally: WritingTally, out: String?, json: Bool) -> String {
    if json {
      var object = report.json.object ?? JSONObject()
      object["reading"] = readingJSON
      object["file"] = out.map { .string($0) } ?? .null
      object["all_runs"] = costJSON(report.cost)
      var run = costJSON(tally.cost).object ?? JSONObject()
      run["requests"] = .integer(tally.requestCount)
      run["answered"] = .integer(tally.answeredCount)
      let failures = tally.failures.sorted { $0.key < $1.key }
      run["failures"] = .object(JSONObject(failures.map { ($0.key, .integer($0.value)) }))
      let words = tally.words.sorted { $0.key < $1.key }
      run["last_words"] = .object(JSONObject(words.map { ($0.key, .string($0.value)) }))
      run["adapted"] = .array(tally.adaptations.map { .string($0) })
      run["asked_again_after_a_stop"] = .integer(tally.reaskedCount)
      run["unanswered"] = .array(tally.unanswered.map { .string($0) })
      run["stopped"] = .boolean(tally.isStopped)
      object["this_run"] = .object(run)
      return JSONValue.object(object).indentedText
    }
    var lines = readingLines
    let counts = [counted(tally.requestCount, "request"), counted(tally.answeredCount, "answer"), cost(tally.cost)]
    lines.append("this run: " + counts.joined(separator: ", "))
    lines += tally.adaptations.map { "  " + $0 }
    for (reason, count) in tally.failures.sorted(by: { $0.key < $1.key }) {
      let words = tally.words[reason].map { "; the last time: " + $0 } ?? ""
      lines.append("  \(counted(count, "attempt")) failed: \(reason)\(words)")
    }
    if tally.reaskedCount > 0 {
      lines.append("  \(tally.reaskedCount) were under way when an earlier run ended, and asked again")
    }
    let answered = "\(report.answeredCount) of \(counted(report.clipCount, "clip")) answered"
    lines.append("all runs: \(answered), \(cost(report.cost))")
    if report.uncountedCount > 0 { lines.append("  \(report.uncountedCount) answers without a count of their tokens") }
    let sieve = report.sieve
    let rejected = sieve.counts.filter { $0.reason != .too_long }
    let rejectedCount = rejected.reduce(0) { $0 + $1.count }
    lines.append("checked: \(counted(sieve.acceptedCount, "question")), \(rejectedCount) replies rejected")
    lines += rejected.map { "  \($0.count): \($0.reason.text) (\($0.reason.rawValue))" }
    let tooLong = sieve.acceptedCount - sieve.kept.count
    if report.settings.maximumLength != nil || report.settings.keepingShortest != nil {
      let kept = "\(sieve.kept.count) of \(sieve.acceptedCount) kept, the longest of \(sieve.longest) characters"
      lines.append("by length: \(kept); \(tooLong) left out")
    }
    lines.append("right choices by place: " + sieve.places.map(String.init).joined(separator: ", "))
    lines.append(out.map { "\($0): \(counted(sieve.kept.count, "question"))" } ?? "no file is written")
    return lines.joined(separator: "\n") + "\n"
  }
}
