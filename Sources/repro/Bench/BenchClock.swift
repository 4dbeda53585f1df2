// The clock that the benchmarks read, and one that is made up, by which what they print is tested.
import ArgumentParser
import Dispatch
import Synchronization

/// Seconds, from some beginning.
struct BenchClock: Sendable {
  let seconds: @Sendable () -> Double

  static let real = BenchClock { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }

  /// A clock by which a second passes from each reading to the next.
  static func madeUp() -> BenchClock {
    let readings = Readings()
    return BenchClock { readings.next() }
  }

  private final class Readings: Sendable {
    private let count = Mutex(0)
    func next() -> Double {
      count.withLock { count in
        count += 1
        return Double(count)
      }
    }
  }

  /// Seconds that `body` takes.
  func time(_ body: () -> Void) -> Double {
    let start = seconds()
    body()
    return seconds() - start
  }
}

/// `--made-up-clock`, for tests.
struct ClockOptions: ParsableArguments {
  @Flag(help: .hidden) var madeUpClock = false

  func make() -> BenchClock { madeUpClock ? .madeUp() : .real }
}
