// The catalogue of models and data sets: the project's own, a user's beside it, and every mistake in one.
import Catalogue
import Diagnostics
import Foundation
import MicroWorld
import Models
import Questions
import TestSupport
import Testing

@Suite("The catalogue")
struct CatalogueTests {
  private func read(_ files: [String: String]) throws -> Catalogue {
    let folder = try TemporaryFolder()
    for (name, text) in files {
      let own = folder.file(String(name.split(separator: "/")[0]))
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      try folder.write(text, to: name)
    }
    return try Catalogue(folders: Set(files.keys.map { String($0.split(separator: "/")[0]) }).sorted().map { folder.file($0) })
  }

  @Test("the project's own: every set of the micro world stands in for one, and each of its models for one")
  func own() throws {
    let catalogue = try Catalogue.standard()
    #expect(Set(catalogue.sets.compactMap(\.standIn)) == Set(MicroSet.allCases))
    #expect(Set(catalogue.models.compactMap(\.standIn)) == Set(CatalogueModel.StandIn.allCases))
    #expect(catalogue.trainingSets.map(\.name) == ["avqa", "avqa-gpt", "vggs-gpt", "arc-easy"])
    #expect(catalogue.set("arc-easy")?.hasSound == false && catalogue.set("mmar")?.clips == "audio")
    // What the program asks for is what was published.
    let mini = try #require(catalogue.set("mmau-mini"))
    let published = PublishedRevision.all.first { $0.commit == MMAURevision.original.commit }
    #expect(mini.published.map(\.sha256) == [published?.fileDigest] && mini.isToldApart)
    #expect(mini.published[0].address.contains("/\(MMAURevision.original.commit)/"))
    for set in catalogue.sets where set.form == .mmau {
      #expect(set.published[0].address.contains(try #require(set.revision).commit))
    }
  }

  @Test("a user's rows stand before the project's; a row of a known family or form needs nothing else")
  func users() throws {
    let catalogue = try read([
      "a/mine.yaml": """
        models:
          qwen2.5-omni-3b: {family: qwen2_5_omni, weights: Qwen/Qwen2.5-Omni-3B}
          qwen2-audio: {family: qwen2_audio, weights: /models/mine}
        sets:
          bells: {role: benchmark, form: mmar, folder: private/bells, files: [bells.jsonl], clips: audio}
        """,
      "b/models.yaml": "models: {qwen2-audio: {family: qwen2_audio, weights: Qwen/X, stand_in: qwen2-audio}}\n",
    ])
    #expect(catalogue.models.map(\.name) == ["qwen2.5-omni-3b", "qwen2-audio"])
    #expect(catalogue.model("qwen2-audio")?.weights == "/models/mine" && catalogue.model("qwen2-audio")?.standIn == nil)
    let bells = try #require(catalogue.set("bells"))
    #expect(bells.role == .benchmark && bells.form == .mmar && bells.revision == nil && bells.standIn == nil)
    #expect(catalogue.benchmarks == [bells])
  }

  @Test("mistakes, all at once, each at its place")
  func faulty() throws {
    let words = refusal {
      try read([
        "a/x.yaml": """
          models:
            one: {family: qwen3, weights: a/b}
            two: {family: qwen2_audio, weights: a/b, stand_in: qwen2.5-omni}
            "a/b": {family: qwen2_audio, wieghts: a/b}
          sets:
            s: {role: benchmark, form: mmau, folder: ../s, files: [a/b.json], revision: newest}
            t: {role: training, form: avqa, folder: t, files: [t.json], revision: original, stand_in: avqa-g}
            u: {role: test, form: csv, folder: u, files: [u], published: [{path: /u, address: "ftp://u"}]}
          """
      ])
    }
    let found = (words ?? "").split(separator: "\n").map { line in
      String(line.split(separator: "x.yaml:").last ?? line)
    }
    for line in [
      "2:17: error: models.one.family: 'qwen3' is not a family", "  hint: allowed: qwen2_audio, qwen2_5_omni",
      "3:54: error: models.two.stand_in: it is of the family qwen2_5_omni, this model of qwen2_audio",
      "4:3: error: models: 'a/b' is no name: letters, digits, '.', '_' and '-', at most 64",
      "4:10: error: models.a/b: 'weights' is missing",
      "6:44: error: sets.s.folder: '../s' does not stay below the folder of data sets",
      "6:57: error: sets.s.files: 'a/b.json' is not the name of a file in its folder",
      "6:79: error: sets.s.revision: 'newest' is not a revision of MMAU",
      "7:73: error: sets.t.revision: only MMAU's form has revisions",
      "8:13: error: sets.u.role: 'test' is not a role", "8:25: error: sets.u.form: 'csv' is not a form of questions",
      "8:72: error: sets.u.published[1].path: '/u' does not stay below the folder of data sets",
      "8:85: error: sets.u.published[1].address: an address begins with https://",
      "8:65: error: sets.u.published[1]: a published file has a form or a table",
    ] {
      #expect(found.contains { $0.hasPrefix(line) }, "\(line)\n\(words ?? "")")
    }
    let form = refusal {
      try read(["a/x.yaml": "sets: {s: {role: benchmark, form: mmar, folder: s, files: [s], stand_in: mmau-mini}}"])
    }
    #expect(form?.contains("sets.s.stand_in: it has the form mmau, this set mmar") == true, "\(form ?? "")")
    let twice = refusal { try read(["a/x.yaml": "models: {m: {family: qwen2_audio, weights: a/b}}", "a/y.yaml": "models: {m: {family: qwen2_audio, weights: a/b}}"]) }
    #expect(twice?.contains("y.yaml:1:10: error: models: there are two rows of the name 'm'") == true, "\(twice ?? "")")
  }
}
