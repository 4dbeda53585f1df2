// A place for a test's own files.
internal import Foundation

/// A fresh folder that goes when the last reference to it goes.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = FileManager.default.temporaryDirectory.path + "/repro-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  public func file(_ name: String) -> String { path + "/" + name }
  public func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }
  public func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }
  public func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }
  public func read(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
  public func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }
}

/// The text of what `body` throws; nil if it throws nothing.
public func refusal<T>(_ body: () throws -> T) -> String? {
  do {
    _ = try body()
    return nil
  } catch { return "\(error)" }
}
