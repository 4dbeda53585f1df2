// Trouble on demand, for tests: the process dies at a chosen change to a file, or the disk refuses it.
//
//     REPRO_FILE_LOG=PATH       a line for every change, as it is about to be made
//     REPRO_FILE_RECORD=PATH    the same with all that is written: "change<TAB>path<TAB>number", a line feed and, of a
//                               write, as many bytes as the number says; of a cut, the number is the length
//     REPRO_FILE_FAULT=kill:7   SIGKILL in place of the seventh change; of a write, half is made before
//     REPRO_FILE_FAULT=ENOSPC:7 or EIO:7   the seventh change fails in this way
internal import Foundation
internal import Glibc
internal import Synchronization
internal import SystemCalls

/// What becomes of a change to a file.
enum FileFault: Sendable, Equatable {
  case none
  case fails(Int32)
  case kills

  private static let counter = Atomic<Int>(0)
  private static let planned: (kind: FileFault, place: Int)? = {
    let words = (ProcessInfo.processInfo.environment["REPRO_FILE_FAULT"] ?? "").split(separator: ":")
    guard words.count == 2, let place = Int(words[1]), place > 0 else { return nil }
    switch words[0] {
    case "kill": return (.kills, place)
    case "ENOSPC": return (.fails(ENOSPC), place)
    case "EIO": return (.fails(EIO), place)
    default: return nil
    }
  }()
  private static let log = opened("REPRO_FILE_LOG")
  private static let record = opened("REPRO_FILE_RECORD")

  private static func opened(_ variable: String) -> Int32 {
    guard let path = ProcessInfo.processInfo.environment[variable], !path.isEmpty else { return -1 }
    return SystemCalls.open(path, O_WRONLY | O_CREAT | O_APPEND)
  }

  /// Counts a change and says what becomes of it.
  /// - Parameters:
  ///   - length: what a file is cut to.
  ///   - bytes: what is written.
  static func next(_ change: String, _ path: String, length: Int = 0, bytes: [UInt8] = []) -> FileFault {
    guard log >= 0 || record >= 0 || planned != nil else { return .none }
    let place = counter.add(1, ordering: .relaxed).newValue
    if log >= 0 { append(Array("\(change) \(path)\n".utf8), to: log) }
    if record >= 0 { append(Array("\(change)\t\(path)\t\(length + bytes.count)\n".utf8) + bytes, to: record) }
    guard let planned, planned.place == place else { return .none }
    return planned.kind
  }

  private static func append(_ bytes: [UInt8], to file: Int32) {
    _ = SystemCalls.write(bytes, to: file)
  }

  /// Whether bytes that are to be written are to be handed over too.
  static var isRecording: Bool { record >= 0 }

  /// Whether the change is to be made; else `errno` says why not. Does not return from a kill.
  static func allows(_ change: String, _ path: String, length: Int = 0) -> Bool {
    switch next(change, path, length: length) {
    case .none: return true
    case .fails(let code):
      errno = code
      return false
    case .kills:
      die()
      return false
    }
  }

  static func die() { _ = kill(getpid(), SIGKILL) }
}
