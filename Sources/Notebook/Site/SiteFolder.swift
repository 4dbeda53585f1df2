// A site's folder: written beside, and put in its place when it is whole.
internal import Diagnostics
internal import FileWriting
internal import Foundation
internal import Synchronization

final class SiteFolder: Sendable {
  private let output: String
  private let part: String
  private let bytes = Mutex(0)

  /// What tells a site from another folder.
  private static let mark = "data/index.js"

  /// - Throws: if something else is in the folder.
  init(_ output: String) throws {
    let plain = URL(fileURLWithPath: output).standardizedFileURL.path
    self.output = plain
    part = plain + ".part"
    if FileManager.default.fileExists(atPath: plain) {
      let names = try? FileManager.default.contentsOfDirectory(atPath: plain)
      let isSite = FileManager.default.fileExists(atPath: plain + "/" + Self.mark)
      guard let names, names.isEmpty || isSite else { throw notASite(output) }
    }
    _ = Files.removeAll(part)
    try makeFolder("data")
  }

  var byteCount: Int { bytes.withLock { $0 } }

  func makeFolder(_ name: String) throws {
    let path = part + "/" + name
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw cannotWrite(path, error)
    }
  }

  func write(_ content: [UInt8], to name: String) throws {
    do { try Data(content).write(to: URL(fileURLWithPath: part + "/" + name)) } catch { throw cannotWrite(name, error) }
    bytes.withLock { $0 += content.count }
  }

  /// Copies a file, or links to it.
  func bring(_ path: String, as name: String, linked: Bool) throws {
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let target = part + "/" + name
    do {
      if linked {
        try FileManager.default.createSymbolicLink(atPath: target, withDestinationPath: real)
      } else {
        try FileManager.default.copyItem(atPath: real, toPath: target)
        let size = try FileManager.default.attributesOfItem(atPath: real)[.size] as? Int
        bytes.withLock { $0 += size ?? 0 }
      }
    } catch { throw cannotWrite(target, error) }
  }

  func finish() throws {
    guard Files.removeAll(output), Files.rename(part, to: output) else {
      throw Diagnostic("cannot be put in its place", at: SourceMark(file: output), kind: .missing)
    }
  }
}
