// Texts in other encodings than UTF-8, told by their first bytes.
internal import Diagnostics

enum TextEncoding {
  /// Refuses UTF-16 and UTF-32, with or without a byte order mark.
  static func refuse(_ start: [UInt8], file: String) throws(Diagnostic) {
    guard let name = name(start) else { return }
    throw Diagnostic(
      "is \(name), not UTF-8", at: SourceMark(file: file),
      hint: "iconv -f \(name) -t UTF-8 '\(file.replacing("'", with: "'\\''"))' > utf8-copy makes one that is read")
  }

  private static func name(_ start: [UInt8]) -> String? {
    if start.starts(with: [0xFF, 0xFE, 0, 0]) || start.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
    if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    // Without a mark: plain letters have a NUL beside each.
    let even = stride(from: 0, to: start.count - 1, by: 2)
    guard start.count >= 8 else { return nil }
    if even.allSatisfy({ start[$0] != 0 && start[$0 + 1] == 0 }) { return "UTF-16LE" }
    if even.allSatisfy({ start[$0] == 0 && start[$0 + 1] != 0 }) { return "UTF-16BE" }
    return nil
  }
}
