// Two small things several threads share.
internal import Diagnostics
internal import Synchronization

/// The first mistake of several threads.
final class FirstFailure: Sendable {
  private let state = Mutex<Diagnostic?>(nil)
  var value: Diagnostic? { state.withLock { $0 } }
  func set(_ error: any Error) {
    state.withLock { state in
      if state == nil { state = error as? Diagnostic ?? Diagnostic("\(error)", kind: .ours) }
    }
  }
}

/// Counts from 1.
final class Counter: Sendable {
  private let state = Mutex(0)
  func next() -> Int {
    state.withLock { state in
      state += 1
      return state
    }
  }
}
