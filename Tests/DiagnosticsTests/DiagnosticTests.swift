// The text of a mistake, the order of many, and the word that was meant.
import Diagnostics
import Testing

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test("place, severity, path, fact and hint stand where they belong; what is unknown is left out")
  func rendering() {
    #expect(Diagnostic("it broke").description == "error: it broke")
    #expect(
      Diagnostic(
        "1 is outside 2...1024", at: SourceMark(file: "a.yaml", line: 9, column: 15), path: "grpo.group_size",
        hint: "at least 2"
      ).description == "a.yaml:9:15: error: grpo.group_size: 1 is outside 2...1024\n  hint: at least 2")
    #expect(Diagnostic("is empty", at: SourceMark(file: "b.wav")).description == "b.wav: error: is empty")
    #expect(
      Diagnostic("odd", at: SourceMark(file: "c", line: 3), severity: .warning).description == "c:3: warning: odd")
    #expect(
      Diagnostic("as you asked", path: "x", severity: .note, kind: .missing).description == "note: x: as you asked")
  }

  @Test("many are sorted by file, line and column; those without a place come first, in their own order")
  func sorting() {
    let list = Diagnostics([
      Diagnostic("four", at: SourceMark(file: "b", line: 1)), Diagnostic("one"),
      Diagnostic("three", at: SourceMark(file: "a", line: 10, column: 2)),
      Diagnostic("two a", at: SourceMark(file: "a", line: 10, column: 1)), Diagnostic("one more"),
      Diagnostic("two b", at: SourceMark(file: "a", line: 10, column: 1)), Diagnostic("begin", at: SourceMark(file: "a")),
    ])
    #expect(list.sorted.map(\.fact) == ["one", "one more", "begin", "two a", "two b", "three", "four"])
    #expect(
      Diagnostics([Diagnostic("x", at: SourceMark(file: "f", line: 2)), Diagnostic("y", at: SourceMark(file: "f", line: 1))])
        .description == "f:1: error: y\nf:2: error: x")
  }

  @Test("warnings alone stop nothing")
  func throwing() {
    var list = Diagnostics()
    list.report(Diagnostic("careful", severity: .warning))
    #expect(!list.hasErrors)
    #expect(throws: Never.self) { try list.throwIfAnyError() }
    list.report(Diagnostic("no"))
    #expect(throws: list) { try list.throwIfAnyError() }
  }

  @Test("the edit distance counts insertions, deletions, replacements and swaps")
  func distances() {
    let cases: [(String, String, Int)] = [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("groupsize", "group_size", 1),
      ("mmua", "mmau", 1), ("ab", "ba", 1), ("abcdef", "badcfe", 3), ("é", "e", 1),
    ]
    for (a, b, distance) in cases {
      #expect(editDistance(a, b) == distance, "\(a) \(b)")
      #expect(editDistance(b, a) == distance, "\(b) \(a)")
    }
    // Long texts cost no more than 64 characters do.
    #expect(editDistance(String(repeating: "a", count: 1_000_000), String(repeating: "b", count: 1_000_000)) == 64)
  }

  @Test("a near word is suggested, a far one is not, and short lists are printed")
  func suggestions() {
    #expect(suggestion(for: "mmua", among: ["mmau", "mmar"]) == "did you mean 'mmau'?  (mmau, mmar)")
    #expect(suggestion(for: "Groupsize", among: ["group_size"]) == "did you mean 'group_size'?  (group_size)")
    #expect(suggestion(for: "zebra", among: ["mmau", "mmar"]) == "allowed: mmau, mmar")
    let many = (0..<20).map { "setting_\($0)" }
    #expect(suggestion(for: "settin_3", among: many) == "did you mean 'setting_3'?")
    #expect(suggestion(for: "zebra", among: many) == nil)
    #expect(nearest(to: "ab", among: ["xy"]) == nil)
    #expect(nearest(to: "stepps", among: ["step", "steps"]) == "steps")
  }
}
