// Checkpoints within a fine-tuning: when they are written cannot change a byte of the result, only what a kill costs.
internal import Foundation
internal import JSONText
internal import Optimizers
internal import ResultStore
internal import SafeTensors
internal import Synchronization
internal import TensorCore
internal import Training

/// The state of a fine-tuning on disk: weights, moments, and the number of steps behind them. The next one takes its
/// place, whole or not at all; in place, the old one goes first, and a run that dies meanwhile begins its steps anew.
struct SavedState {
  static let name = "state.safetensors"
  let path: String
  private(set) var step: Int
  /// Bytes that the cell's folder held at most while a state was replaced: the new one is whole before the old one goes.
  private(set) var mostOnDisk = 0
  /// Whether the old state goes before the new one is written.
  private let isInPlace: Bool
  private var finished = Date()
  private var seconds = 0.0

  /// Of a fine-tuning that has not begun.
  init(path: String, isInPlace: Bool = false) {
    self.path = path
    self.isInPlace = isInPlace
    step = 0
  }

  /// Goes on after the steps of the state on disk, if it is one of this fine-tuning and its steps are in the journal.
  mutating func restore(_ method: any FineTuning, stepCount: Int, on backend: any Backend) {
    guard let state = try? SafeTensorsFile(path: path), let steps = state.metadata["step"].flatMap({ Int($0) }),
      steps <= stepCount,
      method.optimizer.restore(
        stepCount: steps * method.updatesPerStep, on: backend, find: { try? state.tensor($0) }) == nil
    else { return }
    step = steps
  }

  /// What is kept when a step failed.
  func text(before step: Int) -> String {
    switch self.step {
    case 0: ""
    case step: "the state before this step is kept in \(path); "
    default: "the state after step \(self.step - 1) is kept in \(path); "
    }
  }

  /// Writing takes at most a twentieth of the time: a micro model is saved at nearly every step, a large one when the
  /// steps to be lost are worth it.
  var isDue: Bool { Date().timeIntervalSince(finished) >= 20 * seconds }

  /// Writes the state as it is after `step` steps, unless that is what is there.
  mutating func write(_ optimizer: AdamW, step: Int) throws {
    guard step != self.step else { return }
    let start = Date()
    if isInPlace, self.step > 0 {
      self.step = 0
      try AtomicFile.removeAll(path)
    }
    let before = CellCache.byteCount((path as NSString).deletingLastPathComponent)
    try SafeTensorsWriter.write(
      optimizer.state, metadata: ["format": "pt", "step": "\(step)"], to: path)
    let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
    mostOnDisk = max(mostOnDisk, before + size)
    finished = Date()
    seconds = finished.timeIntervalSince(start)
    self.step = step
  }
}

/// Where the time of a fine-tuning went: a line a step, wall-clock seconds by phase. Never part of a result; kept beside
/// the cell and in `machine/`, in a file that may lose its last lines in a crash.
struct PhaseLog {
  static let name = "phases.jsonl"
  private let file: FileHandle?

  /// Goes on with the log in a cell's folder; without a place for it nothing is logged.
  init(folder: String) {
    let path = folder + "/" + Self.name
    if !FileManager.default.fileExists(atPath: path) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    file = FileHandle(forWritingAtPath: path)
    _ = try? file?.seekToEnd()
  }

  /// The share of completions that name more than one option, by which a reward for containing the right one can be
  /// gamed, stands here because no file of a result may change by being counted.
  func add(step: Int, _ made: FineTuningStep) {
    var line = JSONObject([("step", .integer(step))])
    if let share = made.severalOptions { line["several_options_share"] = .number(share) }
    for (phase, seconds) in made.phases.seconds { line[phase] = .number((seconds * 1e6).rounded() / 1e6) }
    try? file?.write(contentsOf: Data((JSONValue.object(line).canonicalText + "\n").utf8))
  }
}

/// Completions of a step, and how many of them name more than one option.
final class OptionTally: Sendable {
  private let counts = Mutex((all: 0, several: 0))

  func add(_ optionCount: Int) {
    counts.withLock { counts in
      counts.all += 1
      if optionCount > 1 { counts.several += 1 }
    }
  }

  /// The share since the last call; 0 where there was no completion.
  func takeShare() -> Double {
    counts.withLock { counts in
      defer { counts = (0, 0) }
      return Double(counts.several) / Double(max(counts.all, 1))
    }
  }
}
