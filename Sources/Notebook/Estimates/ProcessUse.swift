// How much memory and time this process has taken, as Linux counts it.
internal import Foundation
internal import SystemCalls

/// Memory and time of this process.
public enum ProcessUse {
  /// Bytes of the largest resident set since the start, or since it was last forgotten; 0 where it is not told.
  public static var peak: Int {
    let text = FileManager.default.contents(atPath: "/proc/self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first ?? 0) * 1024
    }
    return 0
  }

  /// Counts the largest anew from here.
  public static func forgetPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }

  /// Seconds that all threads of this process have computed.
  public static var processorSeconds: Double { SystemCalls.processorSeconds }

  /// Bytes of memory of this machine.
  public static var machine: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
