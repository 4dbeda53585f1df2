// Text into pieces, as the pattern of the published tokenizers splits it, written out by hand:
//
//     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// Source: `PRETOKENIZE_REGEX` of transformers' Qwen2 tokenizer. No deviations.

/// What a code point is to the pattern.
package enum CharacterClass: UInt8 {
  case other, letter, number, space
  /// CR or LF, which are white space too.
  case newline
}

/// Finds where pieces end. Texts are valid UTF-8.
package struct PieceSplitter: Sendable {
  /// A class for every code point up to the last letter.
  private let classes: [UInt8]

  static let pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  package init() {
    var classes: [UInt8] = []
    func mark(_ ranges: [UInt32], _ kind: CharacterClass) {
      var start = 0
      for pair in stride(from: 0, to: ranges.count, by: 2) {
        start += Int(ranges[pair])
        let end = start + Int(ranges[pair + 1])
        if classes.count < end { classes += [UInt8](repeating: 0, count: end - classes.count) }
        for point in start..<end { classes[point] = kind.rawValue }
        start = end
      }
    }
    mark(CharacterRanges.letters, .letter)
    mark(CharacterRanges.numbers, .number)
    for range in CharacterRanges.spaces {
      for point in range { classes[Int(point)] = CharacterClass.space.rawValue }
    }
    classes[0x0A] = CharacterClass.newline.rawValue
    classes[0x0D] = CharacterClass.newline.rawValue
    self.classes = classes
  }

  package func characterClass(of point: UInt32) -> CharacterClass {
    Int(point) < classes.count ? CharacterClass(rawValue: classes[Int(point)]) ?? .other : .other
  }

  /// Where the piece that starts at `start` ends; `end` is the end of the text the pattern sees.
  /// - Precondition: start < end, both between code points.
  func pieceEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    let (first, length) = read(text, start)
    var next = start + length
    switch first {
    case .letter: return run(of: .letter, text, from: next, to: end)
    case .number: return next
    case .newline: return whiteEnd(text, from: start, to: end)
    case .other, .space:
      if text[start] == UInt8(ascii: "'"), let end = contractionEnd(text, from: next, to: end) { return end }
      guard next < end else { return next }
      let second = read(text, next)
      if second.kind == .letter { return run(of: .letter, text, from: next + second.length, to: end) }
      if first == .space {
        guard text[start] == 0x20, second.kind == .other else { return whiteEnd(text, from: start, to: end) }
        next += second.length
      }
      next = run(of: .other, text, from: next, to: end)
      return run(of: .newline, text, from: next, to: end)
    }
  }

  /// White space up to its last line end, if there is one; else up to the last white space before a word; else all.
  private func whiteEnd(_ text: [UInt8], from start: Int, to end: Int) -> Int {
    var (next, last, afterNewline) = (start, start, start)
    while next < end {
      let (kind, length) = read(text, next)
      guard kind == .space || kind == .newline else { break }
      last = next
      next += length
      if kind == .newline { afterNewline = next }
    }
    if afterNewline > start { return afterNewline }
    return next < end && last > start ? last : next
  }

  /// After an apostrophe: s, t, re, ve, m, ll, d in either case, and ſ, which folds to s.
  private func contractionEnd(_ text: [UInt8], from next: Int, to end: Int) -> Int? {
    guard next < end else { return nil }
    let second = next + 1 < end ? text[next + 1] : 0
    switch (text[next] | 0x20, second | 0x20) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "d"), _): return next + 1
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      return next + 2
    default: return text[next] == 0xC5 && second == 0xBF ? next + 2 : nil
    }
  }

  private func run(of kind: CharacterClass, _ text: [UInt8], from start: Int, to end: Int) -> Int {
    var next = start
    while next < end {
      let (found, length) = read(text, next)
      guard found == kind else { break }
      next += length
    }
    return next
  }

  /// The class of the code point at `index`, and its length in bytes.
  @inline(__always)
  private func read(_ text: [UInt8], _ index: Int) -> (kind: CharacterClass, length: Int) {
    let byte = UInt32(text[index])
    if byte < 0x80 { return (CharacterClass(rawValue: classes[Int(byte)]) ?? .other, 1) }
    if byte < 0xE0 { return (characterClass(of: (byte & 0x1F) << 6 | tail(text, index + 1)), 2) }
    if byte < 0xF0 {
      return (characterClass(of: (byte & 0x0F) << 12 | tail(text, index + 1) << 6 | tail(text, index + 2)), 3)
    }
    let high = (byte & 0x07) << 18 | tail(text, index + 1) << 12
    return (characterClass(of: high | tail(text, index + 2) << 6 | tail(text, index + 3)), 4)
  }

  @inline(__always)
  private func tail(_ text: [UInt8], _ index: Int) -> UInt32 { UInt32(text[index] & 0x3F) }
}
