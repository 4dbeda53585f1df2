// Python as the authority on what Python does, where it is installed.
internal import Foundation

public enum Python {
  /// The interpreter; nil where there is none.
  public static let path = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  public static var isThere: Bool { path != nil }

  /// What a script of `Tests/Golden` prints.
  public static func run(_ script: String, _ arguments: [String]) throws -> [UInt8] {
    let place = try TemporaryFolder()
    try place.write("", to: "out")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path ?? "/nowhere")
    process.arguments = [Fixtures.packageRoot.appendingPathComponent("Tests/Golden/" + script).path] + arguments
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: place.file("out")))
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    return try place.bytes("out")
  }

  private struct Failed: Error { var status: Int32 }
}
