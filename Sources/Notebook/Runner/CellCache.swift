// What cells gave, by key: outside the results, found by whoever has the same settings and inputs.
//
//     cells/<two digits>/<key>/done.json   {"files": {name: SHA-256}, "seconds": 12.3, "work": {…}}
//                              …           what the cell gave
//
// A cell counts as done only while every file of it has the digest that was written down when it was finished.
public import Diagnostics
public import Foundation
public import JSONText
internal import Locations
internal import ResultStore
internal import SystemCalls

/// The folder of cells.
public struct CellCache: Sendable {
  public let root: String
  /// Whether the saved state of a fine-tuning goes before its next one is written: half the disk, and a run that dies
  /// meanwhile makes all its steps again. No result depends on it.
  public let statesInPlace: Bool
  /// Digests of large files, remembered between runs.
  let digests: FileDigests

  /// `REPRO_CACHE`, or `repro` in the user's cache folder.
  public static var defaultRoot: String {
    let paths = EnvironmentPath()
    return paths.path("REPRO_CACHE") ?? (paths.path("XDG_CACHE_HOME") ?? paths.home + "/.cache") + "/repro"
  }

  public init(root: String = CellCache.defaultRoot, statesInPlace: Bool = false) {
    self.root = root
    self.statesInPlace = statesInPlace
    digests = FileDigests(path: root + "/digests.txt")
  }

  /// Where a cell's files lie, whether it is there or not.
  public func folder(_ key: String) -> String { root + "/cells/" + key.prefix(2) + "/" + key }

  /// How a cell stands.
  public enum State: Sendable, Hashable {
    case absent
    /// Begun, and to be gone on with.
    case begun
    case done
    /// Said to be done, but this file is not as it was written.
    case damaged(String)
  }

  /// How a cell stands now.
  public func state(_ key: String) -> State {
    guard let record = record(key) else {
      return FileManager.default.fileExists(atPath: folder(key)) ? .begun : .absent
    }
    guard let files = record["files"]?.object else { return .damaged("done.json") }
    for (name, digest) in files.pairs {
      // A file that cannot be read is not as it was written either.
      let found = try? digests.bytes(of: folder(key) + "/" + name)
      if found == nil || found != digest.string { return .damaged(name) }
    }
    return .done
  }

  /// Whether a cell was finished, and every file of it is as it was then.
  public func isDone(_ key: String) -> Bool { state(key) == .done }

  /// Steps or questions that a cell's journal holds.
  func journaledUnits(_ key: String) -> Int {
    ["steps.journal", "predictions.journal"].reduce(0) { sum, name in
      sum + (FileManager.default.contents(atPath: folder(key) + "/" + name)?.count { $0 == 0x0A } ?? 0)
    }
  }

  /// Marks a cell as complete; what stands beside it is on disk already.
  /// - Parameter work: what the work was, so that the time of other work can be foretold from it.
  func finish(_ key: String, seconds: Double, work: JSONValue) throws(Diagnostic) {
    var files: [(String, JSONValue)] = []
    for name in contents(key) { files.append((name, .string(try digests.bytes(of: folder(key) + "/" + name)))) }
    try digests.save()
    let record = JSONValue.object([
      "files": .object(JSONObject(files)), "seconds": .number((seconds * 1000).rounded() / 1000), "work": work,
    ])
    try AtomicFile.write(record.indentedText, to: folder(key) + "/done.json")
  }

  /// Removes what only an unfinished cell needs: its saved state, and what was written in part. After the cell's mark, so
  /// that a crash between the two costs no step.
  func removeLeftovers(_ key: String) {
    for name in Self.leftovers { try? AtomicFile.removeAll(folder(key) + "/" + name) }
  }

  /// The same for a cell that was finished by a run that died just then, unless somebody is at work on it.
  func tidy(_ key: String) {
    guard Self.leftovers.contains(where: { FileManager.default.fileExists(atPath: folder(key) + "/" + $0) }),
      let lock = try? FolderLock(folder: folder(key))
    else { return }
    if record(key) != nil { removeLeftovers(key) }
    withExtendedLifetime(lock) {}
  }

  /// Bytes of what `removeLeftovers` removes.
  func leftoverBytes(_ key: String) -> Int {
    Self.leftovers.reduce(0) { sum, name in
      let path = folder(key) + "/" + name
      let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int ?? 0
      return sum + (name == TrainedCheckpoint.partName ? Self.byteCount(path) : size)
    }
  }

