// `repro status` and `repro list`: what has run, what is running, what was interrupted, and where it is.
import ArgumentParser
import Experiments
import Foundation
import JSONText
import Reports
import ResultStore
import Runner

/// How an experiment under a profile stands.
struct RunStatus {
  enum State: String { case running, interrupted, done, empty }

  let experiment: String
  let profile: String
  let versions: [String]
  let holder: FolderLock.Holder?
  /// `machine/progress.json`: there while a run is not complete.
  let progress: JSONValue?
  let ended: String?
  let folder: String
  /// Runs that began and did not end, the one that runs now left out; the one that progress is of comes first.
  let unfinished: [UnfinishedRun]
  /// The folder of all results.
  let root: String
  /// What cells took, beside what was foretold.
  let costs: CostPage

  init(_ folder: ResultsFolder, _ experiment: String, _ profile: String) {
    self.experiment = experiment
    self.profile = profile
    root = folder.path
    self.folder = "\(folder.path)/\(experiment)/\(profile)"
    versions = folder.versions(experiment, profile)
    let machine = self.folder + "/machine"
    holder = FolderLock.holder(of: machine)
    func json(_ name: String) -> JSONValue? {
      FileManager.default.contents(atPath: machine + "/" + name).flatMap { try? JSONValue(parsing: Array($0), file: name) }
    }
    progress = json("progress.json")
    let current = progress?["run"]?.string
    let runs = UnfinishedRun.list(machine: machine)
    let isHeld = holder != nil
    unfinished = runs.filter { $0.id == current && !isHeld } + runs.filter { $0.id != current }
    ended = json("host.json")?["ended"]?.string
    costs = CostPage(json("timings.json"))
  }

  var state: State {
    if holder != nil { return .running }
    if progress != nil || versions.isEmpty && !unfinished.isEmpty { return .interrupted }
    return versions.isEmpty ? .empty : .done
  }

  /// A sentence about where it stands.
  var words: String {
    let place = progress.map { progress -> String in
      let job = "job \(progress["index"]?.integer ?? 0) of \(progress["jobs"]?.integer ?? 0), \(progress["job"]?.string ?? "")"
      let total = progress["total"]?.integer ?? 0
      let what = progress["what"]?.string ?? ""
      let part = what == progress["job"]?.string ? "" : what + " "
      return total > 0 ? job + ": \(part)\(progress["done"]?.integer ?? 0) of \(total)" : job
    }
    switch state {
    case .running:
      let process = holder?.process.map { "process \($0)" } ?? "another process"
      let host = holder?.host.map { " on " + $0 } ?? ""
      let since = holder?.since.map { ", since " + $0 } ?? ""
      return "running (\(process)\(host)\(since))" + (place.map { "; " + $0 } ?? "")
    case .interrupted:
      let at = progress?["at"]?.string.map { " at " + $0 } ?? ""
      return "interrupted\(at): \(place ?? "before its first job"); goes on with: \(commands.first ?? "")"
    case .done: return "\(versions.last ?? "")" + (ended.map { ", ended " + $0 } ?? "")
    case .empty: return "nothing has run"
    }
  }

  /// What goes on with each interrupted run, from the folder one is in.
  var commands: [String] {
    // Runs of before this was written down are known by their experiment alone.
    let hasOwn = progress == nil || progress?["run"] != nil || holder != nil
    let old = hasOwn ? [] : ["repro run \(experiment).yaml --profile \(profile)"]
    return old + unfinished.map { run in
      let request = run.request ?? RunRequest(file: experiment + ".yaml", profile: Profile(rawValue: profile))
      return request.commandLine(results: root)
    }
  }

  /// A sentence about every other run that was interrupted.
  var others: [String] {
    let isNewestSaid = state == .interrupted && commands.count == unfinished.count
    let rest = zip(unfinished, commands.suffix(unfinished.count)).dropFirst(isNewestSaid ? 1 : 0)
    return rest.map { "also interrupted, begun at \($0.began); goes on with: \($1)" }
  }

