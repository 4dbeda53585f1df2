// The store: journals survive torn ends, versions are told apart, one run a folder.
import Diagnostics
import Foundation
import JSONText
import ResultStore
import TestSupport
import Testing

private func temporary() throws -> String {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

@Suite("The results store")
struct ResultStoreTests {
  @Test("a journal keeps its sound records and cuts off a torn end, wherever it is torn")
  func tornJournal() throws {
    let folder = try temporary()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/j"
    let records: [JSONValue] = (0..<3).map { .object(["n": .integer($0), "text": "ä\n"]) }
    do {
      let journal = try Journal(path: path)
      try journal.append(records)
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in 0...whole.count {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      let journal = try Journal(path: path)
      let lines = whole.prefix(length).count { $0 == 0x0A }
      #expect(journal.records == Array(records.prefix(lines)))
    }
    // Goes on where it was torn, to the same bytes.
    try whole.prefix(whole.count - 5).write(to: URL(fileURLWithPath: path))
    let journal = try Journal(path: path)
    try journal.append([records[2]])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
  }

  @Test("a record that was changed is not taken for sound")
  func changedJournal() throws {
    let folder = try temporary()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/j"
    do { try Journal(path: path).append([["a": 1], ["a": 2]].map { .object(JSONObject($0.map { ($0.key, .integer($0.value)) })) }) }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 3] = UInt8(ascii: "7")
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(try Journal(path: path).records.count == 1)
  }

  @Test("the same files reproduce a version; others become the next, and what differs is named")
  func versions() throws {
    let root = try temporary()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let folder = ResultFolder(root: root, experiment: "e", profile: "smoke")
    #expect(try folder.keep(["a.txt": "1", "b/c.txt": "2"]) == .new("v0001"))
    #expect(try folder.keep(["a.txt": "1", "b/c.txt": "2"]) == .reproduced("v0001"))
    #expect(
      try folder.keep(["a.txt": "1", "b/c.txt": "3"])
        == .differs("v0002", from: "v0001", files: ["MANIFEST.sha256", "b/c.txt"]))
    #expect(folder.versions == ["v0001", "v0002"])
    #expect(folder.damage(in: "v0002").isEmpty)
    try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/v0002/a.txt"))
    #expect(folder.damage(in: "v0002") == ["a.txt"])
  }

  @Test("a second run is told who holds the folder; a released one is free again")
  func lock() throws {
    let folder = try temporary()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var first: FolderLock? = try FolderLock(folder: folder)
    do {
      _ = try FolderLock(folder: folder)
      Issue.record("two runs hold one folder")
    } catch {
      #expect(error.fact.hasPrefix("is in use by process \(ProcessInfo.processInfo.processIdentifier) on "))
      #expect(error.fact.contains(" since 2"))
    }
    withExtendedLifetime(first) {}
    first = nil
    _ = try FolderLock(folder: folder)
  }
}
