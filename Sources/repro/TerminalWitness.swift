// Progress on standard error: one line that renews itself on a terminal, a line now and then elsewhere.
import ExperimentRunner
import Foundation

final class TerminalWitness: RunWitness {
  private let isTerminal = isatty(2) == 1
  private var lastShown = Date.distantPast
  private var began: (what: String, at: Date, done: Int)?
  private let start = Date()
  private var lineIsOpen = false

  func say(_ text: String) {
    if lineIsOpen { write("\r\u{1B}[K") }
    lineIsOpen = false
    write("repro: " + text + "\n")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  func began(_ plan: Plan, known: Int) {
    let experiment = plan.experiment
    say(
      "\(experiment.name) (\(experiment.profile.rawValue)): \(experiment.title) \(plan.jobs.count) jobs, \(known) known")
  }

  func working(_ job: Job, index: Int, of count: Int, _ progress: WorkProgress) {
    let now = Date()
    if began?.what != job.name + progress.what { began = (job.name + progress.what, now, progress.done) }
    guard now.timeIntervalSince(lastShown) > (isTerminal ? 0.1 : 10) else { return }
    lastShown = now
    var text = "[\(index + 1)/\(count)] \(job.name)"
    if progress.what != job.name { text += ", " + progress.what }
    text += " \(progress.done)/\(progress.total)"
    if let began, progress.done > began.done {
      let rate = Double(progress.done - began.done) / max(now.timeIntervalSince(began.at), 1e-3)
      text += String(format: ", %.1f/s, %@ left", rate, duration(Double(progress.total - progress.done) / rate))
    }
    if !progress.note.isEmpty { text += ", " + progress.note }
    if isTerminal {
      write("\r\u{1B}[K" + text.prefix(160))
      lineIsOpen = true
    } else {
      write("repro: " + text + "\n")
    }
  }

  func finished(_ job: Job, index: Int, of count: Int, isKnown: Bool, seconds: Double, summary: String) {
    if isKnown, !isTerminal { return }
    let time = isKnown ? "known" : duration(seconds)
    say("[\(index + 1)/\(count)] \(job.name): " + (summary.isEmpty ? time : summary + " (\(time))"))
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(max(seconds, 0).rounded())
    if whole < 60 { return String(format: seconds < 10 ? "%.1f s" : "%.0f s", seconds) }
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
