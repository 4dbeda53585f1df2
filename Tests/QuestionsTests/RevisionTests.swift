// Revisions of MMAU's test-mini are told by what they ask.
import ContentHash
import Diagnostics
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Revisions of MMAU")
struct RevisionTests {
  @Test("17 revisions are known, of 14 contents")
  func table() {
    let all = PublishedRevision.all
    #expect(all.count == 17)
    #expect(Set(all.map(\.commit)).count == 17)
    #expect(Set(all.map(\.fileDigest)).count == 17)
    #expect(Set(all.map(\.contentDigest)).count == 14)
    #expect(all.allSatisfy { $0.fileDigest.count == 64 && $0.contentDigest.count == 64 })
    #expect(all.count { $0.family == .original } == 6)
    #expect(all.first { $0.commit == "8f62d71" }?.text == "v05.15.25 (8f62d71 of 2025-05-19)")
    #expect(all.first { $0.commit == "f2017e3" }?.text == "v05.15.25 (2dcf44d or f2017e3 of 2025-05-16)")
    #expect(all.first { $0.commit == "1f675a9" }?.shares == ItemShares(count: 1000, original: 1000, revised: 636))
  }

  /// Items of a real file.
  private func items(_ name: String) throws -> [RevisionItem] {
    let folder = DataFolder(Fixtures.shared.path + "/benchmarks")
    return try Benchmark(mmau: "mmau-test-mini-\(name).json", in: folder, name: "mmau").questions.map {
      RevisionItem(id: $0.id, question: $0.question, choices: $0.choices, answer: $0.answer ?? "")
    }
  }

  @Test(
    "the two real files are known in any order; one word changed, and they are not",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"))
  func real() throws {
    let original = try items("original"), revised = try items("v05.15.25")
    #expect(RevisionFinding(original.reversed()).commit == "1f675a9")
    #expect(RevisionFinding(revised.reversed()).commit == "f0a4a97")
    #expect(RevisionFinding(original).remark(.original) == nil)
    #expect(
      RevisionFinding(revised).remark(.original)
        == "are those of v05.15.25 (f0a4a97 of 2025-08-09), not of original (1f675a9), with which they share 636 of 1000 items")
    var changed = original
    changed[7].question += " "
    #expect(
      RevisionFinding(changed).text
        == "unknown: 999 of its 1000 items are those of original (1f675a9), 635 those of v05.15.25 (f0a4a97)")
    #expect(RevisionFinding(changed).revision == nil)
    changed = original
    changed[7].choices.swapAt(0, 1)
    #expect(RevisionFinding(changed).commit == nil)
    #expect(
      RevisionFinding(Array(original[..<998])).text.hasPrefix("unknown: 998 of its 998 items are those of original"))
    // New questions under the old ids.
    var launch = revised
    for index in launch.indices { launch[index].id = original[index].id }
    let finding = RevisionFinding(launch)
    #expect(finding.revision == nil)
    #expect(finding.text.hasPrefix("unknown"))
  }

  @Test(
    "a file of the other revision is refused, saved as it may be; one that is nearer to the wanted one passes with a word",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"))
  func required() throws {
    let source = Fixtures.shared.path + "/benchmarks/mmau-test-mini-v05.15.25.json"
    let rows = try JSONValue(parsing: Array(Data(contentsOf: URL(fileURLWithPath: source))), file: source).array ?? []
    let folder = try TemporaryFolder()
    func file(_ rows: some Collection<JSONValue>) throws -> QuestionFile {
      try folder.write(rows.map { $0.canonicalText + "\r\n" }.joined(), to: "a.json")
      return try QuestionFile(folder.file("a.json"))
    }
    let lines = try file(rows.reversed())
    #expect(lines.revision.text == "v05.15.25 (f0a4a97 of 2025-08-09)")
    try lines.require(.revised)
    #expect(
      refusal { try lines.require(.original) }?.hasSuffix(
        """
        a.json: error: holds the revision v05.15.25 (f0a4a97 of 2025-08-09), not original (1f675a9)
          hint: their scores cannot be set beside each other; each has a folder of its own
        """) == true)
    let part = try file(rows[..<900])
    try part.require(.revised)
    #expect(part.revision.remark(.revised)?.hasPrefix("are none of the published revisions: ") == true)
    #expect(refusal { try part.require(.original) }?.contains("nearer to v05.15.25 than to original: ") == true)
  }

  @Test("a file without ids is refused once, and told by name where it is known")
  func withoutIds() throws {
    let row = "{\"audio_id\": \"a.wav\", \"question\": \"Q\", \"choices\": [\"x\"], \"answer\": \"x\"}"
    let set = try DataCase("[\(row), \(row), \(row)]")
    #expect(
      set.complaint { try set.mmau() }
        == "set.json: error: row 1: id is missing, here and in all 3 rows")
  }
}
