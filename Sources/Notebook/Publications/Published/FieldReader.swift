// Reading an object key by key, and naming what nobody read.
internal import Diagnostics
internal import JSONText

/// A JSON object whose keys must all be known. `finish()` reports the rest.
struct FieldReader {
  let object: JSONObject
  let file: String
  let path: String
  private var known: [String] = []

  init(_ value: JSONValue?, file: String, path: String) throws(Diagnostic) {
    guard let object = value?.object else {
      throw Diagnostic(
        "expected an object, found \(value?.kindName ?? "nothing")", at: SourceMark(file: file), path: path)
    }
    self.object = object
    self.file = file
    self.path = path
  }

  func mistake(_ fact: String, key: String = "", hint: String? = nil) -> Diagnostic {
    let at = [path, key].filter { !$0.isEmpty }.joined(separator: ".")
    return Diagnostic(fact, at: SourceMark(file: file), path: at, hint: hint)
  }

  /// The value of a key, `null` and absence alike nil.
  mutating func optional(_ key: String) -> JSONValue? {
    known.append(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  mutating func value<Value>(_ key: String, as kind: String, _ read: (JSONValue) -> Value?) throws(Diagnostic)
    -> Value
  {
    guard let found = optional(key) else { throw mistake("missing; expected \(kind)", key: key) }
    guard let value = read(found) else { throw mistake("expected \(kind), found \(found.kindName)", key: key) }
    return value
  }

  mutating func optional<Value>(
    _ key: String, as kind: String, _ read: (JSONValue) -> Value?
  ) throws(Diagnostic) -> Value? {
    guard let found = optional(key) else { return nil }
    guard let value = read(found) else { throw mistake("expected \(kind), found \(found.kindName)", key: key) }
    return value
  }

  mutating func string(_ key: String) throws(Diagnostic) -> String {
    try value(key, as: "a text") { $0.string }
  }
  mutating func integer(_ key: String) throws(Diagnostic) -> Int {
    try value(key, as: "a whole number") { $0.integer }
  }
  mutating func boolean(_ key: String) throws(Diagnostic) -> Bool {
    try value(key, as: "true or false") { $0.boolean }
  }
  mutating func array(_ key: String) throws(Diagnostic) -> [JSONValue] {
    try value(key, as: "a list") { $0.array }
  }

  mutating func strings(_ key: String) throws(Diagnostic) -> [String] {
    try value(key, as: "a list of texts") { value in
      guard let list = value.array else { return nil }
      let strings = list.compactMap(\.string)
      return strings.count == list.count ? strings : nil
    }
  }

  mutating func printed(_ key: String) throws(Diagnostic) -> PrintedNumber {
    try value(key, as: "a printed number, as a text such as \"68.6\"") {
      $0.string.flatMap { PrintedNumber($0) }
    }
  }

  /// Throws if a key was never asked for.
  func finish() throws(Diagnostic) {
    for key in object.keys where !known.contains(key) {
      throw mistake("unknown key '\(key)'", hint: suggestion(for: key, among: known))
    }
  }
}
