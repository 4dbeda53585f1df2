// The upper half of a Float32, for storage only.

/// A Float32 with 8 significant bits: sign, 8 bits of exponent, 7 of fraction.
public struct BFloat16: Sendable, Hashable {
  /// The upper half of the Float32 of the same value.
  public var bitPattern: UInt16

  @inlinable public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest value, ties to even; not-a-number stays so.
  @inlinable public init(_ value: Float) {
    let bits = value.bitPattern
    if bits & 0x7FFF_FFFF > 0x7F80_0000 {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x40
    } else {
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
  }

  /// One of the two neighbours, the nearer one more often: up in magnitude with as many chances in 2¹⁶ as the value lies
  /// above the lower one, so that the mean of many roundings is the value itself. Infinities and not-a-number stay so.
  /// - Parameter random: any of its values as likely as any other.
  @inlinable public init(_ value: Float, rounding random: UInt16) {
    let bits = value.bitPattern
    let isNumber = bits & 0x7F80_0000 != 0x7F80_0000
    self = isNumber ? BFloat16(bitPattern: UInt16((bits &+ UInt32(random)) >> 16)) : BFloat16(value)
  }

  /// Exactly this value.
  @inlinable public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
