// The curve of one training: a row a step, as `training/<cell>.csv` holds it.
internal import CSV
public import Diagnostics
public import JSONText

/// Per-step numbers of one training cell, by name.
public struct TrainingCurve: Sendable, Hashable {
  public var cell: String
  /// Steps' numbers. Those of one training all have the same names.
  public var steps: [[String: Double]]

  /// Reads a header of names, and a row of numbers a step; a field that is empty is passed over.
  public init(cell: String, parsing bytes: [UInt8], file: String) throws(Diagnostic) {
    self.cell = cell
    steps = []
    let table = try CSVText(parsing: bytes, file: file)
    for (line, fields) in table.rows {
      var step: [String: Double] = [:]
      for (name, field) in zip(table.header, fields) where !field.isEmpty {
        guard let number = Double(field) else {
          throw Diagnostic("'\(field)' is no number", at: SourceMark(file: file, line: line), path: name)
        }
        step[name] = number
      }
      steps.append(step)
    }
  }

  /// The numbers of one name, step by step, where a step has it.
  public func values(_ key: String) -> [Double] { steps.compactMap { $0[key] } }

  /// The file of a training's curve: the numbers of its steps' records, digit for digit, under their names.
  /// - Parameter records: objects, one a step; values that are no numbers are left out.
  public static func csv(_ records: [JSONValue]) -> String {
    let objects = records.compactMap(\.object)
    let names = Set(objects.flatMap { $0.pairs.filter { $0.value.double != nil }.map(\.key) }).sorted()
    guard !names.isEmpty else { return "" }
    let rows = objects.map { object in
      names.map { name in object[name].flatMap { $0.double == nil ? nil : $0.canonicalText } ?? "" }
    }
    return ([names] + rows).map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
  }

  /// Where a version keeps the curve of a training.
  public static func file(_ cell: String) -> String { "training/\(cell).csv" }
}
