// How a reward is written: a rule, weights by rule, or a list of parts.
internal import Diagnostics
internal import JSONText
internal import Questions
internal import YAMLNodes

extension SettingKind where Value == RewardRule {
  /// `contains`; weights by rule, `{contains: 1, word_f1: 0.5}`; or parts, each a rule of what stands in a tag or of the
  /// whole completion, or a form that the whole completion has to have:
  ///
  ///     [{rule: exact, tag: answer}, {form: "<answer>{text}</answer>", weight: 0.5}]
  static let reward = Self(
    allowed: RewardRule.Measure.names.joined(separator: ", ") + ", weights above 0 by rule, or a list of parts",
    read: { reader, key in
      guard let node = reader.node(key) else { return nil }
      if node.sequence != nil { return parts(&reader, key) }
      guard node.mapping != nil else { return measure(node, key, reader).map { RewardRule([.init($0)]) } }
      guard var weights = reader.part(key) else { return nil }
      let parts = RewardRule.Measure.names.compactMap { name in
        weights.number(name, in: 0...1000, excludesLower: true).flatMap { weight in
          RewardRule.Measure(name: name).map { RewardRule.Part($0, weight: weight) }
        }
      }
      weights.finish()
      guard !parts.isEmpty else {
        reader.report("no rule with a weight", key, at: node.mark)
        return nil
      }
      return RewardRule(parts)
    },
    json: { rule in
      if rule.parts.contains(where: { $0.tag != nil || $0.measure.name == nil }) {
        return .array(rule.parts.map(\.json))
      }
      let named = rule.parts.compactMap { part in part.measure.name.map { ($0, part.weight) } }
      if named.count == 1, named[0].1 == 1 { return .string(named[0].0) }
      return .object(JSONObject(named.map { ($0, .number($1)) }))
    })

  private static func measure(_ node: YAMLNode, _ key: String, _ reader: MappingReader) -> RewardRule.Measure? {
    if let name = node.text, let measure = RewardRule.Measure(name: name) { return measure }
    let name = node.text.map { "'\($0)'" } ?? node.kindName
    let names = RewardRule.Measure.names
    reader.report(
      "\(name) is not a reward", key, at: node.mark, hint: node.text.flatMap { suggestion(for: $0, among: names) })
    return nil
  }

  private static func parts(_ reader: inout MappingReader, _ key: String) -> RewardRule? {
    var parts: [RewardRule.Part] = []
    var isWhole = true
    for (index, node) in (reader.oneOrMore(key) ?? []).enumerated() {
      guard var part = reader.element(node, of: key, index) else {
        isWhole = false
        continue
      }
      let rule = part.node("rule")
      let form = part.text("form", orEmpty: true)
      let weight = part.number("weight", in: 0...1000, excludesLower: true) ?? 1
      let tag = part.tag("tag")
      part.finish()
      guard (rule == nil) != (form == nil) else {
        part.report("a part has a rule or a form", "rule", at: node.mark)
        isWhole = false
        continue
      }
      if form != nil, tag != nil { part.report("a form is of the whole completion", "tag") }
      let measure = form.map { .form(CompletionForm($0)) } ?? rule.flatMap { Self.measure($0, "rule", part) }
      if let measure { parts.append(RewardRule.Part(measure, weight: weight, tag: tag)) } else { isWhole = false }
    }
    if parts.isEmpty, isWhole { reader.report("no part", key) }
    return isWhole && !parts.isEmpty ? RewardRule(parts) : nil
  }
}

extension SettingKind where Value == AnswerTag? {
  /// Nil takes the whole completion.
  static let tag = Self(
    allowed: "the name of a tag, such as answer", isText: true, read: { reader, key in reader.tag(key).map { .some($0) } },
    json: { $0.map { .string($0.name) } })
}

extension MappingReader {
  /// The name of a tag.
  mutating func tag(_ key: String) -> AnswerTag? {
    guard let name = text(key, orEmpty: true) else { return nil }
    guard let tag = AnswerTag(name) else {
      report("'\(name)' is not the name of a tag: letters, digits, _ and -", key)
      return nil
    }
    return tag
  }
}

extension RewardRule.Measure {
  /// Those that have a name: rules, and graded measures.
  static let names = AnswerScorer.allCases.map(\.rawValue) + ["word_f1"]

  init?(name: String) {
    if name == "word_f1" { self = .wordF1 } else if let scorer = AnswerScorer(rawValue: name) { self = .rule(scorer) } else {
      return nil
    }
  }

  /// Nil for a form.
  var name: String? {
    switch self {
    case .rule(let scorer): scorer.rawValue
    case .wordF1: "word_f1"
    case .form: nil
    }
  }
}

extension RewardRule.Part {
  fileprivate var json: JSONValue {
    var object = JSONObject()
    if let name = measure.name { object["rule"] = .string(name) }
    if case .form(let form) = measure { object["form"] = .string(form.pattern) }
    if let tag { object["tag"] = .string(tag.name) }
    object["weight"] = .number(weight)
    return .object(object)
  }
}
