// The types of settings: what is allowed, how a value is read and how it is written.
package import Catalogue
internal import Diagnostics
internal import Evaluation
internal import JSONText
internal import Questions
internal import YAMLNodes

/// A type of values.
struct SettingKind<Value: Sendable & Hashable>: Sendable {
  /// What is allowed, in words.
  let allowed: String
  /// Whether the value is free text, which is written in quotation marks.
  var isText = false
  /// Nil where the key is not there, or with a mistake reported.
  let read: @Sendable (inout MappingReader, String) -> Value?
  /// Nil for what is left to a default that no value stands for.
  let json: @Sendable (Value) -> JSONValue?
}

extension SettingKind where Value == Int {
  static func whole(_ range: ClosedRange<Int>) -> Self {
    Self(
      allowed: "\(range.lowerBound) to \(range.upperBound)", read: { $0.integer($1, in: range) },
      json: { .integer($0) })
  }
}

extension SettingKind where Value == Double {
  static func number(_ range: ClosedRange<Double>, above: Bool = false) -> Self {
    Self(
      allowed: words(range, above), read: { $0.number($1, in: range, excludesLower: above) }, json: { .number($0) })
  }

  fileprivate static func words(_ range: ClosedRange<Double>, _ above: Bool) -> String {
    above ? "above \(range.lowerBound), up to \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }
}

extension SettingKind where Value == Float {
  /// A number that is computed with in Float32, and kept so.
  static func single(_ range: ClosedRange<Double>, above: Bool = false) -> Self {
    Self(
      allowed: SettingKind<Double>.words(range, above),
      read: { reader, key in
        guard let value = reader.number(key, in: range, excludesLower: above) else { return nil }
        // What is above the limit may be rounded to it.
        if above, Double(Float(value)) <= range.lowerBound {
          reader.report("\(value) is too small for Float32", key)
          return nil
        }
        return Float(value)
      },
      json: { .number(Double($0.description) ?? Double($0)) })
  }
}

extension SettingKind where Value == Bool {
  static let boolean = Self(allowed: "true or false", read: { $0.boolean($1) }, json: { .boolean($0) })
  /// Off unless it is asked for, and written only then.
  static let flag = Self(
    allowed: "true or false", read: { $0.boolean($1) }, json: { $0 ? .boolean(true) : nil })
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of a list of words.
  static func choice(_ what: String) -> Self {
    Self(
      allowed: Value.allCases.map(\.rawValue).joined(separator: ", "), read: { $0.choice($1, Value.self, what) },
      json: { .string($0.rawValue) })
  }
}

extension SettingKind where Value == QuestionSubset? {
  static let optionalSubset = Self(
    allowed: QuestionSubset.allCases.map(\.rawValue).joined(separator: ", "),
    read: { $0.choice($1, QuestionSubset.self, "a subset").map { .some($0) } },
    json: { $0.map { .string($0.rawValue) } })
}

extension SettingKind where Value == String {
  /// A text in which every one of some marks stands.
  static func template(_ marks: [String]) -> Self {
    Self(
      allowed: "a text with " + marks.joined(separator: " and "), isText: true,
      read: { reader, key in
        guard let text = reader.text(key, orEmpty: true) else { return nil }
        for mark in marks where !text.contains(mark) {
          reader.report("'\(mark)' is missing from the template", key, at: reader.mark(of: key))
        }
        return text
      },
      json: { .string($0) })
  }
}

extension SettingKind where Value == String? {
  /// A text in whose place nil stands for `standard`, so that both are one value.
  static func text(standard: String) -> Self {
    Self(
      allowed: "a text", isText: true, read: { reader, key in reader.text(key, orEmpty: true).map { $0 == standard ? nil : $0 } },
      json: { .string($0 ?? standard) })
  }
}

extension SettingKind where Value == [Int] {
  static let seeds = Self(
    allowed: "whole numbers from 0, each once",
    read: { reader, key in
      guard let nodes = reader.oneOrMore(key) else { return nil }
      var seeds: [Int] = []
      for node in nodes {
        if let seed = node.integer, seed >= 0 { seeds.append(seed) } else {
          reader.report("\(node.kindName) where a seed from 0 is expected", key, at: node.mark)
        }
      }
      if Set(seeds).count != seeds.count { reader.report("a seed stands twice", key, at: reader.mark(of: key)) }
      return seeds
    },
    json: { .array($0.map { .integer($0) }) })
}

extension SettingKind where Value == [String: Int] {
  /// Steps by training set; sets that are not named keep theirs.
  static let stepsBySet = Self(
    allowed: "1 to 1000000 by training set",
    read: { reader, key in
      named(&reader, key, by: Catalogue.known.trainingSets.map(\.name)) { $0.integer($1, in: 1...1_000_000) }
    },
    json: { steps in
      guard !steps.isEmpty else { return nil }
      return .object(JSONObject(steps.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
    })
}

extension SettingKind where Value == [String: String] {
  static let textsByModel = Self(
    allowed: "a text by model", isText: true,
    read: { reader, key in
      named(&reader, key, by: Catalogue.known.models.map(\.name)) { $0.text($1) }
    },
    json: { texts in .object(JSONObject(texts.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })) })
}

/// Values by some of the names that are known.
private func named<Value>(
  _ reader: inout MappingReader, _ key: String, by names: [String], _ read: (inout MappingReader, String) -> Value?
) -> [String: Value]? {
  guard var part = reader.part(key) else { return nil }
  let pairs = names.compactMap { name in read(&part, name).map { (name, $0) } }
  part.finish()
  return Dictionary(uniqueKeysWithValues: pairs)
}

extension Catalogue {
  /// The catalogue of this place; empty where it cannot be read, which reading an experiment tells.
  package static var known: Catalogue { (try? standard()) ?? .none }
}
