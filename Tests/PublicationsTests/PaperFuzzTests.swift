// Damaged papers: read, or every mistake is named; never a trap.
import Diagnostics
import Foundation
import Publications
import TestSupport
import Testing

@Suite("Fuzzing papers", .enabled(if: Fuzzing.isOn, "REPRO_FUZZ_SECONDS is not set"))
struct PaperFuzzTests {
  @Test("damaged paper.yaml, claims.yaml and tables are read or refused", arguments: ["paper.yaml", "claims.yaml", "tables/bells.csv"])
  func fuzzPaper(_ name: String) throws {
    let folder = try TemporaryFolder()
    let toy = Fixtures.packageRoot.path + "/Tests/Golden/papers/toy"
    try FileManager.default.copyItem(atPath: toy, toPath: folder.file("toy"))
    let seed = try folder.bytes("toy/" + name)
    let words = [
      ": ", "- ", "{", "}", "[", "order:", "best:", "7/rewarded/all", "tables:", "rows:", "&a ", "*a", "99999999999", "-1", ",", "\"", "\r\n",
    ]
    var read = 0
    let rounds = try Fuzzing.run(seeds: [seed], dictionary: words) { round, bytes in
      try folder.write(bytes, to: "toy/" + name)
      do {
        let paper = try PublishedPaper.load(folder: folder.file("toy"))
        #expect(!paper.tables.isEmpty, "round \(round)")
        read += 1
      } catch { #expect("\(error)".contains("error: "), "round \(round): \(error)") }
    }
    print("fuzz: \(name): \(rounds) rounds, \(read) read")
    #expect(rounds > 100)
  }
}
