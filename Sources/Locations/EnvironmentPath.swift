// Paths from environment variables. Service files and containers hand them on as they were typed, with ~ and $HOME in
// them.
//
// Source: Python's os.path.expanduser and expandvars, in the order in which huggingface_hub applies them.
public import Foundation

/// Reads paths from environment variables.
public struct EnvironmentPath: Sendable {
  private let environment: [String: String]

  public init(_ environment: [String: String] = ProcessInfo.processInfo.environment) { self.environment = environment }

  /// The path in a variable; nil if the variable is not set or empty.
  public func path(_ variable: String) -> String? {
    environment[variable].flatMap { $0.isEmpty ? nil : expanded($0) }
  }

  /// The user's home folder: `HOME`, else what the system says.
  public var home: String { environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory() }

  /// A path with `~` or `~user` at its beginning, `$NAME` and `${NAME}` replaced. What is unknown stays as it is.
  public func expanded(_ path: String) -> String { variables(in: tilde(of: path)) }

  private func tilde(of path: String) -> String {
    guard path.utf8.first == UInt8(ascii: "~") else { return path }
    let bytes = Array(path.utf8)
    let end = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
    let rest = String(decoding: bytes[end...], as: UTF8.self)
    let user = String(decoding: bytes[1..<end], as: UTF8.self)
    guard let folder = user.isEmpty ? home : NSHomeDirectoryForUser(user) else { return path }
    return (folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + rest
  }

  private func variables(in path: String) -> String {
    let bytes = Array(path.utf8)
    var result: [UInt8] = []
    var place = 0
    while place < bytes.count {
      guard bytes[place] == UInt8(ascii: "$"), let (name, end) = Self.name(bytes, after: place + 1),
        let value = environment[name]
      else {
        result.append(bytes[place])
        place += 1
        continue
      }
      result += value.utf8
      place = end
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The name of a variable that begins here, in braces or not, and where what stands behind it begins.
  private static func name(_ bytes: [UInt8], after start: Int) -> (String, Int)? {
    func isPart(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard start < bytes.count else { return nil }
    if bytes[start] == UInt8(ascii: "{") {
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
      return (String(decoding: bytes[(start + 1)..<end], as: UTF8.self), end + 1)
    }
    let end = bytes[start...].firstIndex { !isPart($0) } ?? bytes.count
    return end == start ? nil : (String(decoding: bytes[start..<end], as: UTF8.self), end)
  }
}
