// Rounding to the upper half of a Float32.
import TensorCore
import Testing

@Suite("bfloat16")
struct BFloat16Tests {
  @Test("every pattern comes back from its Float32; what is no number stays none")
  func roundTrip() {
    for bits in 0...UInt16.max {
      let half = BFloat16(bitPattern: bits)
      if half.float.isNaN {
        #expect(BFloat16(half.float).float.isNaN)
      } else {
        #expect(BFloat16(half.float) == half)
      }
    }
  }

  @Test("the nearest of the two neighbours, ties to the even one")
  func rounding() {
    var numbers = RandomStream(seed: 1, purpose: "bfloat16").sequence
    for round in 0..<50_000 {
      // Every third value lies exactly between its neighbours.
      var bits = UInt32(numbers.integer(in: 0..<0x7F7F_0000))
      if round % 3 == 0 { bits = bits & 0xFFFF_0000 | 0x8000 }
      let value = Float(bitPattern: round % 2 == 0 ? bits : bits | 0x8000_0000)
      let below = BFloat16(bitPattern: UInt16(value.bitPattern >> 16))
      let above = BFloat16(bitPattern: below.bitPattern + 1)
      let (down, up) = (abs(Double(value) - Double(below.float)), abs(Double(above.float) - Double(value)))
      let expected = down < up ? below : up < down ? above : below.bitPattern & 1 == 0 ? below : above
      #expect(BFloat16(value) == expected, "\(value)")
    }
  }

  @Test("overflow rounds to infinity, infinities and zeros keep their sign, no payload becomes infinity")
  func edges() {
    #expect(BFloat16(Float.greatestFiniteMagnitude).float == .infinity)
    #expect(BFloat16(-Float.infinity).float == -.infinity)
    #expect(BFloat16(-0.0).bitPattern == 0x8000)
    #expect(BFloat16(Float(bitPattern: 1)).bitPattern == 0)
    // The payload of this one stands in the lower half only.
    #expect(BFloat16(Float(bitPattern: 0x7F80_0001)).float.isNaN)
    #expect(BFloat16(Float(bitPattern: 0xFFFF_FFFF)).float.isNaN)
  }
}
