// `repro data get` against a server on this machine that breaks off, lies, is silent, and knows Range or does not.
import ContentHash
import Foundation
import JSONText
import Questions
import TestSupport
import Testing

/// A server of `file_server.py` and the files it has.
private final class FileStub {
  let folder: TemporaryFolder
  let port: Int
  private let process = Process()
  private let input = Pipe()

  static let python = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  init() throws {
    folder = try TemporaryFolder()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    let script = Fixtures.packageRoot.appendingPathComponent("Tests/Golden/Questions/file_server.py").path
    process.arguments = [script, folder.file("files"), folder.file("log")]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
    for name in ["mmau", "vggsound", "audiosetcaps", "mmar"] {
      try FileManager.default.createDirectory(atPath: folder.file("files/" + name), withIntermediateDirectories: true)
    }
    try folder.write(Self.full(9000), to: "files/mmau/mmau-test.json")
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  static func full(_ count: Int) -> String {
    let rows = (0..<count).map {
      "{\"id\": \"q\($0)\", \"audio_id\": \"./test-audios/\($0).wav\", \"question\": \"What is heard?\", "
        + "\"choices\": [\"a dog\", \"a cat\"], \"answer\": \"\"}"
    }
    return "[" + rows.joined(separator: ",\n") + "]\n"
  }

  /// Range and status of each request.
  var requests: [String] {
    ((try? folder.read("log")) ?? "").split(separator: "\n").map {
      $0.split(separator: "\t").dropFirst().joined(separator: " ")
    }
  }

  func get(
    _ sets: [String], from kind: String, into data: TemporaryFolder, _ more: [String] = []
  ) throws -> Program.Outcome {
    var outcome = try Program.run(
      ["data", "get"] + sets + ["--from", "http://127.0.0.1:\(port)/\(kind)"] + more,
      environment: ["REPRO_DATA": data.path, "http_proxy": "", "HTTP_PROXY": "", "no_proxy": "*"])
    for (found, name) in [(data.path, "DATA"), ("http://127.0.0.1:\(port)", "SERVER")] {
      outcome.output = outcome.output.replacingOccurrences(of: found, with: name)
      outcome.errors = outcome.errors.replacingOccurrences(of: found, with: name)
    }
    return outcome
  }
}

@Suite(
  "data get",
  .enabled(if: Program.isThere && FileStub.python != nil, "SKIPPED: no program, or no Python for the server"))
struct DataGetTests {
  private func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test("a file comes whole, once, and what is left to do by hand is said", arguments: ["good", "plain", "status-503-once"])
  func whole(kind: String) throws {
    let server = try FileStub()
    let data = try TemporaryFolder()
    let outcome = try server.get(["mmau-full"], from: kind, into: data)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output == """
        mmau-full
          fetched: DATA/mmau/mmau-test.json; form and number as published; no digest of it is known here
          by hand: DATA/mmau/test-audios: hf download gamma-lab-umd/MMAU-test test-audios.tar.gz --repo-type dataset, \
        unpacked there; many gigabytes

        """)
    #expect(try data.read("mmau/mmau-test.json") == server.folder.read("files/mmau/mmau-test.json"))
    #expect(names(data.file("mmau")) == ["mmau-test.json"])
    let count = server.requests.count
    let again = try server.get(["mmau-full"], from: kind, into: data)
    #expect(again.status == 0)
    #expect(again.output.contains("  present: DATA/mmau/mmau-test.json; "))
    #expect(server.requests.count == count)
  }

