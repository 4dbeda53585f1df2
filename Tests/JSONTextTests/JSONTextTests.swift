// Reading and writing JSON: what is refused, where, and that writing is one text for one value.
import Foundation
import JSONText
import TestSupport
import Testing

private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: text, file: "a.json") }

@Suite("Reading JSON")
struct JSONReadingTests {
  @Test(
    "values",
    arguments: [
      ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("999999999999999999", .integer(999_999_999_999_999_999)),
      ("1.5", 1.5), ("1e3", .number(1000)), ("-2.5E-1", -0.25), ("[]", .array([])), ("{}", .object(JSONObject())),
      ("[1, [2]]", .array([1, .array([2])])), (#""a\n\"\\\/\u00e9\ud83d\ude00""#, "a\n\"\\/é😀"), ("\"漢\"", "漢"), ("\"\"", ""),
      (#"{"b": 1, "a": [true]}"#, .object(["b": 1, "a": .array([true])])), ("\u{FEFF}1", 1),
    ])
  func values(_ text: String, _ expected: JSONValue) throws {
    #expect(try parse(text) == expected)
  }

  @Test(
    "every mistake has its place",
    arguments: [
      ("", "1:1: error: expected a value, found the end of the text"),
      ("[1 2]", "1:4: error: expected ',' or ']', found '2'"), ("[1,]", "1:4: error: expected a value, found ']'"),
      ("{\n  \"a\": 1,\n}", "3:1: error: expected a key in double quotes, found '}'"),
      ("{\"a\" 1}", "1:6: error: expected ':' after the key 'a', found '1'"),
      ("{\"a\": 1 \"b\"}", "1:9: error: expected ',' or '}', found '\"'"),
      ("{\"a\": 1, \"a\": 2}", "1:10: error: the key 'a' stands twice in one object"),
      ("1 2", "1:3: error: expected the end of the JSON text, found '2'"), ("tru", "1:1: error: expected a value, found 't'"),
      ("01", "1:1: error: a number with a leading zero"), ("-", "1:1: error: a number without digits"),
      ("1.", "1:1: error: a number that ends in a point"), ("1e+", "1:1: error: a number with an empty exponent"),
      ("1e999", "1:1: error: the number 1e999 is out of range"), ("\"ab", "1:1: error: this text has no closing quote"),
      ("\"a\nb\"", "1:3: error: a control character stands in a text unescaped"),
      ("\"\\x\"", "1:2: error: an escape JSON does not have"), ("\"\\", "1:2: error: this text ends within an escape"),
      ("\"\\u12\"", "1:2: error: \\u needs four hexadecimal digits"),
      ("\"\\u12G4\"", "1:2: error: \\u needs four hexadecimal digits"),
      ("\"\\ud800\"", "1:2: error: half of a surrogate pair stands alone"),
      ("\"\\ud800\\u0041\"", "1:2: error: half of a surrogate pair stands alone"),
      ("\"\\udc00\"", "1:2: error: half of a surrogate pair stands alone"),
      ("NaN", "1:1: error: expected a value, found 'N'"), ("\u{1}", "1:1: error: expected a value, found byte 1"),
      ("\"é\" x", "1:5: error: expected the end of the JSON text, found 'x'"),
    ])
  func mistakes(_ text: String, _ expected: String) {
    #expect(refusal { try parse(text) } == "a.json:" + expected)
  }

  @Test("bytes that are no UTF-8 are refused")
  func encoding() {
    #expect(
      refusal { try JSONValue(parsing: [0x22, 0xC3, 0x22], file: "a.json") }
        == "a.json:1:1: error: this text is not valid UTF-8")
  }

  @Test("a line's number can be the line's in its file")
  func firstLine() {
    #expect(
      refusal { try JSONValue(parsing: Array("[1 2]".utf8), file: "a.jsonl", firstLine: 7) }
        == "a.jsonl:7:4: error: expected ',' or ']', found '2'")
  }

