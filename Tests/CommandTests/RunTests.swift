// `repro run` and its promises, on a smoke run from nothing.
import ContentHash
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Running from the command line", .serialized)
struct RunTests {
  private let smoke: SmokeRun

  init() throws { smoke = try SmokeRun.shared.get() }

  @Test("a run says what it does, cell by cell, and where the report lies")
  func firstRun() throws {
    let (output, errors) = (smoke.first.output, smoke.first.errors)
    #expect(smoke.first.status == 0, "\(errors)")
    let lines = errors.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first == "repro: tiny, smoke profile: Tiny")
    #expect(lines[1].hasPrefix("repro: 7 jobs, 0 known; about ") && lines[1].contains(" of memory, ") && lines[1].hasSuffix(" of disk"))
    #expect(errors.contains("\n  **Words** before the first cell.\n\nrepro: [1/7] qwen2.5-omni"))
    // Before the first training a line says why its loss is not shown.
    #expect(errors.contains("\n  Words before the fine-tuning.\n\nrepro: reward and KL are shown, not the loss: "))
    #expect(errors.contains("; it is the gradient that is not 0\nrepro: [4/7] tuned-s1"))
    #expect(errors.contains(/repro: \[4\/7\] tuned-s1: reward \d\.\d\d, at the end \d\.\d\d \(/))
    #expect(errors.contains(/\[2\/7\] qwen2.5-omni-mmau-mini-audio-greedy: \d+ of 12 right, \d+\.\d % \(/))
    #expect(errors.contains("\(smoke.version): written ("))
    #expect(errors.hasSuffix("the report: \(smoke.version)/report.md, the same as a notebook: report.ipynb\n"))
    #expect(output == "")
    #expect(FileManager.default.fileExists(atPath: smoke.version + "/report.md"))
  }

  @Test("a second run takes under a second and says that it reproduced the version")
  func again() throws {
    let start = Date()
    let second = try smoke.run(["run", smoke.file, "--profile", "smoke", "--results", smoke.results])
    let seconds = Date().timeIntervalSince(start)
    #expect(second.status == 0)
    #expect(second.errors.contains("repro: 7 jobs, all known\nrepro: \(smoke.version): reproduced byte for byte ("))
    // A machine that builds beside it is allowed more.
    #expect(seconds < (ProcessInfo.processInfo.environment["REPRO_STRICT_TIMES"] == nil ? 5 : 1), "\(seconds) s")
    #expect(try FileManager.default.contentsOfDirectory(atPath: smoke.results + "/tiny/smoke").sorted() == ["machine", "v0001"])
    let json = try smoke.run(["run", smoke.file, "--profile", "smoke", "--results", smoke.results, "--json"])
    let outcome = try JSONValue(parsing: json.output, file: "run").array?.first
    #expect(outcome?["outcome"]?.string == "reproduced byte for byte" && outcome?["folder"]?.string == smoke.version)
  }

  @Test("one thread, another results folder, another working directory, only the bases known: the same bytes")
  func elsewhere() throws {
    let copy = try smoke.cacheOfBases()
    let other = try TemporaryFolder()
    let run = try Program.run(
      ["run", smoke.file, "--profile", "smoke", "--results", "some/where", "--threads", "1"],
      environment: ["REPRO_CACHE": copy.file("cache")], in: other.path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("repro: 7 jobs, 1 known;"))
    #expect(SmokeRun.contents(other.file("some/where/tiny/smoke/v0001")) == SmokeRun.contents(smoke.version))
  }

  @Test("killed again and again, the same command ends with the same bytes")
  func kills() throws {
    let copy = try smoke.cacheOfBases()
    let other = try TemporaryFolder()
    let count = ProcessInfo.processInfo.environment["REPRO_KILLS"].flatMap(Int.init) ?? 4
    let arguments = ["run", smoke.file, "--profile", "smoke", "--results", other.path]
    var state: UInt64 = 1
    for _ in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let process = try Program.start(arguments, environment: ["REPRO_CACHE": copy.file("cache")])
      Thread.sleep(forTimeInterval: 0.05 + Double(state >> 33) / Double(1 << 31) * 1.5)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let last = try Program.run(arguments, environment: ["REPRO_CACHE": copy.file("cache")])
    #expect(last.status == 0, "\(last.errors)")
    #expect(SmokeRun.contents(other.file("tiny/smoke/v0001")) == SmokeRun.contents(smoke.version))
  }

  @Test("Ctrl-C stops cleanly with what is done kept; twice stops at once")
  func interrupted() throws {
    let copy = try smoke.cacheOfBases()
    let other = try TemporaryFolder()
    let arguments = ["run", smoke.file, "--profile", "smoke", "--results", other.path, "--set", "grpo.steps=100000"]
    let environment = ["REPRO_CACHE": copy.file("cache")]
    let process = try Program.start(arguments, environment: environment)
    let machine = other.file("tiny/smoke/machine")
    wait { (try? JSONValue(parsing: String(contentsOfFile: machine + "/progress.json", encoding: .utf8), file: "p"))?["job"]?.string == "tuned-s1" }
    Thread.sleep(forTimeInterval: 1)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)

    // It is named as interrupted, with the command that goes on.
    let status = try smoke.run(["status", "--results", other.path])
    #expect(status.output.contains(/tiny\/smoke  interrupted at .*: job 4 of 7, tuned-s1/))
    #expect(status.output.contains("goes on with: repro run tiny.yaml --profile smoke"))

    let twice = try Program.start(arguments, environment: environment)
    wait { (try? String(contentsOfFile: machine + "/lock", encoding: .utf8))?.contains("\(twice.processIdentifier)") == true }
    Thread.sleep(forTimeInterval: 0.5)
    kill(twice.processIdentifier, SIGINT)
    Thread.sleep(forTimeInterval: 0.05)
    kill(twice.processIdentifier, SIGINT)
    let start = Date()
    twice.waitUntilExit()
    #expect(twice.terminationStatus == 130 && Date().timeIntervalSince(start) < 5)
  }

  /// Waits for something that another process does, half a minute at most.
  private func wait(for condition: () -> Bool) {
    let end = Date().addingTimeInterval(30)
    while !condition(), Date() < end { Thread.sleep(forTimeInterval: 0.05) }
  }

  @Test("a second run is told who holds the results and since when; a dead process's lock is taken over")
  func locked() throws {
    let other = try TemporaryFolder()
    let machine = other.file("tiny/smoke/machine")
    try FileManager.default.createDirectory(atPath: machine, withIntermediateDirectories: true)
    let arguments = ["run", smoke.file, "--profile", "smoke", "--results", other.path]
    // A stale one: its process is long gone.
    let stale = "{\"host\":\"elsewhere\",\"process\":999999,\"since\":\"2020-01-01T00:00:00Z\"}"
    try Data(stale.utf8).write(to: URL(fileURLWithPath: machine + "/lock"))
    let holder = try Lock(machine + "/lock")
    let refused = try smoke.run(arguments)
    #expect(refused.status == 3)
    #expect(
      refused.errors.hasSuffix(
        """
        \(machine): error: is in use by process 999999 on elsewhere since 2020-01-01T00:00:00Z
          hint: wait for it, or stop it; what it has done is kept

        """))
    let status = try smoke.run(["status", "--results", other.path, "--json"])
    let run = try JSONValue(parsing: status.output, file: "status")["runs"]?.array?.first
    #expect(run?["state"]?.string == "running" && run?["holder"]?["process"]?.integer == 999_999)
    holder.release()
    #expect(try smoke.run(arguments).status == 0)
    #expect(SmokeRun.contents(other.file("tiny/smoke/v0001")) == SmokeRun.contents(smoke.version))
  }

  /// The lock as another process holds it.
  private struct Lock {
    let file: Int32
    init(_ path: String) throws {
      file = unsafe open(path, O_RDWR)
      try #require(file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0)
    }
    func release() { close(file) }
  }

  @Test("what was cached and is not as it was written is made again, and said")
  func damaged() throws {
    let plan = try smoke.plan(["--profile", "smoke"])
    let key = try #require(plan["tuned-s1-mmau-mini-audio-greedy"]?.key)
    let copy = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: smoke.cache, toPath: copy.file("cache"))
    let file = copy.file("cache/cells/\(key.prefix(2))/\(key)/predictions.jsonl")
    var text = try String(contentsOfFile: file, encoding: .utf8)
    text = text.replacing("\"correct\":false", with: "\"correct\":true", maxReplacements: 1)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    let other = try TemporaryFolder()
    let run = try smoke.run(
      ["run", smoke.file, "--profile", "smoke", "--results", other.path], environment: ["REPRO_CACHE": copy.file("cache")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains(
        "repro: tuned-s1-mmau-mini-audio-greedy: predictions.jsonl in the cache is not as it was written; the cell is made again\n"))
    #expect(SmokeRun.contents(other.file("tiny/smoke/v0001")) == SmokeRun.contents(smoke.version))
  }

  @Test("a clip of the micro world that was damaged is heard as it should be")
  func damagedClip() throws {
    let copy = try smoke.cacheOfBases()
    let folder = copy.file("cache/micro-world/smoke-1/mmau/test-mini-audios")
    let clip = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).sorted().first)
    try Data([0, 1, 2]).write(to: URL(fileURLWithPath: folder + "/" + clip))
    let other = try TemporaryFolder()
    let run = try smoke.run(
      ["run", smoke.file, "--profile", "smoke", "--results", other.path], environment: ["REPRO_CACHE": copy.file("cache")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(SmokeRun.contents(other.file("tiny/smoke/v0001")) == SmokeRun.contents(smoke.version))
  }

  @Test("a training that leaves the numbers is named with its questions, and nothing is written")
  func notFinite() throws {
    let other = try TemporaryFolder()
    let run = try smoke.run([
      "run", smoke.file, "--profile", "smoke", "--results", other.path, "--set",
      "grpo.log_probability_temperature=1.0e-38",
    ])
    #expect(run.status == 2)
    #expect(run.errors.contains(/error: tuned-s1: step \d+: the (loss|gradient norm) is not a finite number;/), "\(run.errors)")
    #expect(run.errors.contains(/; questions of the step: .+\n  hint: .*is grpo\.learning_rate too high\?/))
    #expect(!FileManager.default.fileExists(atPath: other.file("tiny/smoke/v0001")))
  }
}
