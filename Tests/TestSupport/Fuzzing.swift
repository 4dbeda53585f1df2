// Feeding readers with damaged files, for as long as the environment says.
internal import Foundation

/// How long each fuzzing test runs: `REPRO_FUZZ_SECONDS`, and not at all without it.
public enum Fuzzing {
  public static var seconds: Double { ProcessInfo.processInfo.environment["REPRO_FUZZ_SECONDS"].flatMap(Double.init) ?? 0 }
  public static var isOn: Bool { seconds > 0 }

  /// Calls `body` with damaged copies of `seeds` until the time is over; returns how often.
  /// The damages follow from the round's number alone, so that a round can be run again.
  public static func run(
    seeds: [[UInt8]], dictionary: [String], _ body: (_ round: UInt64, _ bytes: [UInt8]) throws -> Void
  ) rethrows -> Int {
    let end = Date().addingTimeInterval(seconds)
    var round: UInt64 = 0
    while round % 64 != 0 || Date() < end {
      try body(round, damaged(seeds, dictionary, round))
      round += 1
    }
    return Int(round)
  }

  /// A copy of one of the seeds with up to six damages: bits, bytes, cuts, repeats, words.
  public static func damaged(_ seeds: [[UInt8]], _ dictionary: [String], _ round: UInt64) -> [UInt8] {
    var state = round &* 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
      // SplitMix64.
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(max(bound, 1)))
    }
    var bytes = seeds[next(seeds.count)]
    for _ in 0...next(6) {
      let place = next(bytes.count)
      switch next(7) {
      case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(next(8))
      case 1 where !bytes.isEmpty: bytes[place] = UInt8(next(256))
      case 2: bytes.removeLast(min(next(bytes.count + 1), bytes.count))
      case 3 where !bytes.isEmpty:
        let part = bytes[place..<min(bytes.count, place + 1 + next(24))]
        bytes.insert(contentsOf: part, at: next(bytes.count))
      case 4 where !bytes.isEmpty: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(8)))
      case 5 where !dictionary.isEmpty: bytes.insert(contentsOf: Array(dictionary[next(dictionary.count)].utf8), at: place)
      default: bytes.insert(UInt8(next(256)), at: place)
      }
    }
    return bytes
  }
}
