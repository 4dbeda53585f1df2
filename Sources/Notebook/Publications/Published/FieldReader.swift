// Reading a JSON object key by key: what is missing or of another kind is named.
internal import Diagnostics
internal import JSONText

/// A JSON object; keys that nobody asks for are passed over.
struct FieldReader {
  let object: JSONObject
  let file: String
  let path: String

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
}