  @Test("a connection that breaks off again and again is gone on with where it broke")
  func dropped() throws {
    let server = try FileStub()
    let data = try TemporaryFolder()
    let outcome = try server.get(["mmau-full"], from: "drop", into: data)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try data.read("mmau/mmau-test.json") == server.folder.read("files/mmau/mmau-test.json"))
    let requests = server.requests
    #expect(requests.count > 5)
    #expect(requests[0] == "- 200")
    #expect(requests.dropFirst().allSatisfy { $0.hasPrefix("bytes=") && $0.hasSuffix(" 206") })
    #expect(outcome.errors.contains("repro: the connection was lost; trying again\n"))
  }

  @Test("a part that was left is gone on with; one of another file, or that the server cannot go on with, is not kept",
    arguments: ["good", "plain", "piece"])
  func resumed(kind: String) throws {
    let server = try FileStub()
    for isOurs in [true, false] {
      let data = try TemporaryFolder()
      try FileManager.default.createDirectory(atPath: data.file("mmau/.download"), withIntermediateDirectories: true)
      let text = FileStub.full(9000)
      try data.write(isOurs ? String(text.prefix(5000)) : String(repeating: "y", count: 5000), to: "mmau/.download/mmau-test.json")
      let outcome = try server.get(["mmau-full"], from: kind, into: data)
      #expect(outcome.status == 0, "\(kind) \(isOurs): \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("repro: going on after 5.0 kB of SERVER/"))
      #expect(try data.read("mmau/mmau-test.json") == text)
    }
    // More than the server has.
    let data = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: data.file("mmau/.download"), withIntermediateDirectories: true)
    try data.write(FileStub.full(9000) + "  ", to: "mmau/.download/mmau-test.json")
    #expect(try server.get(["mmau-full"], from: "good", into: data).status == 0)
    #expect(try data.read("mmau/mmau-test.json") == FileStub.full(9000))
  }

  @Test("what is not the published file is not kept, and is told as what it is")
  func lies() throws {
    let server = try FileStub()
    try server.folder.write("[]", to: "files/mmau/mmau-test-mini.json")
    let data = try TemporaryFolder()
    let hint = "  hint: it was not kept; run the same command again\n"
    func refusal(_ set: String, _ kind: String) throws -> String {
      let outcome = try server.get([set], from: kind, into: data)
      #expect(outcome.status == 3)
      return outcome.errors.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("repro: ") }
        .joined(separator: "\n")
    }
    let full = "SERVER/KIND/mmau/mmau-test.json: error: what was sent is not the published file: "
    for (kind, words) in [
      ("lfs", "it is a pointer of Git LFS, not the file"), ("page", "it is a web page, not the file"),
      ("empty", "it is empty"), ("wrong", "is neither a JSON list nor JSON lines"),
    ] {
      #expect(try refusal("mmau-full", kind) == full.replacingOccurrences(of: "KIND", with: kind) + words + "\n" + hint)
    }
    #expect(
      try refusal("mmau-mini", "good")
        == "SERVER/good/mmau/mmau-test-mini.json: error: what was sent is not the published file: its SHA-256 is "
        + "4f53cda18c2baa0c…, that of the published file e8cc09223b497191…\n" + hint)
    try server.folder.write(FileStub.full(8999), to: "files/mmau/mmau-test.json")
    #expect(
      try refusal("mmau-full", "good") == full.replacingOccurrences(of: "KIND", with: "good")
        + "it has 8999 questions, the published file 9000\n" + hint)
    #expect(names(data.file("mmau")) == [".download"])
    #expect(names(data.file("mmau/.download")) == ["lock"])
  }

  @Test("no connection, no answer, and every status have their words and exit with 3")
  func failures() throws {
    let server = try FileStub()
    let data = try TemporaryFolder()
    for (kind, words) in [
      ("status-404", "status 404: it is not there"), ("status-403", "status 403: the server does not give it to everyone"),
      ("status-500", "status 500: the server is in trouble"), ("status-429", "status 429: the server is asked too often"),
    ] {
      let outcome = try server.get(["mmau-full"], from: kind, into: data)
      #expect(outcome.status == 3)
      #expect(outcome.errors.contains("SERVER/\(kind)/mmau/mmau-test.json: error: \(words)\n"), "\(outcome.errors)")
    }
    let silent = try server.get(["mmau-full"], from: "slow", into: data, ["--patience", "1"])
    #expect(silent.status == 3)
    #expect(silent.errors.contains("error: no answer in time\n"), "\(silent.errors)")
    let nobody = try Program.run(
      ["data", "get", "mmau-full", "--from", "http://127.0.0.1:1"],
      environment: ["REPRO_DATA": data.path, "http_proxy": "", "HTTP_PROXY": "", "no_proxy": "*"])
    #expect(nobody.status == 3)
    #expect(nobody.errors.contains("error: no connection to the server\n"), "\(nobody.errors)")
    for address in ["ftp://host/x", "nonsense"] {
      let outcome = try Program.run(["data", "get", "mmau-full", "--from", address], environment: ["REPRO_DATA": data.path])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("is no address"))
    }
    let typo = try Program.run(["data", "get", "mmau-mni"], environment: ["REPRO_DATA": data.path])
    #expect(typo.status == 2)
    #expect(typo.errors.contains("did you mean 'mmau-mini'?"))
  }

  @Test("another file in its place is left alone; a set that nobody can fetch says how to get it")
  func others() throws {
    let server = try FileStub()
    let data = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: data.file("mmau"), withIntermediateDirectories: true)
    try data.write("mine", to: "mmau/mmau-test.json")
    let outcome = try server.get(["mmau-full"], from: "good", into: data)
    #expect(outcome.status == 2)
    #expect(
      outcome.errors == """
        DATA/mmau/mmau-test.json: error: is there, but is neither a JSON list nor JSON lines
          hint: move it away; nothing is overwritten

        """)
    #expect(try data.read("mmau/mmau-test.json") == "mine")
    let byHand = try server.get(["avqa", "arc-easy"], from: "good", into: data)
    #expect(byHand.status == 3)
    #expect(byHand.output.contains("  by hand: DATA/avqa/train_qa.json: mn.cs.tsinghua.edu.cn/avqa gives it behind links"))
    #expect(byHand.output.contains("    unzip -p ARC-V1-Feb2018.zip ARC-V1-Feb2018-2/ARC-Easy/ARC-Easy-Train.jsonl > "))
    #expect(server.requests.isEmpty)
    try server.folder.write("---g-f_I2yQ,1,people marching,test\n", to: "files/vggsound/vggsound.csv")
    try server.folder.write(
      "id,caption\n---g-f_I2yQ_000001,A crowd marches.\n", to: "files/audiosetcaps/VGGSound_AudioSetCaps_caption.csv")
    let tables = try server.get(["vggs-gpt", "avqa-gpt", "--json"], from: "good", into: data)
    #expect(tables.status == 3)
    let json = try JSONValue(parsing: tables.output, file: "output")
    #expect(json["sets"]?.array?.first?["files"]?.array?.compactMap { $0["state"]?.string } == ["fetched", "fetched"])
    #expect(names(data.file("vggsound")) == ["vggsound.csv"])
    #expect(server.requests.count == 2)
  }

  @Test(
    "the real files are taken by their digests",
    .enabled(if: Fixtures.sharedIsThere, "SKIPPED: the real benchmark files are not beside the package"))
  func real() throws {
    let server = try FileStub()
    try FileManager.default.createDirectory(
      atPath: server.folder.file("files/mmau-v05.15.25"), withIntermediateDirectories: true)
    for (name, path) in [
      ("mmau-test-mini-original.json", "mmau/mmau-test-mini.json"),
      ("mmau-test-mini-v05.15.25.json", "mmau-v05.15.25/mmau-test-mini.json"), ("MMAR-meta.jsonl", "mmar/MMAR-meta.jsonl"),
    ] {
      try FileManager.default.copyItem(
        atPath: Fixtures.shared.path + "/benchmarks/" + name, toPath: server.folder.file("files/" + path))
    }
    let data = try TemporaryFolder()
    let outcome = try server.get(["mmau-mini", "mmau-v05.15.25-mini", "mmar"], from: "drop", into: data)
    #expect(outcome.status == 0, "\(outcome.errors)")
    for path in ["mmau/mmau-test-mini.json", "mmau-v05.15.25/mmau-test-mini.json", "mmar/MMAR-meta.jsonl"] {
      #expect(try data.bytes(path) == server.folder.bytes("files/" + path))
    }
  }
}
