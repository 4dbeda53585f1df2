// The built program, run as people run it.
public import Foundation
internal import Glibc

/// `repro` from the folder the tests were built into.
public enum Program {
  public struct Outcome: Sendable {
    public var status: Int32
    public var output: String
    public var errors: String
  }

  public static var path: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/repro"
  }
  public static var isThere: Bool { FileManager.default.isExecutableFile(atPath: path) }

  /// Starts a command and lets it go on; its output goes nowhere.
  public static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs a command to its end; `environment` is added to this process's.
  public static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    // Files, not pipes: neither stream can fill up and stop the other.
    let place = try TemporaryFolder()
    for name in ["out", "err"] { try place.write("", to: name) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: place.file("out")))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: place.file("err")))
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: try place.read("out"), errors: try place.read("err"))
  }

  /// Starts a command and kills its process (SIGKILL) as soon as `isTime`, asked every few milliseconds, says so.
  /// - Returns: false if it ended by itself before.
  public static func kill(
    _ arguments: [String], environment: [String: String] = [:], when isTime: () -> Bool
  ) throws -> Bool {
    let process = try start(arguments, environment: environment)
    while process.isRunning, !isTime() { Thread.sleep(forTimeInterval: 0.003) }
    guard process.isRunning else { return false }
    _ = Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL
  }
}
