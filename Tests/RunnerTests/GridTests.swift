// An evaluation over a grid of factors: the cells it stands for, their names and keys, and what is refused.
import Diagnostics
import Experiments
import Foundation
import Runner
import TestSupport
import Testing

@Suite("Grids of factors")
struct GridTests {
  private func read(_ text: String) throws -> Experiment {
    try Experiment.read(Array(text.utf8), file: "t.yaml", profile: .smoke)
  }

  private func file(_ grid: String, rest: String = "on: mmau-mini, audio: true") -> String {
    "title: A test\ncells:\n  - model: qwen2-audio\n  - evaluate: {models: qwen2-audio, \(rest), grid: \(grid)}\n"
  }

  private func plan(_ experiment: Experiment) throws -> Plan {
    let folder = try TemporaryFolder()
    return try Plan(
      experiment, sources: DataSources(profile: .smoke, cache: CellCache(root: folder.file("cache")), threads: 1))
  }

  @Test("every combination is a cell, the last factor changing fastest; names are the levels'")
  func cells() throws {
    let experiment = try read(
      file("{prompt.template: {paper: \"{question} {choices}\", bare: \"{choices} {question}\"}, decoding: [greedy, likelihood], scorer: [string_match, contains]}"))
    let jobs = try plan(experiment).jobs
    #expect(
      jobs.map(\.name) == [
        "qwen2-audio", "qwen2-audio-mmau-mini-audio-greedy-paper-string_match",
        "qwen2-audio-mmau-mini-audio-greedy-paper-contains", "qwen2-audio-mmau-mini-audio-likelihood-paper-string_match",
        "qwen2-audio-mmau-mini-audio-likelihood-paper-contains", "qwen2-audio-mmau-mini-audio-greedy-bare-string_match",
        "qwen2-audio-mmau-mini-audio-greedy-bare-contains", "qwen2-audio-mmau-mini-audio-likelihood-bare-string_match",
        "qwen2-audio-mmau-mini-audio-likelihood-bare-contains",
      ])
    #expect(Set(jobs.map(\.key)).count == jobs.count)
    // What is resolved can be run again.
    let again = try read(experiment.resolved)
    #expect(again.cells == experiment.cells)
    #expect(try plan(again).jobs.map(\.key) == jobs.map(\.key))
    #expect(experiment.resolved.contains("levels: {prompt.template: \"bare\", decoding: \"greedy\", scorer: \"contains\"}}"))
    #expect((0..<9).map { experiment.gridSpread(upTo: $0).count } == [0, 0, 0, 0, 0, 0, 0, 0, 8])
  }

  @Test("a cell of a grid has the key of the same evaluation outside it, and adds nothing to other cells")
  func keys() throws {
    let alone = try plan(
      read(
        "title: A test\ncells:\n  - model: qwen2-audio\n  - evaluate: {models: qwen2-audio, on: mmau-mini, audio: true}\n"
          + "  - evaluate: {models: qwen2-audio, on: mmau-v05.15.25-mini, audio: true, set: {scorer: exact}}\n")
    ).jobs
    let grid = try plan(
      read(file("{on: {old: mmau-mini, new: mmau-v05.15.25-mini}, scorer: [string_match, exact]}", rest: "audio: true"))
    ).jobs
    #expect(grid.map(\.name).last == "qwen2-audio-mmau-v05.15.25-mini-audio-greedy-exact")
    #expect(grid[1].key == alone[1].key && grid[4].key == alone[2].key)
  }

  @Test("another scorer counts the same answers; nothing else is asked for them", arguments: [
    ("{scorer: [string_match, contains, exact]}", [false, true, true]),
    ("{scorer: [string_match, contains], max_new_tokens: [8, 16]}", [false, false, true, true]),
    ("{prompt.choices: [python_list, lettered]}", [false, false]),
  ])
  func rescored(_ grid: String, _ wanted: [Bool]) throws {
    let plan = try plan(read(file(grid)))
    #expect(plan.jobs.dropFirst().map { plan.isRescored($0) } == wanted)
  }

  @Test("faulty grids are named with their place", arguments: [
    ("{scorer: [exact]}", "cells[2].evaluate.grid.scorer: a factor has two levels or more\n  hint: a list, or names with their values"),
    ("{scorer: [exact, exact]}", "cells[2].evaluate.grid.scorer: the level 'exact' is there twice"),
    ("{scorer: [exact, exakt]}", "cells[2].evaluate.set.scorer: 'exakt' is not a scorer\n  hint: did you mean 'exact'?"),
    ("{scorr: [exact, contains]}", "cells[2].evaluate.set: unknown field 'scorr'\n  hint: did you mean 'scorer'?"),
    ("{on: [mmau-mini, mmar]}", "cells[2].evaluate.grid.on: it is a factor of the grid, and has a value in the cell too"),
    ("{prompt.template: ['{question} {choices}', '{choices} {question}']}", "'{question} {choices}' is no name of a level"),
    ("[exact]", "cells[2].evaluate.grid: a list where factors with their levels are expected"),
    ("{scorer: [exact, contains, string_match, first_letter], seed: [1, 2, 3, 4, 5], top_k: [1, 2, 3, 4, 5], max_new_tokens: [1, 2, 3, 4]}",
      "cells[2].evaluate.grid: its factors make 400 cells; the limit is 256"),
  ])
  func faulty(_ grid: String, _ words: String) {
    let found = refusal { try read(file(grid)) } ?? ""
    #expect(found.contains(words), "\(found)")
    // What every cell of the grid has wrong is told once.
    #expect(found.components(separatedBy: "error: ").count <= 3, "\(found)")
  }
}
