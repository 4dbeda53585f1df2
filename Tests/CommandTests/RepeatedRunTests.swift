// Whatever a run was given is not lost: not by status, not by verify --rerun, not by clean, not by a saved file.
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Runs that are named or repeated", .enabled(if: Program.isThere, "the program was not built"), .serialized)
struct RepeatedRunTests {
  private let smoke: SmokeRun

  init() throws { smoke = try SmokeRun.shared.get() }

  private static let system = "It's listener #1: \"hear\" {all} of it\n100 %"

  /// A run that is killed behind its first step, with much that is given on the command line.
  private func interrupt(_ place: TemporaryFolder, steps: Int) throws -> (results: String, cache: TemporaryFolder) {
    let cache = try smoke.cacheOfBases()
    let results = place.file("my results")
    let isKilled = try Program.kill(
      [
        "run", smoke.file, "--profile", "smoke", "--results", results, "--set", "grpo.steps=\(steps)", "--set",
        "prompt.system=" + Self.system, "--seed", "7", "--threads", "1",
      ], environment: ["REPRO_CACHE": cache.file("cache")]
    ) {
      SmokeRun.contents(cache.file("cache/cells")).contains {
        $0.key.hasSuffix("/steps.journal") && $0.value.contains(0x0A) && !$0.value.isEmpty
      }
    }
    try #require(isKilled)
    return (results, cache)
  }

  @Test("the line that goes on with an interrupted run is the run that was begun, from any folder")
  func goesOn() throws {
    let place = try TemporaryFolder()
    let (results, cache) = try interrupt(place, steps: 40)
    let environment = ["REPRO_CACHE": cache.file("cache")]
    let status = try Program.run(["status", "--results", results], environment: environment, in: place.path)
    let line = try #require(status.output.split(separator: "\n").first { $0.contains("goes on with: ") })
    let command = String(try #require(line.split(separator: "goes on with: ").last))
    let json = try JSONValue(
      parsing: try Program.run(["status", "--results", results, "--json"], environment: environment, in: place.path).output,
      file: "status")
    #expect(json["runs"]?.array?.first?["goes_on_with"]?.array?.compactMap(\.string) == [command])
    #expect(command.contains(" --seed 7 --set grpo.steps=40 ") && command.contains(" --threads 1"))

    // Its cells are no waste.
    let clean = try Program.run(["clean", "--results", results, "--json"], environment: environment)
    let offered = try #require(try JSONValue(parsing: clean.output, file: "clean")["cells"]?.array).compactMap(\.string)
    let journals = SmokeRun.contents(cache.file("cache/cells")).keys.filter { $0.hasSuffix(".journal") }
    #expect(!journals.isEmpty && !journals.contains { journal in offered.contains { journal.contains($0) } })

    // As it is printed, by a shell.
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "repro() { \"\(Program.path)\" \"$@\"; }\n" + command]
    shell.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    shell.currentDirectoryURL = URL(fileURLWithPath: place.path)
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    let alone = try Program.run(
      [
        "run", smoke.file, "--profile", "smoke", "--results", place.file("alone"), "--set", "grpo.steps=40", "--set",
        "prompt.system=" + Self.system, "--seed", "7",
      ], environment: ["REPRO_CACHE": try smoke.cacheOfBases().file("cache")])
    #expect(alone.status == 0, "\(alone.errors)")
    let version = SmokeRun.contents(results + "/tiny/smoke/v0001")
    #expect(!version.isEmpty && version == SmokeRun.contents(place.file("alone/tiny/smoke/v0001")))
    let after = try Program.run(["status", "--results", results], environment: environment)
    #expect(!after.output.contains("interrupted"))

    // Computed again with what it was given.
    let rerun = try Program.run(
      ["verify", "--rerun", "--profile", "smoke", "--results", results], environment: environment, in: place.path)
    #expect(rerun.status == 0 && rerun.output == "tiny/smoke/v0001: reproduced byte for byte\n", "\(rerun.errors)")

    // And its own file is the same experiment, under its own profile.
    try FileManager.default.copyItem(
      atPath: results + "/tiny/smoke/v0001/experiment.yaml", toPath: place.file("saved.yaml"))
    let saved = try Program.run(
      ["run", place.file("saved.yaml"), "--results", results], environment: environment, in: place.path)
    #expect(saved.status == 0 && saved.errors.contains("repro: 7 jobs, all known"), "\(saved.errors)")
  }