  @Test("depth and counts are bounded")
  func limits() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(refusal { try parse(deep) } == "a.json:1:130: error: lists and objects are nested more than 128 deep")
    #expect(try parse(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)).array?.count == 1)
    let limits = JSONValue.Limits(depth: 2, valueCount: 3)
    #expect(
      refusal { try JSONValue(parsing: Array("[1,2,3]".utf8), file: "a.json", limits: limits) }
        == "a.json:1:6: error: more than 3 values")
  }

  @Test("half a surrogate pair is mended where that is asked for, and only half")
  func mended() throws {
    func mend(_ text: String) throws -> JSONValue {
      try JSONValue(parsing: Array(text.utf8), file: "a.json", limits: JSONValue.Limits(mendsSurrogates: true))
    }
    #expect(try mend(#""\ud800\u0041\udc00x\ud83d\ude00\ud83d""#) == "\u{FFFD}A\u{FFFD}x\u{1F600}\u{FFFD}")
    #expect(refusal { try mend(#""\ud800\u00""#) } == "a.json:1:2: error: \\u needs four hexadecimal digits")
  }

  @Test("keys are the same by their bytes, so composed and decomposed letters are two")
  func keys() throws {
    let json = try parse("{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(json["\u{E9}"] == 1)
    #expect(json["e\u{301}"] == 2)
  }

  @Test("an object of any size finds, replaces and removes its keys", arguments: [3, 8, 9, 33, 1000])
  func objects(_ count: Int) {
    var object = JSONObject((0..<count).map { ("key \($0)", .integer($0)) })
    #expect(object.count == count)
    #expect(object.keys == (0..<count).map { "key \($0)" })
    object["key 1"] = "other"
    object["key 0"] = nil
    object["new"] = .null
    #expect(object["key 1"] == "other")
    #expect(object["key 0"] == nil)
    #expect(object["new"] == .null)
    #expect(object.keys == (1..<count).map { "key \($0)" } + ["new"])
    for number in 2..<count { #expect(object["key \(number)"] == .integer(number)) }
    #expect(object["none"] == nil)
  }

  @Test("a large document is read in time that grows with its length alone")
  func growth() throws {
    /// Seconds of this thread's own processor time: what else the machine does is not in it.
    func seconds() -> Double {
      var time = timespec()
      guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let pairs = (0..<300_000).map { "  \"Ġtoken\($0)\": \($0)" }.joined(separator: ",\n")
    let text = Array(("{\n" + pairs + "\n}").utf8)
    let start = seconds()
    let json = try JSONValue(parsing: text, file: "a.json")
    let taken = seconds() - start
    #expect(json["Ġtoken299999"] == 299_999)
    // It takes some 0.06 s; looking through all keys for each would take minutes.
    #expect(taken < 20, "\(text.count) bytes took \(taken) s")
  }
}

@Suite("Writing JSON")
struct JSONWritingTests {
  @Test("keys are sorted by bytes, texts escaped where they must be")
  func canonical() throws {
    let json = try parse("{\"b\": [1, 2.5, null, true], \"a\": \"\\u0001\\t\\\"é\\u2028\", \"Z\": {}, \"é\": []}")
    #expect(json.canonicalText == "{\"Z\":{},\"a\":\"\\u0001\\t\\\"é\u{2028}\",\"b\":[1,2.5,null,true],\"é\":[]}")
    #expect(
      JSONValue.object(["b": .array([1]), "a": .object(JSONObject())]).indentedText
        == "{\n  \"a\": {},\n  \"b\": [\n    1\n  ]\n}\n")
  }

  @Test("what is written reads back as the same value", arguments: 0..<200 as Range<UInt64>)
  func roundTrip(_ seed: UInt64) throws {
    let value = Self.value(seed, depth: 0)
    #expect(try parse(value.canonicalText).canonicalText == value.canonicalText)
    #expect(try parse(value.indentedText).canonicalText == value.canonicalText)
  }

  @Test("floating-point numbers keep every bit")
  func numbers() throws {
    for number in [0.1, 1e-5, Double.leastNonzeroMagnitude, 1.7976931348623157e308, 123456789.123456789, -0.3, 1e22] {
      #expect(try parse(JSONValue.number(number).canonicalText).double == number)
    }
  }

  /// Any value, following from its seed.
  private static func value(_ seed: UInt64, depth: Int) -> JSONValue {
    let mixed = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 ^ (seed >> 7)
    func child(_ n: UInt64) -> JSONValue { value(mixed &+ n, depth: depth + 1) }
    switch (mixed >> 40) % (depth < 4 ? 7 : 5) {
    case 0: return .null
    case 1: return .boolean(mixed & 1 == 0)
    case 2: return .integer(Int(truncatingIfNeeded: mixed))
    case 3: return .number(Double(Int(truncatingIfNeeded: mixed)) / 4096 + 0.1)
    case 4: return .string(String((0..<mixed % 9).map { Character(Unicode.Scalar(UInt16(truncatingIfNeeded: mixed >> $0) & 0x3FFF) ?? "?") }))
    case 5: return .array((0..<mixed % 5).map(child))
    default: return .object(JSONObject((0..<mixed % 12).map { ("k\($0)\u{301}", child($0)) }))
    }
  }
}

@Suite("Fuzzing JSON", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct JSONFuzzTests {
  @Test("damaged texts are read or refused, and what is read is written and read the same")
  func fuzzJSON() throws {
    let seeds = [
      #"{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00", {"b": null, "c": true}], "d": {}, "e": []}"#, "[[[[[[1]]]]]]", "\"\\\"\"",
    ]
    _ = try Fuzzing.run(
      seeds: seeds.map { Array($0.utf8) }, dictionary: ["[", "{\"a\":", "\\ud800", "1e308", "99999999999999999999", "-", "\""]
    ) { round, bytes in
      guard let value = try? JSONValue(parsing: bytes, file: "fuzz") else { return }
      let again = try JSONValue(parsing: value.canonicalText, file: "again")
      #expect(again.canonicalText == value.canonicalText, "round \(round)")
    }
  }
}
