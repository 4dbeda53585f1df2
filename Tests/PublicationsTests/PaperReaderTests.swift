// A paper's folder is read whole, or every mistake in it is named with its place.
import Diagnostics
import Foundation
import Publications
import TestSupport
import Testing

/// A change of one file of the toy paper, and what is said about it.
struct FaultyPaper: Sendable, CustomTestStringConvertible {
  var file = "paper.yaml"
  var find: String
  var replace: String
  var message: String
  var testDescription: String { message }
}

private let faulty: [FaultyPaper] = [
  FaultyPaper(find: "source: nowhere\n", replace: "", message: "paper.yaml:2:1: error: 'source' is missing"),
  FaultyPaper(
    find: "authors: Nobody", replace: "autors: Nobody",
    message: "paper.yaml:3:1: error: unknown field 'autors'\n  hint: did you mean 'authors'?  "
      + "(authors, benchmarks, controls, read, report, runs, settings, source, tables, title)"),
  FaultyPaper(
    find: "small: 8, large: 4", replace: "small: 8, large: 5",
    message: "paper.yaml:11:17: error: benchmarks.bells.categories: the categories add up to 13, not to 12"),
  FaultyPaper(
    find: "{small: 8, large: 4}", replace: "{small: 8, large: none}",
    message: "paper.yaml:11:17: error: benchmarks.bells.categories: every category has a number of questions"),
  FaultyPaper(
    find: "chance: 50", replace: "chance: 150",
    message: "paper.yaml:12:13: error: benchmarks.bells.chance: 150.0 is no percentage"),
  FaultyPaper(
    find: "questions: 12", replace: "questions: twelve",
    message: "paper.yaml:10:16: error: benchmarks.bells.questions: 'twelve' where a whole number is expected\n"
      + "paper.yaml:11:17: error: benchmarks.bells.categories: the categories add up to 12, not to 1"),
  FaultyPaper(
    find: "source: made up", replace: "source: made up\n    other_revision: gongs",
    message: "paper.yaml:8:3: error: bells.other_revision: 'gongs' is not a benchmark\n  hint: allowed: bells"),
  FaultyPaper(
    find: "{model: ear, with: sft, on: chimes, audio: true}", replace: "{model: ear, with: sft}",
    message: "paper.yaml:17:15: error: runs.deaf-shown: a run that is trained says on what: 'on' is missing"),
  FaultyPaper(
    find: "{model: ear, with: sft, on: chimes, audio: true}", replace: "{model: ear, on: chimes}",
    message: "paper.yaml:17:15: error: runs.deaf-shown: a run that is trained says whether with audio: 'audio' is missing"),
  FaultyPaper(
    find: "number: 7", replace: "number: 0",
    message: "paper.yaml:22:13: error: tables[1].number: 0 is outside 1...999"),
  FaultyPaper(
    find: "values: tables/bells.csv", replace: "values: tables/gongs.csv",
    message: "tables/gongs.csv: error: there is no such file"),
  FaultyPaper(
    find: "values: tables/bells.csv", replace: "values: ../bells.csv",
    message: "paper.yaml:25:13: error: tables[1].values: '../bells.csv' is not inside the paper's folder"),
  FaultyPaper(
    find: "benchmark: bells, name", replace: "benchmark: bels, name",
    message: "paper.yaml:31:36: error: tables[1].columns.all.benchmark: 'bels' is not a benchmark\n"
      + "  hint: did you mean 'bells'?  (bells)"),
  FaultyPaper(
    find: "category: small}", replace: "category: tiny}",
    message: "paper.yaml:29:71: error: tables[1].columns.small.category: 'tiny' is no category of bells\n"
      + "  hint: allowed: small, large"),
  FaultyPaper(
    find: "{run: deaf-shown}", replace: "{run: deaf-show}",
    message: "paper.yaml:35:20: error: tables[1].rows.shown.run: 'deaf-show' is no run of this paper\n"
      + "  hint: did you mean 'deaf-shown'?  (deaf, deaf-shown, deaf-rewarded, deaf-rewarded-twice)\n"
      + "paper.yaml:45:17: error: controls[1].models[1].tuned: table 7 has no measured row 'shown'\n"
      + "  hint: allowed: base, rewarded, twice"),
  FaultyPaper(
    find: "{origin: human, source: a ringer}", replace: "{origin: person, source: a ringer}",
    message: "paper.yaml:33:24: error: tables[1].rows.ringer.origin: 'person' is not an origin\n"
      + "  hint: allowed: measured, published, human"),
  FaultyPaper(
    find: "{origin: human, source: a ringer}", replace: "{origin: human}",
    message: "paper.yaml:33:15: error: tables[1].rows.ringer.source: a row of others needs a source\n"
      + "  hint: add source: where the values are from"),
  FaultyPaper(
    find: "{origin: human, source: a ringer}", replace: "{origin: human, source: a ringer, run: deaf}",
    message: "paper.yaml:33:24: error: tables[1].rows.ringer.origin: people are no run"),
  FaultyPaper(
    find: "      twice: {run: deaf-rewarded-twice}\n", replace: "",
    message: "tables/bells.csv:6: error: paper.yaml says nothing about the row 'twice'\n"
      + "  hint: add it to the table's rows: a run that measures it, or a source"),
  FaultyPaper(
    find: "      twice: {", replace: "      thrice: {run: deaf}\n      twice: {",
    message: "paper.yaml:37:7: error: rows: toy/tables/bells.csv has no row 'thrice'\n"
      + "  hint: did you mean 'twice'?  (ringer, base, shown, rewarded, twice)"),
  FaultyPaper(
    find: "column: all", replace: "column: some",
    message: "paper.yaml:41:13: error: controls[1].column: table 7 has no column 'some'\n  hint: allowed: small, large, all"),
  FaultyPaper(
    find: "- base: base", replace: "- base: ringer",
    message: "paper.yaml:43:15: error: controls[1].models[1].base: table 7 has no measured row 'ringer'\n"
      + "  hint: allowed: base, shown, rewarded, twice"),
  FaultyPaper(
    find: "tables: [7]", replace: "tables: [8]",
    message: "paper.yaml:52:12: error: report.tables: '8' is no table of this paper\n  hint: allowed: 7"),
  FaultyPaper(
    find: ", place: page 1", replace: "",
    message: "paper.yaml:48:5: error: settings[1]: a setting needs a place in the paper, or why its value is assumed\n"
      + "  hint: add place: or assumed:"),
  FaultyPaper(
    file: "tables/bells.csv", find: "62.50", replace: "162.50",
    message: "tables/bells.csv:4: error: small: '162.50' is not a percentage"),
  FaultyPaper(
    file: "tables/bells.csv", find: "id,section,system,small", replace: "id,section,system,tiny",
    message: "tables/bells.csv:1: error: no column 'small'\n"
      + "tables/bells.csv:1: error: unknown column 'tiny'\n  hint: allowed: id, system, small, large, all"),
  FaultyPaper(
    file: "tables/bells.csv", find: "\ntwice,", replace: "\nbase,",
    message: "tables/bells.csv:6: error: the row 'base' is there twice\n"
      + "paper.yaml:37:7: error: rows: toy/tables/bells.csv has no row 'twice'\n"
      + "  hint: allowed: ringer, base, shown, rewarded"),
  FaultyPaper(
    file: "tables/bells.csv", find: "91.67", replace: "91.67,1",
    message: "tables/bells.csv:6: error: 7 fields, the header has 6"),
  FaultyPaper(
    file: "claims.yaml", find: "7/rewarded/all", replace: "7/reworded/all",
    message: "claims.yaml:5:34: error: rewarding-helps.order.higher: table 7 has no row 'reworded'\n"
      + "  hint: did you mean 'rewarded'?  (ringer, base, shown, rewarded, twice)"),
  FaultyPaper(
    file: "claims.yaml", find: "toy/7/shown/all", replace: "other/7/shown/all",
    message: "claims.yaml:5:57: error: rewarding-helps.order.lower: 'other' is another paper: a claim is about its own "
      + "paper's tables"),
  FaultyPaper(
    file: "claims.yaml", find: "7/rewarded/all", replace: "8/rewarded/all",
    message: "claims.yaml:5:34: error: rewarding-helps.order.higher: there is no table 8\n  hint: allowed: 7"),
  FaultyPaper(
    file: "claims.yaml", find: "7/rewarded/all", replace: "rewarded",
    message: "claims.yaml:5:34: error: rewarding-helps.order.higher: 'rewarded' where a cell is expected, such as "
      + "1/row/column"),
  FaultyPaper(
    file: "claims.yaml", find: "is: 58.43", replace: "is: 5.8e1",
    message: "claims.yaml:11:42: error: showing-halves.value.is: '5.8e1' where a number as printed is expected, such as 68.6"),
  FaultyPaper(
    file: "claims.yaml", find: "{order:", replace: "{oder:",
    message: "claims.yaml:5:18: error: rewarding-helps: 'oder' is no kind of expression\n  hint: did you mean 'order'?  "
      + "(value, change, order, best, improves, gains, share, close, chance, count, same, all)"),
  FaultyPaper(
    file: "claims.yaml", find: "id: showing-halves", replace: "id: rewarding-helps",
    message: "claims.yaml:6:5: error: claims[2].id: the id 'rewarding-helps' is there twice"),
]

