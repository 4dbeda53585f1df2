// diff, list, show and clean: their texts on small results written here.
import ContentHash
import Foundation
import JSONText
import TestSupport
import Testing

@Suite("Results from the command line")
struct ResultCommandTests {
  /// Writes a version with one evaluation of five questions.
  private func write(_ place: TemporaryFolder, _ version: String, right: Set<Int>, steps: Int, key: String) throws {
    let folder = "results/tiny/micro/" + version
    try FileManager.default.createDirectory(
      atPath: place.file(folder + "/predictions"), withIntermediateDirectories: true)
    let lines = (1...5).map { number in
      "{\"category\":\"sound\",\"correct\":\(right.contains(number)),\"id\":\"q\(number)\"}\n"
    }
    try place.write(lines.joined(), to: folder + "/predictions/base-mmau-mini-audio-greedy.jsonl")
    let scores: JSONValue = .object([
      "reproduces": .array([]),
      "cells": .array([
        .object([
          "name": "base-mmau-mini-audio-greedy", "model": "qwen2-audio", "training": .null, "training_audio": .null,
          "benchmark": "mmau-mini", "audio": true, "decoding": "greedy", "seed": .null, "n": 5,
          "correct": .integer(right.count), "categories": .object([:]), "key": .string(key), "chance": 0.25,
        ])
      ]),
    ])
    try place.write(scores.indentedText, to: folder + "/scores.json")
    let provenance: JSONValue = .object([
      "arithmetic": "canonical", "cells": .object(["base-mmau-mini-audio-greedy": .string(key)]),
      "inputs": .object(["mmau-mini": .string(Digest(of: "\(steps)").hexadecimal)]),
    ])
    try place.write(provenance.indentedText, to: folder + "/provenance.json")
    try place.write(
      "title: Tiny\ngrpo: {steps: \(steps)}\ncells:\n  - model: qwen2-audio\n"
        + "  - {train: {from: qwen2-audio, on: avqa, audio: true}, as: tuned}\n", to: folder + "/experiment.yaml")
  }

  private func run(_ place: TemporaryFolder, _ arguments: [String]) throws -> Program.Outcome {
    try Program.run(arguments, environment: ["REPRO_CACHE": place.file("cache")], in: place.path)
  }

