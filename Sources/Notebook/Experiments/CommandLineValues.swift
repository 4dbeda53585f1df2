// `--set PATH=VALUE`: a value is read by the type of its setting, never as a piece of a file.
//
// A text is taken as it was typed. A number, a word of a list of allowed ones, true or false is one scalar, so that
// `7 # x` is no 7. Only what begins with a bracket or a quotation mark is read as YAML: lists, mappings, quoted texts.
internal import Diagnostics
internal import Foundation
internal import YAMLNodes

/// A value given on the command line, as `--set grpo.steps=20`.
public struct Override: Sendable, Hashable {
  public var path: String
  /// As it was typed.
  public var value: String

  public init(path: String, value: String) {
    self.path = path
    self.value = value
  }
}

/// A value as it was typed for a setting.
struct TypedValue {
  let path: String
  /// Where it stands, in messages: line feeds are shown as `\n`.
  let mark: SourceMark
  private let value: String

  init(_ override: Override) {
    path = override.path
    value = override.value
    let shown = "--set \(override.path)=\(override.value)"
    let controls = shown.unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default: scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : String(scalar)
      }
    }
    mark = SourceMark(file: controls.joined())
  }

  /// The value of a text setting: as typed, or what stands in the quotation marks that enclose all of it.
  var text: String { quoted?.text ?? value }

  /// The value of any other setting.
  func node() throws(Diagnostics) -> YAMLNode {
    if let quoted { return quoted }
    let plain = value.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let close = ["[": "]", "{": "}"][plain.prefix(1)] else { return YAMLNode(.scalar(plain, isPlain: true), at: mark) }
    guard plain.hasSuffix(close) else {
      throw refusal("a value that begins with \(plain.prefix(1)) ends with \(close)")
    }
    do throws(Diagnostics) {
      guard let node = try YAMLNode.parse(Array(plain.utf8), file: mark.file), node.text == nil else {
        throw refusal("neither a list nor a mapping")
      }
      return node
    } catch { throw refusal(error.list.first?.fact ?? "neither a list nor a mapping") }
  }

  /// The text in quotation marks, where they enclose the whole value.
  private var quoted: YAMLNode? {
    guard let first = value.unicodeScalars.first, first == "\"" || first == "'", value.unicodeScalars.last == first,
      let node = try? YAMLNode.parse(Array(value.utf8), file: mark.file), case .scalar(_, false) = node.content
    else { return nil }
    return node
  }

  private func refusal(_ fact: String) -> Diagnostics {
    Diagnostics([
      Diagnostic(fact, at: mark, path: path, hint: "a list is [1, 2], a mapping {contains: 1, exact: 0.5}; quote it for the shell")
    ])
  }
}

extension ExperimentBuilder {
  /// Checked as a file's values are; one value sets one setting.
  mutating func apply(_ overrides: [Override]) {
    let all = mistakes
    defer { mistakes = all }
    for override in overrides {
      let typed = TypedValue(override)
      mistakes = MistakeCollector(typed: typed.text, at: typed.path)
      // What a text is read from is never parsed.
      var node = YAMLNode(.scalar(override.value, isPlain: false), at: typed.mark)
      var failure: Diagnostics?
      do throws(Diagnostics) { node = try typed.node() } catch { failure = error }
      for part in override.path.split(separator: ".", omittingEmptySubsequences: false).reversed() {
        node = YAMLNode(
          .mapping([YAMLNode.Pair(key: String(part), keyMark: typed.mark, value: node)]), at: typed.mark)
      }
      settings(node, path: "", origin: .commandLine)
      // A text that is no YAML is right; anything else that is none was read as a text, and refused as that.
      let found = mistakes.found.list
      for mistake in found.isEmpty ? [] : failure?.list ?? found { all.report(mistake) }
    }
  }
}
