// The end of a fine-tuning, stopped at every change to a file from its last step on: the same command then ends with the
// same bytes, and makes no step again that was on disk.
import ContentHash
import Foundation
import TestSupport
import Testing

@Suite("Crash states", .enabled(if: Program.isThere, "the program was not built"))
struct CrashStateTests {
  private static let stepCount = 2
  private static let experiment = """
    title: Crashed
    profiles:
      smoke:
        seeds: [1]
        grpo:
          {learning_rate: 2.0e-4, steps: 2, questions_per_step: 2, max_completion_length: 6, gradient_accumulation: 1}
    cells:
      - model: qwen2.5-omni
      - train: {from: qwen2.5-omni, on: avqa, audio: true}
        as: tuned

    """

  private let place: TemporaryFolder
  private let bases: TemporaryFolder
  /// What the cache held before the first run.
  private var first: Set<String> = []

  init() throws {
    place = try TemporaryFolder()
    bases = try SmokeRun.shared.get().cacheOfBases()
    try place.write(Self.experiment, to: "crashed.yaml")
    first = names()
  }

  private func run(_ environment: [String: String] = [:]) throws -> Program.Outcome {
    try Program.run(
      ["run", place.file("crashed.yaml"), "--profile", "smoke", "--results", place.file("results"), "--threads", "1"],
      environment: ["REPRO_CACHE": bases.file("cache")].merging(environment) { $1 })
  }

  /// The fine-tuning's folder in the cache.
  private var cell: String? {
    let cells = bases.file("cache/cells")
    let names = FileManager.default.enumerator(atPath: cells)?.allObjects as? [String] ?? []
    return names.first { $0.hasSuffix("/steps.journal") }.map { cells + "/" + ($0 as NSString).deletingLastPathComponent }
  }

  /// What the run gave, by name: the version in the results, and all of the cell that lasts.
  private func bytes() throws -> [String: Data] {
    let cell = try #require(cell)
    var all = SmokeRun.contents(place.file("results/crashed/smoke")).filter { $0.key.hasPrefix("v") }
    for (name, data) in SmokeRun.contents(cell) where !["lock", "done.json", "phases.jsonl"].contains(name) {
      all["cell/" + name] = data
    }
    return all
  }

  /// As it was before the run: bases alone.
  private func reset() throws {
    try? FileManager.default.removeItem(atPath: place.file("results"))
    for name in names().subtracting(first).sorted() where FileManager.default.fileExists(atPath: bases.file("cache/" + name)) {
      try FileManager.default.removeItem(atPath: bases.file("cache/" + name))
    }
  }

  private func names() -> Set<String> {
    Set(FileManager.default.enumerator(atPath: bases.file("cache"))?.allObjects as? [String] ?? [])
  }

  /// The changes to be tried of a run that went through: all from the last record of a step to the cell's mark, but of
  /// the writes of one file only the first, one in the middle and the last; behind the mark, every eighth.
  private func moments(_ log: [Substring]) -> [Int] {
    guard let last = log.lastIndex(where: { $0.hasPrefix("flush ") && $0.hasSuffix("/steps.journal") }) else { return [] }
    let mark = log.lastIndex { $0.hasPrefix("rename ") && $0.hasSuffix("/done.json") } ?? log.count
    var moments: [Int] = []
    var place = last + 1
    while place < log.count {
      let end = log[place...].firstIndex { $0 != log[place] } ?? log.count
      moments += Set([place, (place + end) / 2, end - 1]).filter { $0 >= place }.sorted()
      place = end
    }
    return moments.enumerated().filter { $0.element <= mark + 4 || $0.offset % 8 == 0 }.map(\.element)
  }