@Suite("Papers as folders")
struct PaperReaderTests {
  private static let toy = Fixtures.packageRoot.path + "/Tests/Golden/papers/toy"

  @Test("a paper that no line of the program names is read whole")
  func toy() throws {
    let paper = try PublishedPaper.load(folder: Self.toy)
    #expect(paper.id == "toy" && paper.tables.map(\.number) == [7] && paper.cells.count == 13)
    let table = try #require(paper.table(7))
    #expect(table.rows.map(\.name) == ["A ringer", "Ear, as it comes", "Ear, shown", "Rewarded ear", "Ear, rewarded twice"])
    #expect(table.columns.map(\.name) == ["Bells Small", "Bells Large", "all bells"])
    #expect(table.rows.map { $0.run?.method } == [nil, nil, "sft", "grpo", "grpo"])
    #expect(table.rows.map { $0.run?.needsName } == [nil, false, false, true, true])
    #expect(paper.settings.map(\.code) == ["1.0e-6", nil] && paper.claims.count == 2 && paper.notes.count == 1)
    let audit = PaperAudit(paper)
    #expect(audit.impossibleCells.map(\.cell.description) == ["toy/7/rewarded/large"])
    #expect(audit.failedClaims.map(\.claim.id) == ["showing-halves"])
    #expect(audit.claims.last?.evidence.first == "Table G, Ear, shown, all bells is 58.33, not 58.43")
  }