  @Test("diff: settings, provenance, scores with test and interval, flips; 1 if a byte differs, 0 if none does")
  func diff() throws {
    let place = try TemporaryFolder()
    try write(place, "v0001", right: [1, 2], steps: 10, key: "aa11")
    try write(place, "v0002", right: [2, 3, 4, 5], steps: 20, key: "bb22")
    let outcome = try run(place, ["diff", "tiny/micro/v0001", "tiny", "--flips"])
    #expect(outcome.status == 1, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "first   tiny/micro/v0001  (results/tiny/micro/v0001)")
    #expect(lines[1] == "second  tiny/micro/v0002  (results/tiny/micro/v0002)")
    #expect(Array(lines[2...5]) == ["", "Settings", "  grpo.steps  10  20", ""])
    #expect(lines[6] == "Provenance")
    #expect(lines[7] == "  inputs.mmau-mini  4a44dc153642…  f5ca38f748a1…")
    #expect(
      lines[10] == "  base-mmau-mini-audio-greedy  40.0 2/5       80.0 4/5       +40.0 (-31.3 to +80.4)       0.625  +3 -1")
    #expect(lines[11] == "    + q3 q4 q5")
    #expect(lines[12] == "    - q1")
    #expect(
      lines[13] == "  p: McNemar's exact test; interval: Newcombe's; flips: right in the second only, in the first only")
    #expect(lines[15] == "Files: 4 differ")
    let json = try JSONValue(parsing: try run(place, ["diff", "tiny/micro/v0001", "tiny", "--json"]).output, file: "d")
    let score = json["scores"]?.array?.first
    #expect(score?["p"]?.double == 0.625 && score?["only_second"]?.array?.compactMap(\.string) == ["q3", "q4", "q5"])
    #expect(json["same"]?.boolean == false && json["settings"]?.array?.count == 1)

    let same = try run(place, ["diff", "results/tiny/micro/v0002", "tiny/micro"])
    #expect(same.status == 0 && same.output.hasSuffix("\n\nThe same, byte for byte.\n"))
  }

  @Test("a version that is not there is named, with what is")
  func versions() throws {
    let place = try TemporaryFolder()
    try write(place, "v0001", right: [1], steps: 10, key: "aa11")
    func words(_ version: String) throws -> String {
      let outcome = try run(place, ["show", "results", version])
      #expect(outcome.status == 3)
      return outcome.errors
    }
    #expect(
      try words("tiny/micro/v0003")
        == "error: there is no version 'v0003' in results/tiny/micro\n  hint: did you mean 'v0001'?  (v0001)\n")
    #expect(
      try words("tyni")
        == "error: there are no results in results/tyni/micro\n  hint: did you mean 'tiny/micro'?  (tiny/micro)\n")
    #expect(
      try words("/nowhere")
        == "error: '/nowhere' is no version of results\n  hint: write experiment/profile/v0001, experiment/profile, or a folder\n")
    let empty = try TemporaryFolder()
    #expect(
      try run(empty, ["show", "results", "table4"]).errors
        == "error: there are no results in results/table4/micro\n  hint: repro run table4.yaml --profile micro\n")
    #expect(try run(empty, ["status"]).output.hasPrefix("nothing has run: no results in results\ncache: 0 cells, 0 B in "))
  }

  @Test("show results: counts, accuracy, interval, key")
  func results() throws {
    let place = try TemporaryFolder()
    try write(place, "v0001", right: [1, 2], steps: 10, key: "aa11bb22cc33dd44")
    #expect(
      try run(place, ["show", "results", "tiny"]).output == """
        tiny/micro/v0001, in results/tiny/micro/v0001

                                     right       accuracy  95 % interval   cell
        base-mmau-mini-audio-greedy  2/5         40.0 %    11.8 to 76.9    aa11bb22cc33

        the report: results/tiny/micro/v0001/report.md

        """)
  }

  @Test("list: every experiment with its title and where its versions are")
  func list() throws {
    let place = try TemporaryFolder()
    try write(place, "v0001", right: [1], steps: 10, key: "aa11")
    try write(place, "v0002", right: [1], steps: 10, key: "aa11")
    try FileManager.default.createDirectory(atPath: place.file("Experiments"), withIntermediateDirectories: true)
    try place.write("title: Four\ncells: [{model: qwen2-audio}]\n", to: "Experiments/table4.yaml")
    #expect(
      try run(place, ["list"]).output == """
        table4  Four
        tiny    (its file is not here)
                micro   v0001, v0002  results/tiny/micro

        """)
  }

  @Test("clean: what no newest results refer to; nothing goes without --yes; ages and sizes")
  func clean() throws {
    let place = try TemporaryFolder()
    try write(place, "v0001", right: [1], steps: 10, key: "aa11")
    for (key, size) in [("aa11", 1000), ("bb22", 2000), ("cc33", 3000)] {
      let folder = "cache/cells/\(key.prefix(2))/\(key)"
      try FileManager.default.createDirectory(atPath: place.file(folder), withIntermediateDirectories: true)
      try place.write(String(repeating: "x", count: size), to: folder + "/predictions.jsonl")
      try place.write("{\"files\":{},\"seconds\":1}", to: folder + "/done.json")
      let day = Double(["aa11": 1, "bb22": 2, "cc33": 3][key] ?? 0)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -86_400 * day)], ofItemAtPath: place.file(folder + "/done.json"))
    }
    func keys(_ arguments: [String]) throws -> [String] {
      let json = try JSONValue(parsing: try run(place, ["clean", "--json"] + arguments).output, file: "clean")
      #expect(json["removed"]?.boolean == false)
      return json["cells"]?.array?.compactMap(\.string) ?? []
    }
    #expect(try keys([]) == ["bb22", "cc33"])
    #expect(try keys(["--all"]) == ["aa11", "bb22", "cc33"])
    #expect(try keys(["--older-than", "60h"]) == ["cc33"])
    #expect(try keys(["--all", "--older-than", "12h"]) == ["aa11", "bb22", "cc33"])
    // The oldest of what nothing refers to goes first.
    #expect(try keys(["--max-size", "4kB"]) == ["cc33"])
    #expect(try keys(["--max-size", "1kB", "--all"]) == ["cc33", "bb22", "aa11"])
    let dry = try run(place, ["clean"])
    #expect(dry.output.hasSuffix("\nwould remove 2 cells of 3, 5.0 kB; --yes does it\n"))
    #expect(dry.output.hasPrefix("  bb22  2.0 kB  20"))
    let done = try run(place, ["clean", "--yes"])
    #expect(done.output.hasSuffix("\nremoved 2 cells of 3, 5.0 kB\n"))
    #expect(!FileManager.default.fileExists(atPath: place.file("cache/cells/bb/bb22")))
    #expect(try run(place, ["clean", "--yes"]).output == "nothing to remove: 1 cell, 1.0 kB in \(place.file("cache"))\n")
    let wrong = try run(place, ["clean", "--max-size", "big"])
    #expect(wrong.status == 2 && wrong.errors.contains("big"))
  }
}

