// What cells gave, by key: outside the results, found by whoever has the same settings and inputs.
internal import Diagnostics
public import Foundation
internal import JSONText
internal import ResultStore

public struct CellCache: Sendable {
  public let root: String

  /// `REPRO_CACHE`, or `repro` in the user's cache folder.
  public static var defaultRoot: String {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["REPRO_CACHE"], !path.isEmpty { return path }
    if let path = environment["XDG_CACHE_HOME"], !path.isEmpty { return path + "/repro" }
    return NSHomeDirectory() + "/.cache/repro"
  }

  public init(root: String = CellCache.defaultRoot) { self.root = root }

  public func folder(_ key: String) -> String { root + "/cells/" + key.prefix(2) + "/" + key }
  public func isDone(_ key: String) -> Bool { FileManager.default.fileExists(atPath: folder(key) + "/done.json") }

  /// Marks a cell as complete; what stands beside it is on disk already.
  func finish(_ key: String, seconds: Double) throws(Diagnostic) {
    try AtomicFile.write(
      JSONValue.object(["seconds": .number((seconds * 1000).rounded() / 1000)]).indentedText,
      to: folder(key) + "/done.json")
  }

  /// Seconds a finished cell took.
  func seconds(_ key: String) -> Double? {
    let path = folder(key) + "/done.json"
    let json = FileManager.default.contents(atPath: path).flatMap { try? JSONValue(parsing: Array($0), file: path) }
    return json?["seconds"]?.double
  }

  /// Bytes by cell folder, with when it was last finished.
  public func entries() -> [(key: String, bytes: Int, finished: Date?)] {
    let files = FileManager.default
    var list: [(key: String, bytes: Int, finished: Date?)] = []
    for part in (try? files.contentsOfDirectory(atPath: root + "/cells"))?.sorted() ?? [] {
      for key in (try? files.contentsOfDirectory(atPath: root + "/cells/" + part))?.sorted() ?? [] {
        var bytes = 0
        let names = files.enumerator(atPath: folder(key))?.allObjects as? [String] ?? []
        for name in names {
          bytes += (try? files.attributesOfItem(atPath: folder(key) + "/" + name))?[.size] as? Int ?? 0
        }
        let done = try? files.attributesOfItem(atPath: folder(key) + "/done.json")
        list.append((key, bytes, done?[.modificationDate] as? Date))
      }
    }
    return list
  }
}
