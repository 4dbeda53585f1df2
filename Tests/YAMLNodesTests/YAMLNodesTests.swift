// YAML in: what is read, where it stands, and what is refused in which words.
import Diagnostics
import Foundation
import TestSupport
import Testing
import YAMLNodes

@Suite("YAML nodes")
struct YAMLNodesTests {
  private func parse(_ text: String, limits: YAMLLimits = YAMLLimits()) throws -> YAMLNode? {
    try YAMLNode.parse(Array(text.utf8), file: "t.yaml", limits: limits)
  }
  private func words(_ text: String, limits: YAMLLimits = YAMLLimits()) -> String? {
    refusal { try parse(text, limits: limits) }
  }

  @Test("scalars mean what the core schema says, and quoted ones are texts")
  func scalars() throws {
    let root = try #require(
      try parse("a: 12\nb: -1.5e3\nc: true\nd: ~\ne: \"12\"\nf: 'true'\ng: word\nh: |\n  two\n  lines\ni: 0x10\nj: .inf\n"))
    func value(_ key: String) -> YAMLNode? { root.mapping?.first { $0.key == key }?.value }
    #expect(value("a")?.integer == 12 && value("a")?.number == 12)
    #expect(value("b")?.number == -1500 && value("b")?.integer == nil)
    #expect(value("c")?.boolean == true && value("d")?.isNull == true)
    #expect(value("e")?.integer == nil && value("e")?.text == "12")
    #expect(value("f")?.boolean == nil && value("f")?.text == "true")
    #expect(value("g")?.text == "word" && value("h")?.text == "two\nlines\n")
    // Neither hexadecimal nor infinite numbers are numbers here.
    #expect(value("i")?.integer == nil && value("j")?.number == nil)
  }

  @Test("every node knows its line and column, in block and flow, behind wide characters and CRLF")
  func marks() throws {
    let root = try #require(try parse("title: ä b\r\nlist: [1, {deep: x}]\n"))
    let pairs = try #require(root.mapping)
    #expect(pairs[0].keyMark.text == "t.yaml:1:1" && pairs[0].value.mark.text == "t.yaml:1:8")
    let list = try #require(pairs[1].value.sequence)
    #expect(list[0].mark.text == "t.yaml:2:8" && list[1].mark.text == "t.yaml:2:11")
    #expect(list[1].mapping?.first?.keyMark.text == "t.yaml:2:12")
  }

  @Test("an empty document is none; comments alone are none")
  func empty() throws {
    #expect(try parse("") == nil)
    #expect(try parse("# only words\n\n") == nil)
  }

  @Test("alias bombs are refused at their first anchor, long before they grow")
  func bombs() {
    // The billion laughs: nine lines that stand for a billion texts.
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (name, last) in zip("bcdefghi", "abcdefgh") {
      bomb += "\(name): &\(name) [" + [String](repeating: "*\(last)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(words(bomb) == "t.yaml:1:4: error: an anchor (&); write the value out")
    #expect(words("a: *b\n") == "t.yaml:1:4: error: an alias (*); write the value out")
    #expect(words("a: &x {b: 1}\n") == "t.yaml:1:4: error: an anchor (&); write the value out")
    #expect(words("a: &x 1\n") == "t.yaml:1:4: error: an anchor (&); write the value out")
    #expect(words("<<: *base\n") == "t.yaml:1:5: error: an alias (*); write the value out")
  }

  @Test("tags, second documents, keys that are no words, and duplicates have their own words")
  func refusals() {
    #expect(words("a: !!python/object:os.system x\n") == "t.yaml:1:4: error: a tag (!); values are plain")
    #expect(words("a: !local [1]\n") == "t.yaml:1:4: error: a tag (!); values are plain")
    #expect(words("a: 1\n---\nb: 2\n") == "t.yaml:2:1: error: a second document; a file holds one")
    #expect(words("[1]: 2\n") == "t.yaml:1:1: error: a list as a key; keys are words")
    #expect(words("{a: 1}: 2\n") == "t.yaml:1:1: error: a mapping as a key; keys are words")
    #expect(words("a: 1\nb: 2\na: 3\n") == "t.yaml:3:1: error: the key 'a' stands twice; first in line 1")
    #expect(words("a: [1, 2\n")?.hasPrefix("t.yaml:2:1: error: no YAML: ") == true)
    #expect(words("a: \u{0}\n") == "t.yaml:1: error: a NUL byte")
    #expect(words("\ta: 1\n")?.hasPrefix("t.yaml:1:1: error: no YAML: ") == true)
  }

  @Test("bytes that are no UTF-8 are refused")
  func notUTF8() {
    let error = refusal { try YAMLNode.parse([0x61, 0x3A, 0x20, 0xFF, 0xFE, 0x0A], file: "t.yaml") }
    #expect(error?.hasPrefix("t.yaml") == true && error?.contains("error: ") == true)
  }

  @Test("nesting, counts and sizes have limits, and what is just within them is read")
  func limits() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(try parse(nested(32)) != nil)
    #expect(words(nested(34)) == "t.yaml:1:34: error: lists and mappings are nested more than 32 deep")
    // A hundred thousand brackets neither overflow the stack nor take long.
    #expect(words(String(repeating: "[", count: 100_000)) != nil)
    #expect(words(String(repeating: "{a: ", count: 50_000)) != nil)
    var small = YAMLLimits()
    small.nodeCount = 5
    #expect(words("[1, 2, 3, 4, 5, 6]", limits: small) == "t.yaml:1:14: error: more than 5 values")
    small.byteCount = 10
    #expect(words("a: 12345678", limits: small) == "t.yaml: error: 11 bytes; the limit is 10")
    #expect(words("a: " + String(repeating: "x", count: 2 << 20)) == "t.yaml: error: 2097155 bytes; the limit is 1048576")
    // A scalar as large as a file may be is a text like others.
    #expect(try parse("a: " + String(repeating: "x", count: 1_000_000))?.mapping?.first?.value.text?.count == 1_000_000)
  }

  @Test("damaged documents: a tree or a mistake", .enabled(if: Fuzzing.isOn))
  func fuzzed() {
    let seeds = ["a: 1\nb: [1, {c: d}]\n", "- x\n- |\n  y\n", "{a: 'b', \"c\": >-\n d}"].map { Array($0.utf8) }
    let rounds = Fuzzing.run(seeds: seeds, dictionary: ["&a ", "*a", "!!x ", "- ", ": ", "\n", "? ", "|", ">", "%"]) {
      _, bytes in
      _ = try? YAMLNode.parse(bytes, file: "t.yaml")
    }
    #expect(rounds > 0)
  }
}
