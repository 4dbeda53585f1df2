// An object of JSON: pairs in the order they were written, found by key in constant time.

/// Keys in the order they were written. Two keys are the same if their bytes are: Swift's own comparison of
/// strings would take a precomposed letter and its decomposed spelling for one key, and pays for that on every
/// look-up.
public struct JSONObject: Sendable, Hashable {
  public private(set) var keys: [String] = []
  private var values: [JSONValue] = []
  /// Open addressing: 1 + the position of a key, 0 where nothing is. Empty while a scan is as quick.
  private var slots: [Int32] = []

  private static let scanLimit = 8

  public init() {}
  /// A later duplicate replaces the earlier value.
  public init(_ pairs: [(String, JSONValue)]) {
    for (key, value) in pairs { self[key] = value }
  }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }
  public var pairs: [(key: String, value: JSONValue)] { (0..<keys.count).map { (keys[$0], values[$0]) } }

  /// The value of a key, its bytes being these; nil where it is absent. A new key goes to the end.
  public subscript(key: String) -> JSONValue? {
    get { position(of: key).map { values[$0] } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): values[position] = value
      case (nil, let value?): append(key, value)
      case (let position?, nil):
        keys.remove(at: position)
        values.remove(at: position)
        index()
      case (nil, nil): break
      }
    }
  }

  /// Adds a pair, unless the key is there already.
  mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
    guard position(of: key) == nil else { return false }
    append(key, value)
    return true
  }

  public static func == (a: JSONObject, b: JSONObject) -> Bool { a.keys == b.keys && a.values == b.values }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(keys)
    hasher.combine(values)
  }

  // MARK: - The index

  private mutating func append(_ key: String, _ value: JSONValue) {
    keys.append(key)
    values.append(value)
    guard keys.count > Self.scanLimit else { return }
    if 2 * keys.count > slots.count { index() } else { place(keys.count - 1) }
  }

  private mutating func index() {
    slots = []
    guard keys.count > Self.scanLimit else { return }
    var size = 64
    while size < 4 * keys.count { size *= 2 }
    slots = [Int32](repeating: 0, count: size)
    for position in keys.indices { place(position) }
  }

  private mutating func place(_ position: Int) {
    var slot = Self.hash(keys[position]) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = Int32(truncatingIfNeeded: position + 1)
  }

  private func position(of key: String) -> Int? {
    if slots.isEmpty { return keys.firstIndex { Self.areSame($0, key) } }
    var slot = Self.hash(key) & (slots.count - 1)
    while slots[slot] != 0 {
      let position = Int(slots[slot]) - 1
      if Self.areSame(keys[position], key) { return position }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func areSame(_ a: String, _ b: String) -> Bool {
    let (x, y) = (a.utf8Span.span, b.utf8Span.span)
    guard x.count == y.count else { return false }
    for i in x.indices where x[i] != y[i] { return false }
    return true
  }

  /// Seeded anew in every process, so that no file can be written to collide.
  private static func hash(_ key: String) -> Int {
    var hasher = Hasher()
    var word: UInt64 = 0
    var count = 0
    for byte in key.utf8 {
      word = word << 8 | UInt64(byte)
      count &+= 1
      if count & 7 == 0 {
        hasher.combine(word)
        word = 0
      }
    }
    hasher.combine(word)
    hasher.combine(count)
    return hasher.finalize()
  }
}
