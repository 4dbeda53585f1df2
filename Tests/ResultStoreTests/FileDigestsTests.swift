// Digests that are remembered: never for a file that changed.
import ContentHash
import Diagnostics
import Foundation
import ResultStore
import Synchronization
import TestSupport
import Testing

@Suite("Remembered digests")
struct FileDigestsTests {
  /// Counts how often a digest is really taken.
  private final class Counting: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func take(_ path: String) throws(Diagnostic) -> String {
      count.withLock { $0 += 1 }
      return try FileDigests.sha256(path)
    }
  }

  /// A file that was left alone long enough to be remembered.
  private func settle() { Thread.sleep(forTimeInterval: 0.08) }

  @Test("a file is read once, in this run and the next, until a byte of it changes")
  func once() throws {
    let place = try TemporaryFolder()
    try place.write("one", to: "a")
    settle()
    let counting = Counting()
    let digests = FileDigests(path: place.file("known/digests.txt"))
    let first = try digests.digest(of: place.file("a"), as: "test", counting.take)
    #expect(first == Digest(of: "one").hexadecimal)
    #expect(try digests.digest(of: place.file("a"), as: "test", counting.take) == first && counting.value == 1)
    try digests.save()
    let later = FileDigests(path: place.file("known/digests.txt"))
    #expect(try later.digest(of: place.file("a"), as: "test", counting.take) == first && counting.value == 1)
    // Another rule is another digest.
    _ = try later.digest(of: place.file("a"), as: "other", counting.take)
    #expect(counting.value == 2)
    try place.write("two", to: "a")
    #expect(try later.digest(of: place.file("a"), as: "test", counting.take) == Digest(of: "two").hexadecimal)
    #expect(counting.value == 3)
  }

  @Test("a byte that changes under the same size and time of change is seen all the same")
  func sameTime() throws {
    let place = try TemporaryFolder()
    try place.write("one", to: "a")
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: place.file("a"))
    settle()
    let digests = FileDigests(path: place.file("digests.txt"))
    #expect(try digests.bytes(of: place.file("a")) == Digest(of: "one").hexadecimal)
    let handle = try #require(FileHandle(forWritingAtPath: place.file("a")))
    try handle.write(contentsOf: Data("two".utf8))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: place.file("a"))
    #expect(try digests.bytes(of: place.file("a")) == Digest(of: "two").hexadecimal)
  }

  @Test("a damaged or torn memory is as good as none")
  func damaged() throws {
    let place = try TemporaryFolder()
    try place.write("one", to: "a")
    settle()
    let digests = FileDigests(path: place.file("digests.txt"))
    let digest = try digests.bytes(of: place.file("a"))
    try digests.save()
    let sound = try place.read("digests.txt")
    // Somebody else's digest, and half a line.
    for text in [sound.replacing(digest, with: Digest(of: "two").hexadecimal), String(sound.prefix(60)), "\n\n x y z\n"] {
      try place.write(text, to: "digests.txt")
      #expect(try FileDigests(path: place.file("digests.txt")).bytes(of: place.file("a")) == digest)
    }
  }

  @Test("many at once come in order; what is not there is named")
  func many() throws {
    let place = try TemporaryFolder()
    for index in 0..<20 { try place.write("\(index)", to: "\(index)") }
    let files = (0..<20).map { place.file("\($0)") }
    let digests = FileDigests(path: place.file("digests.txt"))
    let found = try digests.digests(of: files, as: "bytes", threads: 3) { path throws(Diagnostic) in
      try FileDigests.sha256(path)
    }
    #expect(found == (0..<20).map { Digest(of: "\($0)").hexadecimal })
    let missing = place.file("missing")
    #expect(refusal { try digests.bytes(of: missing) } == "\(missing): error: is not there")
  }
}
