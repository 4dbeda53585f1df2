// How a run under the paper profile differs from the paper's experiment.
internal import Diagnostics
public import JSONText

/// One value that a run has otherwise than the paper.
public struct Departure: Sendable, Hashable {
  /// What differs, such as `grpo.steps`.
  public var what: String
  public var value: String
  /// The paper's value, or the one assumed for it.
  public var papers: String
  /// Whether the paper states it, so that what was measured is not the paper's experiment. What the paper leaves open
  /// is named and stands in no verdict's way.
  public var isStated: Bool

  public init(what: String, value: String, papers: String, isStated: Bool) {
    self.what = what
    self.value = value
    self.papers = papers
    self.isStated = isStated
  }

  /// "grpo.steps 3 instead of 1000".
  public var text: String { "\(what) \(value) instead of \(papers)" }

  public var json: JSONValue {
    .object([
      "what": .string(what), "value": .string(value), "paper": .string(papers), "stated": .boolean(isStated),
    ])
  }

  init(_ value: JSONValue, file: String, path: String) throws(Diagnostic) {
    var fields = try FieldReader(value, file: file, path: path)
    what = try fields.string("what")
    self.value = try fields.string("value")
    papers = try fields.string("paper")
    isStated = try fields.boolean("stated")
  }
}

extension Measurements {
  /// Whether the paper's experiment was measured: its models and data, and every setting that it states.
  public var isPapers: Bool { scale == .paper && !departures.contains(where: \.isStated) }

  /// "not the paper's settings: grpo.steps 3 instead of 1000"; nil if nothing that the paper states differs.
  public var departure: String? {
    let stated = departures.filter(\.isStated).map(\.text)
    return stated.isEmpty ? nil : "not the paper's settings: " + stated.joined(separator: "; ")
  }

  /// What tables and pages say of it, a sentence each.
  public var departureSentences: [String] {
    let open = departures.filter { !$0.isStated }.map(\.text)
    return (departure.map {
      ["These are \($0). Nothing the paper says is judged on these numbers."]
    } ?? [])
      + (open.isEmpty ? [] : ["What the paper leaves open was set otherwise than assumed: \(open.joined(separator: "; "))."])
  }
}
