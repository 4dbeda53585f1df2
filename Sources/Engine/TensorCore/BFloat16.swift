// The upper half of a Float32, for storage only.

/// A Float32 with 8 significant bits: sign, 8 bits of exponent, 7 of fraction.
public struct BFloat16: Sendable, Hashable {
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

  /// Exactly this value.
  @inlinable public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}