  @Test("a mistake in a paper is named with its place", arguments: faulty)
  func mistakes(_ change: FaultyPaper) throws {
    let place = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.toy, toPath: place.file("toy"))
    let text = try place.read("toy/" + change.file)
    #expect(text.contains(change.find), "\(change.find)")
    try place.write(text.replacing(change.find, with: change.replace, maxReplacements: 1), to: "toy/" + change.file)
    do throws(Diagnostics) {
      _ = try PublishedPaper.load(folder: place.file("toy"))
      Issue.record("no mistake was found")
    } catch {
      let said = error.list.map(\.description).joined(separator: "\n")
        .replacing(place.file("toy") + "/paper.yaml:", with: "paper.yaml:")
        .replacing(place.file("toy") + "/claims.yaml:", with: "claims.yaml:")
        .replacing("\n" + place.file("toy") + "/tables/", with: "\ntables/")
        .replacing(place.file(""), with: "")
      let shown = said.hasPrefix("toy/tables/") ? String(said.dropFirst(4)) : said
      #expect(shown == change.message)
    }
  }

  @Test("all mistakes of all files at once")
  func together() throws {
    let place = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.toy, toPath: place.file("toy"))
    for (file, find, replace) in [
      ("paper.yaml", "title:", "titel:"), ("tables/bells.csv", "62.50", "x"), ("claims.yaml", "7/base/all", "7/base/none"),
    ] {
      try place.write(try place.read("toy/" + file).replacing(find, with: replace, maxReplacements: 1), to: "toy/" + file)
    }
    do throws(Diagnostics) {
      _ = try PublishedPaper.load(folder: place.file("toy"))
      Issue.record("no mistake was found")
    } catch { #expect(error.list.count == 4, "\(error)") }
  }

  @Test("a shelf: the user's own papers before the project's, and what is not there is named")
  func shelf() throws {
    let place = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: Self.toy, toPath: place.file("toy"))
    let shelf = try PaperShelf(folders: [place.file(""), ProjectPapers.folder])
    #expect(shelf.standard == "omni-r1" && shelf.ids == ["omni-r1", "r1-aqa", "toy"])
    #expect(try shelf.paper("toy").tables.count == 1 && shelf.paper().id == "omni-r1")
    do throws(Diagnostics) {
      _ = try shelf.paper("toi")
      Issue.record("there is no such paper")
    } catch {
      #expect(error.list.first?.kind == .missing && error.description.contains("there is no paper 'toi' in "))
      #expect(error.description.contains("did you mean 'toy'?"))
    }
    do throws(Diagnostics) {
      _ = try PaperShelf(folders: [place.file("nothing")]).paper()
      Issue.record("there is no paper")
    } catch { #expect(error.list.first?.kind == .missing && error.description.contains("there is no paper: looked in ")) }
    try place.write("default: nobody\n", to: "papers.yaml")
    do throws(Diagnostics) {
      _ = try PaperShelf(folders: [place.file("")])
      Issue.record("there is no such paper")
    } catch {
      #expect(error.description.hasSuffix("papers.yaml:1:10: error: default: there is no paper 'nobody'\n  hint: allowed: toy"))
    }
  }

  @Test("rows and runs: a method tells two trainings on one set apart, a name where nothing else does")
  func joins() throws {
    let table = try #require(try PublishedPaper.load(folder: Self.toy).table(7))
    func rows(_ run: PublishedTable.Run) -> [String] { table.rows.filter { $0.run?.isSame(as: run) == true }.map(\.id) }
    func run(_ method: String?, _ name: String?) -> PublishedTable.Run {
      .init(model: "ear-micro", training: "chimes", trainingAudio: true, method: method, name: name)
    }
    #expect(rows(.init(model: "ear", training: nil, trainingAudio: false)) == ["base"])
    #expect(rows(run("sft", nil)) == ["shown"] && rows(run("sft", "mine")) == ["shown"])
    #expect(rows(run(nil, "deaf-rewarded")) == ["rewarded"] && rows(run("grpo", "deaf-rewarded-twice")) == ["twice"])
    #expect(rows(run("grpo", nil)) == [] && rows(run("dpo", nil)) == [])
    #expect(rows(.init(model: "ear", training: "chimes", trainingAudio: false)) == [])
  }
}
