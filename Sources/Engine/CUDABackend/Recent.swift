// What was just made of something is likely to be asked for again: every layer has the same rows and the same blocks.
internal import Synchronization

/// The last few values by what they were made of. Equal arrays are mostly the same array, so that asking costs little.
final class Recent<Key: Equatable & Sendable, Value: Sendable>: Sendable {
  private let kept = Mutex([(key: Key, value: Value)]())
  private let limit = 16

  func value(of key: Key, make: (Key) -> Value) -> Value {
    kept.withLock { kept in
      if let index = kept.lastIndex(where: { $0.key == key }) { return kept[index].value }
      let value = make(key)
      if kept.count >= limit { kept.removeFirst() }
      kept.append((key, value))
      return value
    }
  }
}
