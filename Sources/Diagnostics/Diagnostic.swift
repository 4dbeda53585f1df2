// What went wrong with something a person wrote or gave us, as a value. The text is derived, never stored.

/// A place in a file. Lines and columns count from 1; a file without a useful position has none.
public struct SourceMark: Sendable, Hashable, Comparable {
  public var file: String
  public var line: Int?
  public var column: Int?

  public init(file: String, line: Int? = nil, column: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }

  public static func < (a: SourceMark, b: SourceMark) -> Bool {
    (a.file, a.line ?? 0, a.column ?? 0) < (b.file, b.line ?? 0, b.column ?? 0)
  }

  /// `file:line:column`, as far as it is known.
  public var text: String {
    guard let line else { return file }
    guard let column else { return "\(file):\(line)" }
    return "\(file):\(line):\(column)"
  }
}

/// One mistake: where it is, the dotted path or item it concerns, the fact, and at most one likely remedy.
///
///     Experiments/grpo.yaml:9:15: error: train.group_size: 1 is outside 2...1024
///       hint: …
public struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
  /// How bad it is: an error refuses what was read, the others do not.
  public enum Severity: String, Sendable, Hashable { case error, warning, note }

  /// Whose matter it is; decides the exit code.
  public enum Kind: Sendable, Hashable {
    /// Wrong usage, or a faulty file of the person running (exit 2).
    case faulty
    /// Weights, data or a program that is not there (exit 3).
    case missing
    /// Our own fault (exit 70).
    case ours
  }

  public var severity: Severity
  public var kind: Kind
  public var mark: SourceMark?
  /// Dotted path of a setting, or the id of a question or tensor; empty if there is none.
  public var path: String
  /// What was found and what is allowed, in lower case.
  public var fact: String
  public var hint: String?

  public init(
    _ fact: String, at mark: SourceMark? = nil, path: String = "", hint: String? = nil,
    severity: Severity = .error, kind: Kind = .faulty
  ) {
    self.severity = severity
    self.kind = kind
    self.mark = mark
    self.path = path
    self.fact = fact
    self.hint = hint
  }

  public var description: String {
    var text = mark.map { $0.text + ": " } ?? ""
    text += severity.rawValue + ": "
    if !path.isEmpty { text += path + ": " }
    text += fact
    if let hint { text += "\n  hint: " + hint }
    return text
  }
}

/// Several mistakes of one reading, in the order of their places.
public struct Diagnostics: Error, Sendable, Hashable, CustomStringConvertible {
  public var list: [Diagnostic]

  public init(_ list: [Diagnostic] = []) { self.list = list }

  /// Keeps a mistake; nothing is thrown yet.
  public mutating func report(_ diagnostic: Diagnostic) { list.append(diagnostic) }
  public var hasErrors: Bool { list.contains { $0.severity == .error } }

  /// Sorted by place; mistakes without a place come first, in the order they were reported.
  public var sorted: [Diagnostic] {
    list.enumerated().sorted { a, b in
      switch (a.element.mark, b.element.mark) {
      case (let x?, let y?) where x != y: return x < y
      case (nil, _?): return true
      case (_?, nil): return false
      default: return a.offset < b.offset
      }
    }.map(\.element)
  }

  public var description: String { sorted.map(\.description).joined(separator: "\n") }

  /// Throws all of it if any of it is an error.
  public func throwIfAnyError() throws(Diagnostics) {
    if hasErrors { throw self }
  }
}
