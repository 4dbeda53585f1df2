// The nearest allowed word to a mistaken one.

/// The number of single-character insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
/// (optimal string alignment).
/// - Complexity: O(a.count · b.count); both are cut at 64 characters.
public func editDistance(_ a: String, _ b: String) -> Int {
  let x = Array(a.prefix(64)), y = Array(b.prefix(64))
  if x.isEmpty { return y.count }
  if y.isEmpty { return x.count }
  var beforeLast = [Int](repeating: 0, count: y.count + 1)
  var last = Array(0...y.count)
  for i in 1...x.count {
    var row = [Int](repeating: i, count: y.count + 1)
    for j in 1...y.count {
      let cost = x[i - 1] == y[j - 1] ? 0 : 1
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1, j > 1, x[i - 1] == y[j - 2], x[i - 2] == y[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
    }
    (beforeLast, last) = (last, row)
  }
  return last[y.count]
}

/// The allowed word at most three edits (and fewer than half its length) from `word`; the first of equals.
public func nearest(to word: String, among allowed: some Sequence<String>) -> String? {
  var best: (word: String, distance: Int)?
  for candidate in allowed {
    let distance = editDistance(word.lowercased(), candidate.lowercased())
    guard distance <= 3, distance * 2 < max(candidate.count, 3) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// `did you mean 'x'?  (a, b, c)`: the nearest word if one is near, then what is allowed if it is short.
public func suggestion(for word: String, among allowed: [String]) -> String? {
  let list = allowed.count <= 12 ? allowed.joined(separator: ", ") : nil
  switch (nearest(to: word, among: allowed), list) {
  case (let near?, let list?): return "did you mean '\(near)'?  (\(list))"
  case (let near?, nil): return "did you mean '\(near)'?"
  case (nil, let list?): return "allowed: \(list)"
  case (nil, nil): return nil
  }
}