  var json: JSONValue {
    .object([
      "experiment": .string(experiment), "profile": .string(profile), "state": .string(state.rawValue),
      "versions": .array(versions.map { .string($0) }), "folder": .string(folder),
      "ended": ended.map { .string($0) } ?? .null, "progress": progress ?? .null,
      "goes_on_with": .array(commands.map { .string($0) }),
      "holder": holder.map { holder in
        .object([
          "process": holder.process.map { .integer($0) } ?? .null, "host": holder.host.map { .string($0) } ?? .null,
          "since": holder.since.map { .string($0) } ?? .null,
        ])
      } ?? .null,
    ])
  }
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "What has run, what is running, what was interrupted.")

  @Option(help: "The folder of results.") var results = "results"
  @Flag(help: "What each cell took in time, memory and disk, beside what was foretold.") var costs = false
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let folder = ResultsFolder(path: results)
    let states = folder.runs.map { RunStatus(folder, $0.experiment, $0.profile) }.filter { $0.state != .empty }
    let cells = CellCache().entries()
    let size = cells.reduce(0) { $0 + $1.byteCount }
    if json {
      print(
        JSONValue.object([
          "runs": .array(states.map(\.json)),
          "cache": .object([
            "folder": .string(CellCache.defaultRoot), "cells": .integer(cells.count), "bytes": .integer(size),
          ]),
        ]).indentedText, terminator: "")
      return
    }
    if states.isEmpty { print("nothing has run: no results in \(results)") }
    let width = states.map { $0.experiment.count + $0.profile.count + 1 }.max() ?? 0
    for state in states {
      for line in [state.words] + state.others { print(pad("\(state.experiment)/\(state.profile)", width + 2) + line) }
      if costs { for line in state.costs.lines { print("  " + line) } }
    }
    print("cache: \(counted(cells.count, "cell")), \(bytes(size)) in \(CellCache.defaultRoot)")
  }
}

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "The experiments there are, and the versions of their results.")

  @Option(help: "The folder of results.") var results = "results"
  @Flag(help: "Print JSON, a list with one object an experiment.") var json = false

  func run() throws {
    let folder = ResultsFolder(path: results)
    let ran = folder.runs
    let files = Self.files
    let names = Set(files.keys).union(ran.map(\.experiment)).sorted()
    var list: [JSONValue] = []
    let width = names.map(\.count).max() ?? 0
    for name in names {
      let title = files[name].flatMap { try? Experiment.read(path: $0, profile: nil).title }
      let profiles = ran.filter { $0.experiment == name }.map { RunStatus(folder, name, $0.profile) }
        .filter { $0.state != .empty }
      if json {
        list.append(
          .object([
            "experiment": .string(name), "file": files[name].map { .string($0) } ?? .null,
            "title": title.map { .string($0) } ?? .null, "results": .array(profiles.map(\.json)),
          ]))
        continue
      }
      print(pad(name, width + 2) + (title ?? (files[name] == nil ? "(its file is not here)" : "(its file has mistakes: repro check \(name).yaml)")))
      for state in profiles {
        let versions = state.versions.count > 3 ? "\(state.versions[0]) to \(state.versions.last ?? "")" : state.versions.joined(separator: ", ")
        let words = state.state == .done ? versions : state.state.rawValue + (versions.isEmpty ? "" : "; " + versions)
        print(String(repeating: " ", count: width + 2) + pad(state.profile, 8) + words + "  " + state.folder)
      }
    }
    if json { print(JSONValue.array(list).indentedText, terminator: "") }
  }

  /// Experiment files by name: those here, or where there is no folder of experiments here, the package's.
  static var files: [String: String] {
    let here = ExperimentOptions.folders.filter { !$0.hasPrefix("/") }
    var files: [String: String] = [:]
    for folder in here.isEmpty ? ExperimentOptions.folders : here {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".yaml") {
        let known = String(name.dropLast(5))
        if files[known] == nil { files[known] = folder + "/" + name }
      }
    }
    return files
  }
}
