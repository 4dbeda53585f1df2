// How wide the terminal is.
import Foundation
import SystemCalls

enum Terminal {
  /// Columns of the terminal, no more than `limit` and no fewer than 60; `limit` if output goes to a file or a pipe.
  /// `COLUMNS`, where it is set, has the last word.
  static func width(limit: Int) -> Int {
    if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text), columns > 0 {
      return max(60, min(columns, limit))
    }
    guard isatty(1) == 1 else { return limit }
    guard let columns = SystemCalls.terminalColumns(1) else { return min(80, limit) }
    return max(60, min(columns, limit))
  }
}
