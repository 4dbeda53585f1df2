// Unicode's normal form C. Foundation composes letters and marks; Korean is put together here, because Foundation (Swift
// 6.3) also composes neighbours of the conjoining letters that are none, such as U+1113 with a vowel, and misses some
// that are. Marks newer than Unicode 9 stand in today's order; the reference's library leaves some of them unordered.
//
// Source: The Unicode Standard, section 3.12, "Hangul Syllable Composition".
internal import Foundation

/// The text in normal form C.
func normalFormC(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { 0x1100...0x11FF ~= $0.value }) else {
    return text.precomposedStringWithCanonicalMapping
  }
  var result = String.UnicodeScalarView()
  var other = String.UnicodeScalarView()
  var last: Unicode.Scalar?
  for scalar in text.unicodeScalars {
    guard isHangul(scalar) else {
      other.append(scalar)
      continue
    }
    if !other.isEmpty {
      // Marks and letters never compose with Hangul, so what stands between is normalised by itself.
      result.append(contentsOf: String(other).precomposedStringWithCanonicalMapping.unicodeScalars)
      other.removeAll()
      last = nil
    }
    if let before = last, let composed = composition(of: before, scalar) {
      result.removeLast()
      last = composed
    } else {
      last = scalar
    }
    result.append(last ?? scalar)
  }
  result.append(contentsOf: String(other).precomposedStringWithCanonicalMapping.unicodeScalars)
  return String(result)
}

private func isHangul(_ scalar: Unicode.Scalar) -> Bool {
  0x1100...0x11FF ~= scalar.value || 0xAC00...0xD7A3 ~= scalar.value
}

/// A leading consonant and a vowel, or a syllable without final consonant and one.
private func composition(of first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
  switch (first.value, second.value) {
  case (0x1100...0x1112, 0x1161...0x1175):
    return Unicode.Scalar(0xAC00 + ((first.value - 0x1100) * 21 + second.value - 0x1161) * 28)
  case (0xAC00...0xD7A3, 0x11A8...0x11C2) where (first.value - 0xAC00) % 28 == 0:
    return Unicode.Scalar(first.value + second.value - 0x11A7)
  default: return nil
  }
}
