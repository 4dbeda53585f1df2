// Progress on standard error: one line that renews itself on a terminal, a line now and then elsewhere. A cell's prose
// comes before its first job, and what each job gave when it ends, as in a notebook.
import Estimates
import Experiments
import Foundation
import MicroModels
import Runner
import Synchronization
import SystemCalls

final class TerminalWitness: RunWitness {
  private let isTerminal = isatty(2) == 1
  private var lastShown = Date.distantPast
  private var began: (what: String, at: Date, done: Int)?
  private var lineIsOpen = false
  private var plan: Plan?
  private var expected: RunEstimate?
  private var isAllKnown = false
  private var lastCell = -1
  private var hasSpokenOfLoss = false
  /// How the time of the jobs so far stood to what was expected of them.
  private var spent = (seconds: 0.0, expected: 0.0)

  func say(_ text: String) {
    closeLine()
    write("repro: " + text + "\n")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  private func closeLine() {
    if lineIsOpen { write("\r\u{1B}[K") }
    lineIsOpen = false
  }

  func began(_ plan: Plan, known: Int, expected: RunEstimate) {
    self.plan = plan
    self.expected = expected
    let experiment = plan.experiment
    let count = plan.jobs.count
    isAllKnown = known == count
    let ahead = isAllKnown ? "all known" : "\(known) known; about \(duration(expected.seconds)), \(bytes(expected.memory)) of memory, \(bytes(expected.disk)) of disk"
    say("\(experiment.name), \(experiment.profile.rawValue) profile: \(experiment.title)")
    say("\(counted(count, "job")), \(ahead)")
  }

  func working(_ job: Job, index: Int, of count: Int, _ progress: WorkProgress) {
    prose(before: job)
    if case .train = job.work, !hasSpokenOfLoss {
      hasSpokenOfLoss = true
      say(
        "reward and KL are shown, not the loss: GRPO's starts near 0 by construction (the advantages of a group sum to 0, "
          + "and the policy begins as its own reference); it is the gradient that is not 0")
    }
    let now = Date()
    if began?.what != job.name + progress.what { began = (job.name + progress.what, now, progress.done) }
    guard now.timeIntervalSince(lastShown) > (isTerminal ? 0.1 : 10) else { return }
    lastShown = now
    var text = "[\(index + 1)/\(count)] \(job.name)"
    if progress.what != job.name { text += ", " + progress.what }
    text += " \(progress.done)/\(progress.total)"
    if let began, progress.done > began.done {
      let rate = Double(progress.done - began.done) / max(now.timeIntervalSince(began.at), 1e-3)
      let left = Double(progress.total - progress.done) / rate
      text += ", \(rated(rate)), \(duration(left)) left"
      // Of a base's parts only the estimate knows how many are to come.
      text += "; of all \(duration(remaining(after: index) + (progress.what == job.name ? left : part(of: index, progress))))"
    }
    if !progress.note.isEmpty { text += "; " + progress.note }
    show(text)
  }

  /// Seconds the jobs behind one will take, by what was expected and how far off that was so far.
  private func remaining(after index: Int) -> Double {
    guard let expected else { return 0 }
    let ahead = expected.jobs.dropFirst(index + 1).reduce(0) { $0 + $1.seconds }
    return ahead * (spent.expected > 1 ? spent.seconds / spent.expected : 1)
  }

  private func part(of index: Int, _ progress: WorkProgress) -> Double {
    let whole = expected?.jobs[index].seconds ?? 0
    return max(whole - Date().timeIntervalSince(began?.at ?? Date()), 0)
  }

  private func rated(_ rate: Double) -> String {
    rate >= 0.95 ? String(format: rate < 10 ? "%.1f/s" : "%.0f/s", rate) : duration(1 / rate) + " each"
  }

  private func show(_ text: String) {
    if isTerminal {
      write("\r\u{1B}[K" + text.prefix(width - 1))
      lineIsOpen = true
    } else {
      write("repro: " + text + "\n")
    }
  }

  /// Columns of the terminal.
  private var width: Int {
    SystemCalls.terminalColumns(2).flatMap { $0 > 20 ? $0 : nil } ?? 100
  }

  /// The prose that stands before a job's cell, once.
  private func prose(before job: Job) {
    guard !isAllKnown, job.cell > lastCell, let cells = plan?.experiment.cells else { return }
    var notes: [String] = []
    for index in (lastCell + 1)..<max(job.cell, lastCell + 1) where index < cells.count {
      if case .note(let text) = cells[index] { notes.append(text) }
    }
    lastCell = job.cell
    closeLine()
    for note in notes { write("\n" + note.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n") + "\n\n") }
  }

  func finished(_ job: Job, index: Int, of count: Int, isKnown: Bool, seconds: Double, summary: String) {
    if let expected, !isKnown {
      spent.seconds += seconds
      spent.expected += expected.jobs[index].seconds
    }
    if isAllKnown { return }
    prose(before: job)
    let time = isKnown ? "known" : duration(seconds)
    say("[\(index + 1)/\(count)] \(job.name): " + (summary.isEmpty ? time : summary + " (\(time))"))
  }
}

/// Tells of inputs that take a while to read, before there is a plan; from any thread.
final class ReadingWitness: Sendable {
  private let lastShown = Mutex(Date())

  func show(_ progress: WorkProgress) { show(progress.what, progress.done, of: progress.total) }

  func show(_ what: String, _ done: Int, of total: Int) {
    let isDue = lastShown.withLock { last in
      guard Date().timeIntervalSince(last) > 2 else { return false }
      last = Date()
      return true
    }
    guard isDue else { return }
    FileHandle.standardError.write(Data("repro: \(what), \(done) of \(total)\n".utf8))
  }
}

/// "3.1 s", "42 s", "7 min 30 s", "5 h 12 min", "3 d 4 h".
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "years" }
  let whole = Int(max(seconds, 0).rounded())
  if whole < 60 { return String(format: seconds < 9.95 ? "%.1f s" : "%.0f s", max(seconds, 0)) }
  if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
  return whole < 172_800 ? "\(whole / 3600) h \(whole % 3600 / 60) min" : "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
}

/// "312 MB", "4.2 GB": of 1000 bytes each step.
func bytes(_ count: Int) -> String { byteText(count) }