@Suite("Showing prompts and cells", .serialized)
struct ShowTests {
  private let smoke: SmokeRun

  init() throws { smoke = try SmokeRun.shared.get() }

  @Test("the exact prompt of a question: words, ids, their digest")
  func prompt() throws {
    let outcome = try smoke.run(["show", "prompt", "mmau-mini", "--profile", "smoke", "--json"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = try JSONValue(parsing: outcome.output, file: "prompt")
    let user = try #require(json["user_text"]?.string)
    let text = try #require(json["text"]?.string)
    #expect(user.contains(" Please choose the answer from the following options: ['"))
    #expect(
      text == "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|audio_bos|><|AUDIO|><|audio_eos|>"
        + user + "<|im_end|>\n<|im_start|>assistant\n")
    let tokens = (json["tokens"]?.array ?? []).compactMap(\.integer)
    let audio = try #require(json["audio_tokens"]?.integer)
    #expect(audio > 10 && tokens.count > audio)
    #expect(json["sha256"]?.string == Digest(of: tokens.map { "\($0)\n" }.joined()).hexadecimal)
    let page = try smoke.run(["show", "prompt", "mmau-mini", "--profile", "smoke"])
    #expect(page.output.contains("\n\(tokens.count) tokens, \(audio) of them audio; SHA-256 "))
    #expect(page.output.contains("×\(audio)"))
    let silent = try smoke.run(["show", "prompt", "mmau-mini", "--profile", "smoke", "--without-audio"])
    #expect(!silent.output.contains("AUDIO") && silent.output.contains(", 0 of them audio;"))
    // A file is read by itself, the settings of an experiment are taken.
    let file = smoke.cache + "/micro-world/smoke-1/mmau/mmau-test-mini.json"
    let changed = try smoke.run([
      "show", "prompt", file, "--benchmark", "mmau", "--profile", "smoke", "--experiment", smoke.file, "--set",
      "prompt.choices=comma_list", "--json",
    ])
    let other = try JSONValue(parsing: changed.output, file: "prompt")
    #expect(other["user_text"]?.string?.contains("['") == false && other["id"]?.string == json["id"]?.string)
  }

  @Test("a set, a question or a model that is not there is named")
  func refusals() throws {
    func words(_ arguments: [String]) throws -> String {
      let outcome = try smoke.run(["show"] + arguments)
      #expect(outcome.status == 2 || outcome.status == 3)
      return outcome.errors
    }
    #expect(
      try words(["prompt", "mmua-mini", "--profile", "smoke"]).hasPrefix(
        "error: 'mmua-mini' is not a set\n  hint: did you mean 'mmau-mini'?"))
    #expect(
      try words(["prompt", "mmau-mini", "--profile", "smoke", "--id", "x"]) == "error: there is no question 'x' in mmau-mini\n")
    #expect(
      try words(["prompt", "mmau-mini", "--profile", "smoke", "--model", "qwen2"])
        == "error: 'qwen2' is neither a model nor a checkpoint folder\n  hint: allowed: qwen2-audio, qwen2.5-omni\n")
    #expect(
      try words(["cell", "tuned-s2", "--results", smoke.results])
        == "error: there is no cell 'tuned-s2'\n  hint: did you mean 'tuned-s1'?\n")
  }

  @Test("a cell by its name and by its key")
  func cell() throws {
    let key = try #require(try smoke.plan(["--profile", "smoke"])["tuned-s1"]?.key)
    let byName = try smoke.run(["show", "cell", "tuned-s1", "--results", smoke.results])
    #expect(byName.output.hasPrefix("\(key)  done\n  named     tiny/smoke/tuned-s1\n  folder    \(smoke.cache)/cells/"))
    #expect(byName.output.contains("training.jsonl\n") && byName.output.contains("  memory    "))
    let byKey = try smoke.run(["show", "cell", String(key.prefix(10)), "--results", smoke.results])
    #expect(byKey.output == byName.output)
  }
}
