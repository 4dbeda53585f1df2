// `repro plan`: what would run, what is known, how long it will take, and every setting with its origin.
import ArgumentParser
import Diagnostics
import Estimates
import Experiments
import Foundation
import JSONText
import Runner

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what would run, what is known, the time and memory to expect, and every setting with its origin.",
    discussion: """
      Times come from work of the same kind that was timed on this machine, else from the rate of products, measured \
      now, and a count of operations. Of an experiment that reproduces a table it says what its questions and seeds can \
      show of each of the paper's claims, from the disagreements of earlier results. What this machine's \
      memory, disk or GPU cannot hold is refused, as 'repro run' would, unless --anyway is given.
      """)

  @Argument(help: "Experiment files.") var files: [String]
  @OptionGroup var options: ExperimentOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var states: StateOptions
  @Flag(help: "Print the resolved experiment file too.") var settings = false
  @Flag(help: "Refuse nothing that this machine cannot hold by the estimates.") var anyway = false
  @Flag(help: "Print JSON, a list with one object a file.") var json = false

  func run() throws {
    let cache = engine.cache(statesInPlace: states.statesInPlace)
    let backend = try engine.makeBackend()
    var list: [JSONValue] = []
    var planned: [ExperimentRun] = []
    let machine = engine.machine(backend)
    var shortfalls = Diagnostics()
    for (experiment, _) in try options.experiments(files) {
      let reading = ReadingWitness()
      if !json { printSettings(experiment) }
      do throws(Diagnostics) {
        let run = try ExperimentRun(
          experiment, results: options.results, cache: cache, backend: backend, threads: engine.threadCount
        ) { reading.show($0) }
        planned.append(run)
      } catch {
        if !json { printCells(experiment) }
        throw error
      }
      guard let run = planned.last else { continue }
      let estimate = try run.expected()
      for shortfall in machine.shortfalls(estimate.work) { shortfalls.report(shortfall) }
      if json {
        var entry = object(run.plan, estimate, machine).object ?? JSONObject()
        entry["claims"] = try PlannedClaims.all([run.plan], results: options.results).first?.json
        list.append(.object(entry))
      } else {
        show(run.plan, estimate, cache, machine)
      }
      if settings { print(experiment.resolved) }
    }
    if !json {
      for claims in try PlannedClaims.all(planned.map(\.plan), results: options.results) {
        print("\n" + claims.lines(width: Terminal.width(limit: 100)).joined(separator: "\n"))
      }
    }
    if json { print(JSONValue.array(list).indentedText, terminator: "") }
    fflush(nil)
    if !anyway { try shortfalls.throwIfAnyError() }
  }

  private func printSettings(_ experiment: Experiment) {
    print("\(experiment.name), \(experiment.profile.rawValue) profile: \(experiment.title)\n")
    let settings = experiment.settings
    let width = settings.map(\.path.count).max() ?? 0
    let middle = min(settings.map(\.value.count).filter { $0 <= 24 }.max() ?? 0, 24)
    for setting in settings { print("  \(pad(setting.path, width))  \(pad(setting.value, middle))  \(origin(setting))") }
    print("")
  }

  private func origin(_ setting: Setting) -> String {
    setting.origin + (setting.hasEffect ? "" : "; nothing here depends on it")
  }

  /// What would run, where it cannot be said with keys because something is missing.
  private func printCells(_ experiment: Experiment) {
    print("would run, if nothing were missing:")
    for cell in experiment.cells {
      if case .note = cell { continue }
      print("  " + cell.source.replacingOccurrences(of: "\n", with: " ").replacingOccurrences(of: "- ", with: ""))
    }
    print("")
    fflush(nil)
  }

  private func show(_ plan: Plan, _ estimate: RunEstimate, _ cache: CellCache, _ machine: Machine) {
    for remark in plan.remarks + machine.remarks(estimate.work) { print("  note: \(remark)\n") }
    let width = plan.jobs.map(\.name.count).max() ?? 0
    for (job, expected) in zip(plan.jobs, estimate.jobs) {
      let state =
        switch cache.state(job.key) {
        case .done: "known"
        case .begun: "begun"
        case .absent: "to run"
        case .damaged: "damaged"
        }
      let costs =
        expected.basis == .known ? "" : pad(duration(expected.seconds), 12) + pad(bytes(expected.memory.total), 9)
          + pad(bytes(expected.disk.kept), 9) + expected.basis.words
      print("  \(pad(state, 8))\(job.key.prefix(12))  \(pad(job.name, width))  \(costs)")
    }
    let ahead = estimate.jobs.count { $0.basis != .known }
    guard ahead > 0 else {
      print("\n\(counted(plan.jobs.count, "job")), all known: nothing would run")
      return
    }
    print(
      "\n\(counted(plan.jobs.count, "job")), \(ahead) to run: about \(duration(estimate.seconds)), at most about "
        + "\(bytes(estimate.memory)) of memory at a time; \(bytes(estimate.disk)) of disk are kept")
    for line in parts(estimate) { print(line) }
    if let rate = estimate.productRate {
      print(String(format: "products run at %.0f GFLOP/s here, %d threads", rate * 1e-9, engine.threadCount))
    }
  }

  /// What the memory of each kind of large cell is for: the first of those that take the same.
  private func parts(_ estimate: RunEstimate) -> [String] {
    var seen: Set<MemoryParts> = []
    return estimate.work.flatMap { item -> [String] in
      let (memory, disk) = (item.forecast.memory, item.forecast.disk)
      guard memory.weights > 0, seen.insert(memory).inserted else { return [] }
      let longer = memory.moreRows > 0 ? "; up to \(bytes(memory.moreRows)) more with answers as long as they may be" : ""
      let state =
        disk.state > 0 ? ["  on disk: \(bytes(disk.atMost)) at a time, a state of \(bytes(disk.state))" + (disk.isStateTwice ? " twice while it is replaced" : "")] : []
      return ["\(item.name): \(bytes(memory.total)) of memory, \(memory.text)\(longer)"] + state
    }
  }

  private func object(_ plan: Plan, _ estimate: RunEstimate, _ machine: Machine) -> JSONValue {
    .object([
      "experiment": .string(plan.experiment.name), "profile": .string(plan.experiment.profile.rawValue),
      "settings": .array(
        plan.experiment.settings.map {
          .object([
            "path": .string($0.path), "value": .string($0.value), "origin": .string($0.origin),
            "allowed": .string($0.allowed), "has_effect": .boolean($0.hasEffect),
          ])
        }),
      "jobs": .array(
        zip(plan.jobs, estimate.jobs).map { job, expected in
          .object([
            "name": .string(job.name), "key": .string(job.key), "known": .boolean(expected.basis == .known),
            "seconds": .number(expected.seconds), "memory": .integer(expected.memory.total),
            "memory_parts": expected.memory.json, "disk": expected.disk.json,
            "basis": .string(expected.basis.rawValue),
          ])
        }),
      "remarks": .array(plan.remarks.map { .string($0) }),
      "seconds": .number(estimate.seconds), "memory": .integer(estimate.memory), "disk": .integer(estimate.disk),
      "does_not_fit": .array(machine.shortfalls(estimate.work).map { .string("\($0.path): \($0.fact)") }),
      "inputs": .object(JSONObject(plan.inputs.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
    ])
  }
}

extension Forecast.Basis {
  var words: String {
    switch self {
    case .known: ""
    case .timed: "as timed here"
    case .calibrated: "by the rate of products"
    }
  }
}
