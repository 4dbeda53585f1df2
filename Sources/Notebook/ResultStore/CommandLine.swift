// Commands that a person may copy, and what of a run was given on its command line.

/// A word as a POSIX shell reads it back; on one line unless it ends with a line feed.
public func shellQuoted(_ word: String) -> String {
  let scalars = word.unicodeScalars
  let isPlain = scalars.allSatisfy { scalar in
    scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_./:=,@%+".unicodeScalars.contains(scalar))
  }
  if isPlain, !word.isEmpty { return word }
  guard scalars.contains("\n"), scalars.last != "\n" else { return "'" + escaped(word, ["'": "'\\''"]) + "'" }
  return "\"$(printf '" + escaped(word, ["'": "'\\''", "\\": "\\\\", "%": "%%", "\n": "\\n"]) + "')\""
}

/// Scalar by scalar, as a line feed may be half of a character.
private func escaped(_ word: String, _ forms: [Unicode.Scalar: String]) -> String {
  word.unicodeScalars.map { forms[$0] ?? String($0) }.joined()
}

/// The values of an `experiment.yaml` that have an origin, such as `command line`: each stands on a line of its own, with
/// its origin behind it.
public func valuesWithOrigin(_ origin: String, resolved: String) -> [(path: String, value: String)] {
  let remark = "  # " + origin
  var section = ""
  var values: [(path: String, value: String)] = []
  for line in resolved.split(separator: "\n", omittingEmptySubsequences: false) {
    if line == "cells:" { break }
    let isInner = line.hasPrefix("  ")
    guard let colon = line.firstIndex(of: ":") else { continue }
    let key = line[..<colon].drop { $0 == " " }
    if !isInner { section = String(key) }
    guard line.hasSuffix(remark) else { continue }
    let value = line[line.index(after: colon)...].dropLast(remark.count).drop { $0 == " " }
    values.append((isInner ? section + "." + key : String(key), String(value)))
  }
  return values
}
