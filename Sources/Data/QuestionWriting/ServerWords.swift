// What a server says went wrong, in one line: an error's message and code, or what a page in HTML reads.
internal import Foundation
internal import JSONText

/// The words of a server.
struct ServerWords: Sendable, Hashable {
  /// One line of at most 300 characters; empty if nothing was said.
  let text: String
  /// Codes, types and names of fields that came with the message, in lower case.
  let codes: Set<String>
  /// A status within the body, from 400 to 599.
  let status: Int?
  /// Whether there is an error, and no text or page.
  let isError: Bool

  private init(text: String, codes: Set<String> = [], status: Int? = nil, isError: Bool = false) {
    self.text = Self.oneLine(text)
    self.codes = codes
    self.status = status
    self.isError = isError
  }

  init(_ body: [UInt8]) {
    let limits = JSONValue.Limits(depth: 32, valueCount: 100_000, mendsSurrogates: true)
    guard let whole = try? JSONValue(parsing: body, file: "response", limits: limits), whole.string == nil else {
      let text = String(decoding: body.prefix(1 << 16), as: UTF8.self)
      self.init(text: Self.isPage(text) ? Self.page(String(text.unicodeScalars.prefix(1 << 14))) : text)
      return
    }
    let root = whole.array?.first ?? whole
    let found = root["error"] ?? root["errors"]?.array?.first ?? root["detail"]?.array?.first
    let error = found.map { $0.isNull ? root : $0 } ?? root
    let message =
      error.string
      ?? ["message", "msg", "Message", "detail", "error_msg", "error_description", "title", "reason"].lazy.compactMap {
        Self.message(error[$0])
      }.first ?? (found == nil ? nil : error.canonicalText)
    // FastAPI says where in the request the mistake is.
    let places = (error["loc"]?.array ?? []).compactMap(\.string).filter { $0 != "body" }
    let names =
      places
      + ["code", "type", "status", "param"].compactMap { name -> String? in
        error[name].flatMap { $0.string ?? $0.integer.map { "\($0)" } }
      }
    let raw = error["metadata"]?["raw"]
    let inner = Self.message(raw) ?? raw?.object.map { JSONValue.object($0).canonicalText }
    let number = [error["code"], error["status"], root["code"]].lazy.compactMap { value in
      value.flatMap { $0.integer ?? $0.string.flatMap { Int($0) } }
    }.first
    var text = [message ?? root.canonicalText, inner].compactMap(\.self).joined(separator: "; ")
    if !places.isEmpty { text = places.joined(separator: ".") + ": " + text }
    let code = ["code", "type"].lazy.compactMap { error[$0]?.string }.first { !$0.isEmpty }
    if let code, places.isEmpty, !text.contains(code) { text += " (\(code))" }
    self.init(
      text: text, codes: Set(names.map { $0.lowercased() }),
      status: number.flatMap { (400...599).contains($0) ? $0 : nil },
      isError: found.map { !$0.isNull } ?? (root["object"] == "error" || root["type"] == "error"))
  }

  private static func message(_ value: JSONValue?) -> String? {
    guard let value else { return nil }
    if let text = value.string { return text.isEmpty ? nil : text }
    return value["message"]?.string
  }

  /// White space as single spaces, without control characters, at most 300 characters.
  static func oneLine(_ text: String) -> String {
    let line = text.unicodeScalars.prefix(1 << 16).split { $0.properties.isWhitespace }.map { String($0) }
    let scalars = line.joined(separator: " ").unicodeScalars
    let short = scalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return String(short) + (scalars.count > 300 ? "…" : "")
  }

  // MARK: - Pages in HTML

  private static func isPage(_ text: String) -> Bool {
    let start = text.prefix(2000).lowercased()
    return ["<html", "<!doctype", "<head", "<body", "<h1", "<title"].contains { start.contains($0) }
  }

  /// The title and what follows, without tags, styles and scripts.
  private static func page(_ text: String) -> String {
    var title = "", words = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "<") {
      words += rest[..<open] + " "
      rest = rest[open...]
      let name = rest.dropFirst().prefix(10).lowercased()
      let isHidden = ["style", "script", "title", "!--"].first { name.hasPrefix($0) }
      let closing = isHidden.map { $0 == "!--" ? "-->" : "</\($0)" } ?? ">"
      let end =
        isHidden == nil
        ? rest.firstIndex(of: ">").map { $0..<rest.index(after: $0) }
        : rest.range(of: closing, options: .caseInsensitive)
      if isHidden == "title", let end, let start = rest.firstIndex(of: ">"), start < end.lowerBound {
        title = String(rest[rest.index(after: start)..<end.lowerBound])
      }
      guard let end else {
        rest = ""
        break
      }
      rest = rest[end.upperBound...]
      if let isHidden, isHidden != "!--" { rest = rest.drop { $0 != ">" }.dropFirst() }
    }
    words += rest
    let entities = [("nbsp", " "), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("#39", "'"), ("amp", "&")]
    for (entity, sign) in entities.map({ ("&\($0);", $1) }) {
      title = title.replacingOccurrences(of: entity, with: sign)
      words = words.replacingOccurrences(of: entity, with: sign)
    }
    (title, words) = (oneLine(title), oneLine(words))
    return title.isEmpty || words.hasPrefix(title) ? words : words.isEmpty ? title : title + ": " + words
  }
}