  @Test("an interrupted run is still named, and its cells kept, when another of the same experiment has ended")
  func another() throws {
    let place = try TemporaryFolder()
    let (results, cache) = try interrupt(place, steps: 60)
    let environment = ["REPRO_CACHE": cache.file("cache")]
    let other = try Program.run(
      ["run", smoke.file, "--profile", "smoke", "--results", results], environment: environment)
    #expect(other.status == 0)
    let status = try Program.run(["status", "--results", results], environment: environment)
    let pattern = #/tiny/smoke  v0001, ended .*\ntiny/smoke  also interrupted, begun at .*; goes on with/#
    #expect(status.output.contains(pattern))
    #expect(status.output.contains(#/; goes on with: repro run .* --set grpo.steps=60/#))
    let clean = try Program.run(["clean", "--results", results, "--json"], environment: environment)
    let offered = try #require(try JSONValue(parsing: clean.output, file: "clean")["cells"]?.array).compactMap(\.string)
    let journals = SmokeRun.contents(cache.file("cache/cells")).keys.filter { $0.hasSuffix(".journal") }
    #expect(!journals.isEmpty && !journals.contains { journal in offered.contains { journal.contains($0) } })
  }

  @Test("a second iteration that is no number, again and again: the same mistake, and no state half way")
  func secondIteration() throws {
    let cache = try smoke.cacheOfBases()
    let place = try TemporaryFolder()
    let messages = try (0..<3).map { _ in
      let run = try Program.run(
        [
          "run", smoke.file, "--profile", "smoke", "--results", place.path, "--set", "grpo.iterations_per_rollout=2",
          "--set", "grpo.learning_rate=1",
        ], environment: ["REPRO_CACHE": cache.file("cache")])
      #expect(run.status == 2)
      return run.errors.split(separator: "\n").filter { $0.contains("error: ") || $0.contains("hint: ") }.joined(separator: "\n")
    }
    #expect(messages[0].contains("is not a finite number") && Set(messages).count == 1, "\(messages)")
    #expect(!SmokeRun.contents(cache.file("cache/cells")).keys.contains { $0.hasSuffix("state.safetensors") })
  }

  @Test("values and arguments that begin with a dash; what is allowed; the version")
  func dashes() throws {
    func errors(_ arguments: [String]) throws -> String { try smoke.run(arguments).errors }
    #expect(try errors(["show", "cell", "-a1b2"]).contains("follows -- (repro show cell -- -a1b2)"))
    #expect(try errors(["show", "cell", "--", "-a1b2"]).contains("there is no cell '-a1b2'"))
    #expect(try errors(["ask", "--model", "/none", "--question", "-5 or 5?", "--choice", "-5", "--choice", "5"])
      .contains("there is no such folder"))
    #expect(try errors(["features", "--out", "-x.npy", "a.wav"]).contains("a value is joined to its option"))
    #expect(try errors(["plan", smoke.file, "--profile", "smoke", "--set", "-x=1"]).contains("unknown field '-x'"))
    #expect(try errors(["development", "qwen", "--cache", "c"]).contains("there is no base 'qwen'; allowed: qwen2-audio-micro"))
    #expect(try errors(["development", "qwen2-audio-micro", "--cache", "c", "--group-size", "1"])
      .contains("--group-size 1 is outside 2...1024"))
    #expect(try errors(["development", "qwen2-audio-micro", "--cache", "c", "--sets", "aqva"]).contains("avqa"))
    let version = try smoke.run(["--version"])
    #expect(version.status == 0 && version.output.hasPrefix("repro 1.0, cell versions: model "))
  }
}
