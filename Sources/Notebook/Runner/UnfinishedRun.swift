// Runs that began and did not end: machine/unfinished/<id>.json, there until the same run ends. `repro status` names
// them, and `repro clean` leaves what they have made.
internal import ContentHash
internal import Diagnostics
public import Experiments
internal import Foundation
internal import JSONText
internal import ResultStore

/// A run that is under way or was interrupted.
public struct UnfinishedRun: Sendable {
  /// The same for the same cells and settings, and for no others.
  public let id: String
  /// Nil if it was started by something else than the command line.
  public let request: RunRequest?
  /// Keys of the cells it needs, by name.
  public let cells: [String: String]
  /// Where it is written down.
  public let path: String
  public let began: String

  /// Those of a results folder's `machine`, the newest first.
  public static func list(machine: String) -> [UnfinishedRun] {
    let folder = machine + "/unfinished"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let runs = names.sorted().compactMap { name -> UnfinishedRun? in
      guard name.hasSuffix(".json"), let data = FileManager.default.contents(atPath: folder + "/" + name),
        let json = try? JSONValue(parsing: Array(data), file: name)
      else { return nil }
      let cells = (json["cells"]?.object?.pairs ?? []).compactMap { pair in pair.value.string.map { (pair.key, $0) } }
      return UnfinishedRun(
        id: String(name.dropLast(5)), request: RunRequest(json: json["request"]),
        cells: Dictionary(cells) { $1 }, path: folder + "/" + name, began: json["began"]?.string ?? "")
    }
    return runs.sorted { $0.began > $1.began }
  }
}

extension ExperimentRun {
  /// Of the settings and the cells' keys.
  var id: String {
    String(Digest(of: ([experiment.resolvedText] + plan.jobs.map(\.key)).joined(separator: "\n")).hexadecimal.prefix(16))
  }

  private var unfinishedPath: String { resultFolder.machine + "/unfinished/\(id).json" }

  /// Writes down that the run has begun. Failing to stops nothing.
  func noteBeginning() {
    let note = JSONValue.object([
      "request": request?.json ?? .null, "began": .string(ISO8601DateFormatter().string(from: Date())),
      "cells": .object(JSONObject(plan.jobs.map { ($0.name, .string($0.key)) })),
    ])
    try? AtomicFile.makeFolder(resultFolder.machine + "/unfinished")
    try? AtomicFile.write(note.indentedText, to: unfinishedPath)
  }

  /// The run has ended: it is no longer named as interrupted, and what it was given is kept beside the results.
  func noteEnd() throws(Diagnostic) {
    let files = FileManager.default
    let progress = resultFolder.machine + "/progress.json"
    if let data = files.contents(atPath: progress), let json = try? JSONValue(parsing: Array(data), file: progress),
      json["run"]?.string == id
    {
      try AtomicFile.remove(progress)
    }
    if let request {
      try AtomicFile.makeFolder(resultFolder.machine)
      try AtomicFile.write(request.json.indentedText, to: resultFolder.machine + "/request.json")
    }
    if files.fileExists(atPath: unfinishedPath) { try AtomicFile.remove(unfinishedPath) }
  }
}

extension RunRequest {
  /// What the last run that ended was given, by the results folder's `machine`.
  public static func last(machine: String) -> RunRequest? {
    let path = machine + "/request.json"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return RunRequest(json: try? JSONValue(parsing: Array(data), file: path))
  }
}

extension Experiment {
  /// The values that were given on the command line of a run, read from its `experiment.yaml`, where each has its origin.
  public static func commandLineValues(resolved: String) -> [Override] {
    valuesWithOrigin(Origin.commandLine.text, resolved: resolved).map { Override(path: $0.path, value: $0.value) }
  }
}
