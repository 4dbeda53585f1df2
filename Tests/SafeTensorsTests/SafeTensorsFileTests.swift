// Reading and writing one safetensors file: round trips, and every lie a header can tell.
import Foundation
import SafeTensors
import TensorCore
import TestSupport
import Testing

/// A file with this header and these bytes of data.
func safeTensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  let length = length ?? UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8) + data
}

@Suite("A safetensors file")
struct SafeTensorsFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func read(_ bytes: [UInt8]) throws -> SafeTensorsFile {
    try folder.write(bytes, to: "a.safetensors")
    return try SafeTensorsFile(path: folder.file("a.safetensors"))
  }

  private func refusal(_ bytes: [UInt8]) -> String? {
    TestSupport.refusal { try read(bytes) }?.replacingOccurrences(of: folder.path, with: "DIR")
  }

  @Test("every element type is read as what it is")
  func types() throws {
    let file = try read(
      safeTensors(
        """
        {"f":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[4],"data_offsets":[8,16]},\
        "d":{"dtype":"F64","shape":[],"data_offsets":[16,24]},"i":{"dtype":"I64","shape":[1],"data_offsets":[24,32]},\
        "w":{"dtype":"BF16","shape":[2,1],"data_offsets":[32,36]},"s":{"dtype":"I32","shape":[1],"data_offsets":[36,40]},\
        "b":{"dtype":"BOOL","shape":[2],"data_offsets":[40,42]},"u":{"dtype":"U64","shape":[1],"data_offsets":[42,50]},\
        "e":{"dtype":"F32","shape":[0,3],"data_offsets":[50,50]},"x":{"dtype":"F32","shape":[1],"data_offsets":[50,54]},\
        "y":{"dtype":"BF16","shape":[1],"data_offsets":[54,56]},"z":{"dtype":"I8","shape":[1],"data_offsets":[56,57]},\
        "k":{"dtype":"I16","shape":[1],"data_offsets":[57,59]}}
        """,
        [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0] + [0, 0x3C, 1, 0, 0, 0x80, 0, 0x7C] + [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]
          + [0xFE, 255, 255, 255, 255, 255, 255, 255] + [0x80, 0x3F, 0, 0x40] + [7, 0, 0, 0x80] + [0, 1]
          + [255, 255, 255, 255, 255, 255, 255, 255] + [0, 0, 0x40, 0x40] + [0xC0, 0x3F] + [0x80] + [0, 0x80]))
    #expect(try file.tensor("f").hostValues == [1, -2])
    #expect(try file.tensor("h").hostValues == [1, 0x1p-24, -0.0, .infinity])
    #expect(try file.tensor("h").hostValues[2].sign == .minus)
    #expect(try file.tensor("d").hostValues == [1.5])
    #expect(try file.integers("i") == [-2])
    #expect(try file.tensor("w").elementType == .bfloat16)
    #expect(try file.tensor("w").hostValues == [1, 2])
    #expect(try file.tensor("w").shape == [2, 1])
    #expect(try file.integers("s") == [Int(Int32.min) + 7])
    #expect(try file.integers("b") == [0, 1])
    #expect(try file.tensor("e").hostValues == [])
    #expect(try file.tensor("x").hostValues == [3])
    #expect(try file.tensor("y").hostValues == [1.5])
    #expect(try file.integers("z") == [-128])
    #expect(try file.integers("k") == [-32768])
    #expect(try file.firstNonFinite("h") == 3)
    #expect(try file.firstNonFinite("f") == nil)
    #expect(try file.firstNonFinite("i") == nil)
    let path = folder.file("a.safetensors")
    #expect(TestSupport.refusal { try file.tensor("i") } == "\(path): error: i: I64 where a floating-point tensor is expected")
    #expect(TestSupport.refusal { try file.integers("f") } == "\(path): error: f: F32 where whole numbers are expected")
    #expect(
      TestSupport.refusal { try file.integers("u") }
        == "\(path): error: u: 18446744073709551615 is larger than 9223372036854775807")
    #expect(TestSupport.refusal { try file.tensor("q") } == "\(path): error: q: there is no tensor of this name")
  }

  private static let one = #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
  private static func entry(_ type: String, _ shape: String, _ offsets: String) -> [UInt8] {
    safeTensors(#"{"a":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#, [UInt8](repeating: 0, count: 8))
  }

  static let lies: [(String, [UInt8], String)] = [
    ("nothing", [], "is empty"),
    ("too short", [1, 2, 3], "3 bytes are no safetensors file; its header length alone takes 8"),
    (
      "header beyond the end", safeTensors(one, length: 1000),
      "the header is said to take 1000 bytes; the file has 62, the limit is 100000000\n"
        + "  hint: the file is cut short, or no safetensors file"
    ),
    (
      "header of all ones", safeTensors(one, length: .max),
      "the header is said to take 18446744073709551615 bytes; the file has 62, the limit is 100000000\n"
        + "  hint: the file is cut short, or no safetensors file"
    ),
    ("a list", safeTensors("[]"), "the header is a list, not an object"),
    ("cut data", safeTensors(one, [1, 2, 3]), "a: its data_offsets do not lie within the file's 3 bytes of data"),
    ("more data", safeTensors(one, [UInt8](repeating: 0, count: 9)), "1 bytes at the end belong to no tensor"),
    (
      "overlap",
      safeTensors(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}}"#,
        [0, 0, 0, 0, 0, 0, 0]), "b: its bytes overlap those of another tensor"
    ),
    (
      "hole",
      safeTensors(
        #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2],"data_offsets":[5,7]}}"#,
        [0, 0, 0, 0, 0, 0, 0]), "b: 1 bytes before it belong to no tensor"
    ),
    (
      "unknown type", entry("F4", "[2]", "[0,8]"),
      "a: dtype 'F4' is unknown; known: F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL"
    ),
    ("no type", safeTensors(#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#), "a: there is no dtype"),
    ("no object", safeTensors(#"{"a":7}"#), "a: there is no dtype"),
    ("no shape", entry("F32", "3", "[0,8]"), "a: there is no shape of up to 16 axes"),
    ("many axes", entry("F32", "[" + String(repeating: "1,", count: 16) + "2]", "[0,8]"), "a: there is no shape of up to 16 axes"),
    ("negative size", entry("F32", "[-2]", "[0,8]"), "a: a size in its shape is no whole number from 0"),
    ("half a size", entry("F32", "[2.5]", "[0,8]"), "a: a size in its shape is no whole number from 0"),
    (
      "absurd shape", entry("F32", "[4611686018427387904, 4]", "[0,8]"),
      "a: its shape has more elements than can be counted"
    ),
    (
      "absurd size in bytes", entry("F64", "[4611686018427387904]", "[0,8]"),
      "a: [4611686018427387904] of F64 takes too many bytes, its data_offsets span 8"
    ),
    ("other size", entry("F32", "[3]", "[0,8]"), "a: [3] of F32 takes 12 bytes, its data_offsets span 8"),
    ("backwards", entry("F32", "[2]", "[8,0]"), "a: its data_offsets do not lie within the file's 8 bytes of data"),
    ("before the start", entry("F32", "[2]", "[-8,0]"), "a: its data_offsets do not lie within the file's 8 bytes of data"),
    (
      "far away", entry("F32", "[2]", "[9223372036854775799,9223372036854775807]"),
      "a: its data_offsets do not lie within the file's 8 bytes of data"
    ),
    ("one offset", entry("F32", "[2]", "[8]"), "a: its data_offsets do not lie within the file's 8 bytes of data"),
    ("metadata", safeTensors(#"{"__metadata__":{"a":1}}"#), "__metadata__: 'a' is a whole number, not a text"),
    (
      "Unicode forms",
      safeTensors(
        #"{"\u00e9":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"e\u0301":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
        [1, 2]), "e\u{301}: another tensor's name differs from this only in its Unicode form"
    ),
    ("metadata list", safeTensors(#"{"__metadata__":[]}"#), "__metadata__: is a list, not an object"),
  ]

  @Test("every lie of a header is named", arguments: lies)
  func lie(_ name: String, _ bytes: [UInt8], _ expected: String) {
    #expect(refusal(bytes) == "DIR/a.safetensors: error: " + expected, "\(name)")
  }

  @Test("a header that is no JSON, or names a tensor twice, has its place")
  func json() {
    #expect(refusal(safeTensors("{\"a\"")) == "DIR/a.safetensors:1:5: error: expected ':' after the key 'a', found the end of the text")
    #expect(
      refusal(safeTensors(#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}"#))
        == "DIR/a.safetensors:1:54: error: the key 'a' stands twice in one object")
  }

  @Test("what is no file is refused, and nothing waits for a pipe")
  func noFile() throws {
    #expect(
      TestSupport.refusal { try SafeTensorsFile(path: folder.file("none")) }
        == "\(folder.path)/none: error: cannot be opened: No such file or directory")
    #expect(TestSupport.refusal { try SafeTensorsFile(path: folder.path) } == "\(folder.path): error: is not a regular file")
    let pipe = folder.file("pipe")
    try #require(unsafe mkfifo(pipe, 0o600) == 0)
    #expect(TestSupport.refusal { try SafeTensorsFile(path: pipe) } == "\(pipe): error: is not a regular file")
  }

  @Test("what is written reads back bit for bit, aligned, and is the same file each time")
  func roundTrip() throws {
    let odd: [Float] = [1, -0.0, .infinity, .nan, 0x1p-149]
    let half = try read(safeTensors(#"{"h":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}"#, [1, 2, 3, 4, 5, 6])).tensor("h")
    let tensors: [(name: String, tensor: Tensor)] = [
      ("half", half), ("odd", Tensor(odd, shape: [5])), ("empty", Tensor([], shape: [0, 4])), ("é\"", Tensor([7], shape: [])),
    ]
    try SafeTensorsWriter.write(tensors, to: folder.file("b.safetensors"))
    let first = try folder.bytes("b.safetensors")
    let file = try SafeTensorsFile(path: folder.file("b.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(Set(file.names) == ["half", "odd", "empty", "é\""])
    for entry in file.entries where entry.type == .f32 { #expect(entry.bytes.lowerBound % 4 == 0) }
    #expect(try file.tensor("odd").hostValues.map(\.bitPattern) == odd.map(\.bitPattern))
    #expect(try file.firstNonFinite("odd") == 2)
    #expect(try file.tensor("half").hostValues.map(\.bitPattern) == half.hostValues.map(\.bitPattern))
    #expect(try file.tensor("é\"").shape == [])
    try SafeTensorsWriter.write(tensors, to: folder.file("b.safetensors"))
    #expect(try folder.bytes("b.safetensors") == first)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.safetensors", "b.safetensors"])
  }

  @Test("metadata may be null or empty", arguments: ["", "\"__metadata__\":null,", "\"__metadata__\":{},"])
  func emptyMetadata(_ metadata: String) throws {
    let file = try read(safeTensors("{\(metadata)\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", [1]))
    #expect(file.metadata.isEmpty)
    #expect(file.names == ["a"])
  }

  @Test("a file that cannot be written is named, and leaves nothing behind")
  func unwritable() {
    let path = folder.file("no/b.safetensors")
    #expect(
      TestSupport.refusal { try SafeTensorsWriter.write([], to: path) }
        == "\(path): error: cannot be created: No such file or directory\n  hint: check the disk's free space and rights")
  }
}

@Suite("Fuzzing safetensors", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct SafeTensorsFuzzTests {
  @Test("damaged files are read or refused")
  func fuzzSafeTensorsHeader() throws {
    let folder = try TemporaryFolder()
    try SafeTensorsWriter.write(
      [("a", Tensor([1, 2, 3], shape: [3])), ("b.weight", Tensor([4, 5], shape: [2, 1]))], to: folder.file("seed"))
    let small = safeTensors(
      #"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]}}"#,
      [UInt8](repeating: 1, count: 12))
    var accepted = 0
    let rounds = try Fuzzing.run(
      seeds: [try folder.bytes("seed"), small],
      dictionary: ["9223372036854775807", "4294967296", "-1", "[", "BF16", "\"shape\":[0],", "1e300", "U8"]
    ) { _, bytes in
      try folder.write(bytes, to: "fuzz")
      guard let file = try? SafeTensorsFile(path: folder.file("fuzz")) else { return }
      accepted += 1
      for entry in file.entries {
        _ = try? file.tensor(entry.name).hostValues
        _ = try? file.integers(entry.name)
        _ = try file.firstNonFinite(entry.name)
      }
    }
    #expect(rounds > 100)
    #expect(accepted > 0)
  }
}
