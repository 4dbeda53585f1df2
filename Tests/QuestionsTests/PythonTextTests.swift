// Texts as Python sees them, held to tables and cases that Python 3.11 printed.
import ContentHash
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

@Suite("Texts as Python sees them")
struct PythonTextTests {
  /// For every code point but surrogates: whether `\w` matches it, it is printable, space; whether a capital sigma
  /// after `a` and it, before it, before it and `a` is final; and its lower case in UTF-8 with a line feed.
  private static var table: [UInt8] {
    var table: [UInt8] = []
    for value in UInt32(0)..<0x11_0000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(String.UnicodeScalarView([scalar]))
      var flags: UInt8 = PythonText.isWord(scalar) ? 1 : 0
      if PythonText.isPrintable(scalar) { flags |= 2 }
      if PythonText.isSpace(scalar) { flags |= 4 }
      if PythonText.lowercased("a" + text + "Σ").last == "ς" { flags |= 8 }
      if PythonText.lowercased("aΣ" + text)[1] == "ς" { flags |= 16 }
      if PythonText.lowercased("aΣ" + text + "a")[1] == "ς" { flags |= 32 }
      table.append(flags)
      table += String(String.UnicodeScalarView(PythonText.lowercased(text))).utf8
      table.append(10)
    }
    return table
  }

  @Test("every code point has the properties and the lower case of Python 3.11")
  func table() {
    let table = Self.table
    #expect(table.count == 6_606_700)
    #expect(Digest(of: table).hexadecimal == "2dd62563b1972ee238c98d8673913799f216e44eaa051dc1056b9417eb7d6917")
  }

  private static func golden(_ name: String) throws -> [JSONValue] {
    let file = Fixtures.packageRoot.appendingPathComponent("Tests/Golden/Questions/" + name)
    let json = try JSONValue(parsing: Array(try Data(contentsOf: file)), file: name)
    return try #require(json.array)
  }

  @Test("the official match agrees with the official rule run by Python")
  func scoring() throws {
    let cases = try Self.golden("string-match.json")
    #expect(cases.count >= 300)
    for one in cases {
      let answer = try #require(one["answer"]?.string), said = try #require(one["prediction"]?.string)
      let choices = try #require(one["choices"]?.array).compactMap(\.string)
      for scorer in [AnswerScorer.string_match, .contains, .exact] {
        let wanted: Bool = try #require(one[scorer.rawValue]?.boolean as Bool?)
        #expect(scorer.isRight(said, answer: answer, choices: choices) == wanted, "\(scorer) of \(one.canonicalText)")
      }
    }
  }

  @Test("lists print as Python prints them")
  func lists() throws {
    let cases = try Self.golden("python-lists.json")
    #expect(cases.count >= 300)
    for one in cases {
      let list = try #require(one["list"]?.array).compactMap(\.string)
      let printed = try #require(one["repr"]?.string)
      #expect(Array(pythonList(list).utf8) == Array(printed.utf8))
    }
  }

  @Test("code points are compared, not characters")
  func codePoints() {
    // Swift takes these two for the same text.
    #expect("caf\u{E9}" == "cafe\u{301}")
    let choices = ["caf\u{E9}", "bar"]
    #expect(!officialStringMatch("cafe\u{301}", answer: choices[0], choices: choices))
    #expect(!AnswerScorer.exact.isRight("cafe\u{301}", answer: choices[0], choices: choices))
    // An accent after the last letter does not hide the answer from `in`.
    #expect(AnswerScorer.contains.isRight("a dog\u{301}", answer: "dog", choices: ["dog", "cat"]))
    #expect(pythonString("'\u{301}") == "\"'\u{301}\"")
  }

  @Test("a capital sigma ends a word as Python ends it")
  func sigma() {
    #expect(String(String.UnicodeScalarView(PythonText.lowercased("ΟΔΟΣ ΣΑΣ. Σ İI"))) == "οδος σας. σ i\u{307}i")
  }

  @Test("a first letter names a choice only when it stands alone")
  func letters() {
    let choices = ["Man", "Woman"]
    for said in ["B", "(B) Woman", "b.", " b)", "(b"] {
      #expect(AnswerScorer.first_letter.isRight(said, answer: "Woman", choices: choices), "\(said)")
    }
    for said in ["Bird", "A", "", "(", "B_", "b\u{E9}", "2", "\u{DF}", "C"] {
      #expect(!AnswerScorer.first_letter.isRight(said, answer: "Woman", choices: choices), "\(said)")
    }
  }

  @Test("a prompt's parts are put in once")
  func template() {
    let question = AudioQuestion(
      id: "q", audioPath: nil, question: "Is {choices} or {question} in the video\u{301}?", choices: ["{question}", "b"],
      answer: nil)
    #expect(
      PromptTemplate(saysAudioForVideo: true).userText(question)
        == "Is {choices} or {question} in the audio\u{301}? Please choose the answer from the following options: "
        + "['{question}', 'b']")
    let twice = PromptTemplate(text: "{choices}|{choices}|{x}", choices: .lettered)
    #expect(twice.userText(question) == "(A) {question} (B) b|(A) {question} (B) b|{x}")
  }
}
