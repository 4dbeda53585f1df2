// A number as it was printed: 61.0 is not 61, and 68.6 is 686 tenths, not the nearest Double.

/// A non-negative decimal number with the digits it was printed with.
public struct PrintedNumber: Sendable, Hashable, Comparable {
  /// The number times 10^decimals.
  public let units: Int
  /// Digits after the point.
  public let decimals: Int

  public init(units: Int, decimals: Int) {
    self.units = units
    self.decimals = decimals
  }

  /// Reads `86.3` or `86`; nil for anything else, also for signs, exponents and more than nine digits.
  public init?(_ text: String) {
    let parts = text.split(separator: "." as Character, maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    let fraction = parts.count == 2 ? parts[1] : ""
    guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !fraction.isEmpty,
      whole.utf8.count + fraction.utf8.count <= 9,
      (whole + fraction).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let units = Int(whole + fraction)
    else { return nil }
    self.init(units: units, decimals: fraction.utf8.count)
  }

  /// 10^decimals.
  public var scale: Int { (0..<decimals).reduce(1) { power, _ in power * 10 } }
  public var value: Double { Double(units) / Double(scale) }

  public var text: String {
    guard decimals > 0 else { return "\(units)" }
    let fraction = String(units % scale)
    return "\(units / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
  }

  /// By value: 61.0 and 61 are neither above the other.
  public static func < (a: PrintedNumber, b: PrintedNumber) -> Bool { a.units * b.scale < b.units * a.scale }
}

/// A difference of printed numbers or counts in points, signed, with `decimals` digits: "+2.7".
func signed(points: Double, decimals: Int = 1) -> String {
  let text = fixed(abs(points), decimals: decimals)
  let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
  return (isZero ? "" : points < 0 ? "\u{2212}" : "+") + text
}

/// `value` with `decimals` digits after the point, ties away from zero, without a locale.
public func fixed(_ value: Double, decimals: Int) -> String {
  let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  let units = (abs(value) * scale).rounded(.toNearestOrAwayFromZero)
  guard units < 9e15 else { return "\(value)" }
  let text = PrintedNumber(units: Int(units), decimals: decimals).text
  return value < 0 && units > 0 ? "-" + text : text
}

/// Whole numbers with a comma every three digits.
public func grouped(_ number: Int) -> String {
  var digits: [Character] = []
  for (index, digit) in String(abs(number)).reversed().enumerated() {
    if index > 0, index % 3 == 0 { digits.append(",") }
    digits.append(digit)
  }
  return (number < 0 ? "-" : "") + String(digits.reversed())
}
