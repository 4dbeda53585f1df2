// Digests of files that are too large to be read each time: remembered by what tells a file's state apart.
//
// A digest is taken again as soon as size, times, inode or device of its file differ. A file that changed less than a
// twentieth of a second before it was read is not remembered, for the clock of a file system ticks no finer than that.
internal import ContentHash
public import Diagnostics
internal import Foundation
internal import Glibc
internal import Synchronization
internal import SystemCalls

/// Digests of files, remembered in a file of their own.
public final class FileDigests: Sendable {
  /// What tells a state of a file from another.
  private struct Identity: Hashable {
    var words: [Int]

    /// Nil if there is no such plain file.
    init?(_ path: String) {
      guard let status = SystemCalls.status(of: path), status.st_mode & S_IFMT == S_IFREG else { return nil }
      words = [
        Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
        Int(status.st_ctim.tv_nsec), Int(status.st_ino), Int(truncatingIfNeeded: status.st_dev),
      ]
    }

    init?(words: [Int]) {
      guard words.count == 7 else { return nil }
      self.words = words
    }

    /// Whether it was left alone long enough for the next change to show.
    var isSettled: Bool {
      let now = Date().timeIntervalSince1970
      return now - (Double(words[3]) + Double(words[4]) * 1e-9) > 0.05
    }
  }

  private struct Entry {
    var identity: Identity
    var digest: String
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var isRead = false
    var newCount = 0
  }

  /// Where they are kept between runs.
  public let path: String
  private let state = Mutex(State())

  public init(path: String) { self.path = path }

  /// The SHA-256 of a file's bytes.
  public func bytes(of file: String) throws(Diagnostic) -> String {
    try digest(of: file, as: "bytes", Self.sha256)
  }

  /// A digest of what a file says, by `compute`; `kind` names the rule by which it is taken.
  public func digest(
    of file: String, as kind: String, _ compute: (String) throws(Diagnostic) -> String
  ) throws(Diagnostic) -> String {
    guard let identity = Identity(file) else {
      throw Diagnostic("is not there", at: SourceMark(file: file), kind: .missing)
    }
    let name = kind + " " + file
    if let known = known(name, identity) { return known }
    let digest = try compute(file)
    // Only what is the same before and after was read whole.
    guard Identity(file) == identity else {
      throw Diagnostic("changed while it was read", at: SourceMark(file: file), hint: "run again")
    }
    if identity.isSettled, !file.contains("\n") {
      state.withLock {
        $0.entries[name] = Entry(identity: identity, digest: digest)
        $0.newCount += 1
      }
    }
    return digest
  }

  /// Digests of many files, on several threads; in the order of the files.
  /// - Parameter each: called after each file that had to be read, with how many were; not for those remembered.
  /// - Throws: the first mistake in that order.
  public func digests(
    of files: [String], as kind: String, threads: Int, each: @Sendable (Int) -> Void = { _ in },
    _ compute: @Sendable (String) throws(Diagnostic) -> String
  ) throws(Diagnostic) -> [String] {
    let all = results(of: files, as: kind, threads: threads, each: each, compute)
    try save()
    var list: [String] = []
    for result in all { list.append(try result.get()) }
    return list
  }

  /// As `digests`, with the mistakes of all files; nothing is saved.
  public func results(
    of files: [String], as kind: String, threads: Int, each: @Sendable (Int) -> Void = { _ in },
    _ compute: @Sendable (String) throws(Diagnostic) -> String
  ) -> [Result<String, Diagnostic>] {
    let results = Mutex<[Int: Result<String, Diagnostic>]>([:])
    let read = Atomic<Int>(0)
    let width = max(1, min(threads, files.count))
    DispatchQueue.concurrentPerform(iterations: width) { part in
      for index in stride(from: part, to: files.count, by: width) {
        let result = Result { () throws(Diagnostic) in
          try digest(of: files[index], as: kind) { path throws(Diagnostic) in
            let digest = try compute(path)
            each(read.add(1, ordering: .relaxed).newValue)
            return digest
          }
        }
        results.withLock { $0[index] = result }
      }
    }
    let all = results.withLock { $0 }
    return files.indices.compactMap { all[$0] }
  }

  /// Keeps what is new for the next run.
  public func save() throws(Diagnostic) {
    let lines = state.withLock { state -> [String]? in
      guard state.newCount > 0 else { return nil }
      Self.read(path, into: &state)
      state.newCount = 0
      return state.entries.sorted { $0.key < $1.key }.map { name, entry in
        Self.line(name: name, entry.identity.words, entry.digest)
      }
    }
    guard let lines else { return }
    try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
    try AtomicFile.write(lines.joined(), to: path)
  }

  private func known(_ name: String, _ identity: Identity) -> String? {
    state.withLock { state in
      if !state.isRead { Self.read(path, into: &state) }
      return state.entries[name].flatMap { $0.identity == identity ? $0.digest : nil }
    }
  }

  /// Adds what another run has kept since; what is known here goes before it.
  private static func read(_ path: String, into state: inout State) {
    state.isRead = true
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    // By bytes: characters take many times as long to find, and this is read at every start.
    for line in text.utf8.split(separator: 0x0A) {
      let parts = line.split(separator: 0x20, maxSplits: 9, omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
      guard parts.count == 10, let identity = Identity(words: parts[1...7].compactMap { Int($0) }) else { continue }
      let (digest, name) = (parts[8], parts[9])
      // A torn or damaged line is as good as none.
      guard self.line(name: name, identity.words, digest).utf8.dropLast().elementsEqual(line), state.entries[name] == nil
      else { continue }
      state.entries[name] = Entry(identity: identity, digest: digest)
    }
  }

  /// A check of the rest, the seven words, the digest, and kind and path.
  private static func line(name: String, _ words: [Int], _ digest: String) -> String {
    let rest = words.map(String.init).joined(separator: " ") + " \(digest) \(name)"
    return Digest(of: rest).hexadecimal.prefix(12) + " " + rest + "\n"
  }

  /// The SHA-256 of a file's bytes as they are now; not remembered.
  public static func sha256(_ path: String) throws(Diagnostic) -> String {
    let file = SystemCalls.open(path, O_RDONLY)
    guard file >= 0 else { throw AtomicFile.failure("cannot be opened", path) }
    defer { close(file) }
    var hasher = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = SystemCalls.read(file, into: &buffer)
      guard count >= 0 else { throw AtomicFile.failure("cannot be read", path) }
      if count == 0 { return hasher.finish().hexadecimal }
      hasher.update(count == buffer.count ? buffer : Array(buffer[..<count]))
    }
  }
}