  private static let leftovers = [SavedState.name, SavedState.name + ".part", TrainedCheckpoint.partName]

  /// Remembers what computes a cell, where its bits depend on that: a cell that several computed in turn names them all.
  /// - Returns: all of them; nil for canonical arithmetic, which depends on nothing.
  func noteArithmetic(_ arithmetic: String, _ key: String) throws(Diagnostic) -> String? {
    guard arithmetic != "canonical" else { return nil }
    let path = folder(key) + "/arithmetic.journal"
    let before = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let all = Set(before.split(separator: "\n").map(String.init) + [arithmetic]).sorted()
    try AtomicFile.write(all.joined(separator: "\n") + "\n", to: path)
    return all.joined(separator: "; ")
  }

  /// Takes a cell's mark away: it will be made again, from its journal where it has one.
  func reopen(_ key: String) throws(Diagnostic) { try AtomicFile.remove(folder(key) + "/done.json") }

  /// Throws away all of a cell.
  func discard(_ key: String) throws(Diagnostic) {
    try reopen(key)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(key))) ?? []
    for name in names.sorted() where name != "lock" { try AtomicFile.removeAll(folder(key) + "/" + name) }
  }

  /// What a finished cell gave: every file of it but its mark, its lock, its journal, its saved state, and what was
  /// written in part.
  private func contents(_ key: String) -> [String] {
    let names = FileManager.default.enumerator(atPath: folder(key))?.allObjects as? [String] ?? []
    return names.filter { name in
      !SystemCalls.isFolder(folder(key) + "/" + name) && name != "done.json" && name != "lock" && name != SavedState.name
        && !name.hasSuffix(".journal") && !name.split(separator: "/").contains { $0.hasSuffix(".part") }
    }.sorted()
  }

  /// A cell as it lies in the cache.
  public struct Entry: Sendable, Hashable {
    public var key: String
    /// Of all its files.
    public var byteCount: Int
    /// When it was finished; nil if it was not.
    public var finished: Date?
    public var seconds: Double?
    /// Whether a run is at work on it.
    public var isInUse: Bool
  }

  /// Every cell, by key.
  public func entries() -> [Entry] {
    let files = FileManager.default
    let parts = (try? files.contentsOfDirectory(atPath: root + "/cells")) ?? []
    return parts.sorted().flatMap { part in
      ((try? files.contentsOfDirectory(atPath: root + "/cells/" + part)) ?? []).sorted().compactMap(entry)
    }
  }

  /// A cell's entry; nil if there is none.
  public func entry(_ key: String) -> Entry? {
    guard FileManager.default.fileExists(atPath: folder(key)) else { return nil }
    let done = try? FileManager.default.attributesOfItem(atPath: folder(key) + "/done.json")
    return Entry(
      key: key, byteCount: Self.byteCount(folder(key)), finished: done?[.modificationDate] as? Date,
      seconds: seconds(key), isInUse: FolderLock.holder(of: folder(key)) != nil)
  }

  /// Bytes of all files below a folder.
  public static func byteCount(_ folder: String) -> Int {
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
      return sum + (attributes?[.size] as? Int ?? 0)
    }
  }

  /// Names of a finished cell's files, with their bytes.
  public func files(_ key: String) -> [(name: String, byteCount: Int)] {
    contents(key).map { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder(key) + "/" + name)
      return (name, attributes?[.size] as? Int ?? 0)
    }
  }

  /// What was noted about the work of a finished cell.
  public func work(_ key: String) -> JSONValue? { record(key)?["work"] }

  /// Removes a cell, its mark first, so that half of one is never taken for a whole.
  public func remove(_ key: String) throws(Diagnostic) {
    try reopen(key)
    do { try FileManager.default.removeItem(atPath: folder(key)) } catch {
      throw Diagnostic("cannot be removed: \(error.localizedDescription)", at: SourceMark(file: folder(key)), kind: .missing)
    }
  }

  /// `done.json` of a finished cell; an empty object if it cannot be read.
  func record(_ key: String) -> JSONValue? {
    let path = folder(key) + "/done.json"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return (try? JSONValue(parsing: Array(data), file: path)) ?? .object([:])
  }

  /// Seconds a finished cell took.
  func seconds(_ key: String) -> Double? { record(key)?["seconds"]?.double }
}
