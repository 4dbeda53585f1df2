// Python as the authority on what Python does, where it is installed.
internal import Foundation

public enum Python {
  /// The interpreter; nil where there is none.
  public static let path = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  public static var isThere: Bool { path != nil }

  /// An interpreter that has transformers and torch; nil where there is none.
  public static let withTransformers: String? = {
    let search = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { String($0) + "/python3" }
    return (search + (path.map { [$0] } ?? [])).first { python in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: python)
      process.arguments = ["-c", "import importlib.util as u, sys; sys.exit(not (u.find_spec('transformers') and u.find_spec('torch')))"]
      process.standardInput = FileHandle.nullDevice
      guard FileManager.default.isExecutableFile(atPath: python), (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }
  }()

  /// What a script of `Tests/Golden` prints.
  public static func run(_ script: String, _ arguments: [String], interpreter: String? = nil) throws -> [UInt8] {
    let place = try TemporaryFolder()
    try place.write("", to: "out")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: interpreter ?? path ?? "/nowhere")
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