  @Test("killed at each change to a file behind the last step, or refused by the disk: the same bytes, no step again",
    .timeLimit(.minutes(20)))
  func everyOperation() throws {
    let whole = try run(["REPRO_FILE_LOG": place.file("log")])
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try bytes()
    #expect(expected.keys.contains("cell/model/model.safetensors"))
    #expect(!expected.keys.contains { $0.contains(".part") || $0.contains("state.safetensors") || $0.contains("log") })
    let log = try place.read("log").split(separator: "\n")
    let moments = moments(log)
    #expect(moments.count > 40, "only \(moments.count) changes behind the last step")
    let saved = try #require(log.lastIndex { $0.hasPrefix("rename ") && $0.hasSuffix("/state.safetensors") })

    for (number, moment) in moments.enumerated() {
      // Every fifth is refused instead, by a full disk and by a faulty one in turn.
      let kind = number % 5 != 4 ? "kill" : number % 10 == 4 ? "ENOSPC" : "EIO"
      try reset()
      let what = "\(kind) at change \(moment + 1) of \(log.count), \(log[moment])"
      let stopped = try run(["REPRO_FILE_FAULT": "\(kind):\(moment + 1)"])
      if kind == "kill" {
        #expect(stopped.status == SIGKILL, "\(what): \(stopped.errors)")
      } else {
        #expect([0, 3].contains(stopped.status), "\(what): \(stopped.status), \(stopped.errors)")
      }
      let again = try run()
      #expect(again.status == 0, "\(what): \(again.errors)")
      let found = try bytes()
      let different = Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted()
      #expect(different.isEmpty, "\(what): other bytes in \(different.joined(separator: ", "))")
      let phases = try #require(cell.flatMap { FileManager.default.contents(atPath: $0 + "/phases.jsonl") })
      let steps = phases.count { $0 == 0x0A }
      if moment > saved { #expect(steps == Self.stepCount, "\(what): \(steps) steps were made") }
    }
  }

  /// Lays out what a crash left, in place of what the run made.
  private func lay(_ left: [String: [UInt8]?]) throws {
    try reset()
    for (path, content) in left.sorted(by: { $0.key < $1.key }) {
      guard let content else {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        continue
      }
      try Data(content).write(to: URL(fileURLWithPath: path))
    }
  }

  /// Names of what the same command, run again, gave otherwise.
  private func different(_ expected: [String: Data]) throws -> [String] {
    let again = try run()
    guard again.status == 0 else { return ["status \(again.status): \(again.errors)"] }
    let found = try bytes()
    return Set(found.keys).union(expected.keys).filter { found[$0] != expected[$0] }.sorted()
  }

  /// Which of all states are tried: `REPRO_CRASH_STATES=all`, a part such as `2/8`, a number, or 4.
  private static func sample<T>(_ all: [T]) -> [T] {
    let wish = ProcessInfo.processInfo.environment["REPRO_CRASH_STATES"] ?? "4"
    let part = wish.split(separator: "/").compactMap { Int($0) }
    if part.count == 2, part[1] > 0, (1...part[1]).contains(part[0]) {
      return stride(from: part[0] - 1, to: all.count, by: part[1]).map { all[$0] }
    }
    guard wish != "all", let count = Int(wish), count < all.count, count > 0 else { return all }
    return (0..<count).map { all[($0 * all.count + all.count / 2) / count] }
  }

  @Test("the plug is pulled before any change: unsynced content and names lost or torn; the same bytes",
    .timeLimit(.minutes(600)))
  func everyDisk() throws {
    let whole = try run(["REPRO_FILE_RECORD": place.file("record")])
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try bytes()
    let changes = try #require(RecordedChange.all(try place.bytes("record")))
    #expect(changes.count > 40)
    let places = [bases.path + "/", place.path + "/"]
    let elsewhere = changes.filter { change in !places.contains { (change.path + "/").hasPrefix($0) } }
    #expect(elsewhere.map(\.description) == [])

    // The end of the record is the disk as it is.
    var end = RecordedDisk()
    for change in changes { end.apply(change) }
    for (path, content) in end.left(by: .kill) {
      if let content { #expect(FileManager.default.contents(atPath: path).map { [UInt8]($0) } == content, "\(path)") }
    }
    // Which are tried is chosen first: to keep what every crash leaves would take gigabytes.
    let moments = Self.sample(changes.indices.flatMap { index in CrashKind.allCases.map { (index: index, kind: $0) } })
    var next = moments[...]
    var disk = RecordedDisk()
    var seen: Set<Digest> = []
    for (number, change) in changes.enumerated() {
      while let moment = next.first, moment.index == number {
        next = next.dropFirst()
        let left = disk.left(by: moment.kind)
        // Many crashes leave the same.
        guard seen.insert(Self.digest(left)).inserted else { continue }
        try lay(left)
        let different = try different(expected)
        let what = "\(moment.kind) before change \(number + 1), \(change)"
        #expect(different.isEmpty, "\(what): \(different.joined(separator: ", "))")
      }
      disk.apply(change)
    }
    #expect(next.isEmpty)
    print("crash states: \(changes.count) changes, \(moments.count) crashes, \(seen.count) different disks tried")
  }

  private static func digest(_ left: [String: [UInt8]?]) -> Digest {
    let lines = left.sorted { $0.key < $1.key }.map { path, content in
      path + " " + (content.map { Digest(of: $0).hexadecimal } ?? "folder")
    }
    return Digest(of: lines.joined(separator: "\n"))
  }

  @Test("a full and a faulty disk at every change: said, or without effect; then the same bytes", .timeLimit(.minutes(600)))
  func everyRefusal() throws {
    let whole = try run(["REPRO_FILE_LOG": place.file("log")])
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try bytes()
    let log = try place.read("log").split(separator: "\n")
    let all = log.indices.flatMap { index in ["ENOSPC", "EIO"].map { (kind: $0, number: index + 1) } }
    let tried = Self.sample(all)
    var refusedCount = 0
    for (kind, number) in tried {
      try reset()
      let what = "\(kind) at change \(number) of \(log.count), \(log[number - 1])"
      let refused = try run(["REPRO_FILE_FAULT": "\(kind):\(number)"])
      #expect([0, 3].contains(refused.status), "\(what): \(refused.status), \(refused.errors)")
      if refused.status == 3 {
        refusedCount += 1
        #expect(refused.errors.contains("error: ") && !refused.errors.contains("Fatal"), "\(what): \(refused.errors)")
        let reason = kind == "EIO" ? "nput/output error" : "o space left on device"
        #expect(refused.errors.contains(reason), "\(what): \(refused.errors)")
      }
      let different = try different(expected)
      #expect(different.isEmpty, "\(what): \(different.joined(separator: ", "))")
    }
    print("refusals: \(log.count) changes, \(tried.count) faults tried, \(refusedCount) of them stopped the run")
  }

  @Test("a cell that an older program left with links that lead nowhere ends by itself")
  func poisoned() throws {
    try #require(try run().status == 0)
    let expected = try bytes()
    let cell = try #require(cell)
    let files = FileManager.default
    try files.removeItem(atPath: cell + "/done.json")
    for name in ["config.json", "tokenizer.json"] {
      try files.removeItem(atPath: cell + "/model/" + name)
      try files.createSymbolicLink(atPath: cell + "/model/" + name, withDestinationPath: "../../blobs/\(name)")
    }
    try files.createDirectory(atPath: cell + "/model/.git/lfs", withIntermediateDirectories: true)
    try Data("x".utf8).write(to: URL(fileURLWithPath: cell + "/model/.gitattributes"))
    try files.createDirectory(atPath: cell + "/model.part", withIntermediateDirectories: true)
    #expect(try run().status == 0)
    #expect(try bytes() == expected)
  }
}
