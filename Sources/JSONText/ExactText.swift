// A text that is the same only byte for byte, as ids are.

/// A text compared by its bytes. Swift's own comparison takes `é` and `e` with an accent for the same text, so that two
/// ids of a file would be one.
public struct ExactText: Sendable, Hashable {
  public var text: String

  public init(_ text: String) { self.text = text }

  public static func == (a: ExactText, b: ExactText) -> Bool {
    let (x, y) = (a.text.utf8Span.span, b.text.utf8Span.span)
    guard x.count == y.count else { return false }
    for i in x.indices where x[i] != y[i] { return false }
    return true
  }

  /// Texts of the same bytes have the same hash; that others may share it costs a comparison.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension ExactText: Comparable {
  /// The order of the bytes, which is that of the code points.
  public static func < (a: ExactText, b: ExactText) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}
