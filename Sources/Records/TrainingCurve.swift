// The curve of one training: a line a step, as `training/<cell>.jsonl` holds it.
public import Diagnostics
internal import JSONText

/// Per-step numbers of one training cell, by name.
public struct TrainingCurve: Sendable, Hashable {
  public var cell: String
  /// Steps' numbers. Those of one training all have the same names.
  public var steps: [[String: Double]]

  /// Reads one object a line; keys whose values are no numbers are passed over.
  public init(cell: String, parsing bytes: [UInt8], file: String) throws(Diagnostic) {
    self.cell = cell
    steps = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty {
      let value = try JSONValue(parsing: Array(line), file: file, firstLine: index + 1)
      guard let object = value.object else {
        throw Diagnostic("a step is an object", at: SourceMark(file: file, line: index + 1))
      }
      steps.append(object.pairs.reduce(into: [:]) { step, pair in step[pair.key] = pair.value.double })
    }
  }

  /// The numbers of one name, step by step, where a step has it.
  public func values(_ key: String) -> [Double] { steps.compactMap { $0[key] } }

  /// Where a version keeps the curve of a training.
  public static func file(_ cell: String) -> String { "training/\(cell).jsonl" }
}
