// Clips that stand in a parquet file, made files of; and its questions as JSON lines beside them.
public import Diagnostics
internal import Foundation
internal import JSONText
internal import Questions
internal import ResultStore

/// What became of one set of questions.
public struct UnpackedSet: Sendable {
  /// The JSON lines.
  public var file: String
  public var questions: Int
  /// Clips written now, and those that were there already as they are.
  public var written = 0
  public var kept = 0
  /// Questions whose clip is not in the file.
  public var without = 0
}

/// Unpacks parquet files of questions. A clip is written whole or not at all, and the JSON lines last, so that the same
/// command goes on where it was stopped. What is there and is different is not touched.
public struct ClipUnpacking: Sendable {
  /// The folder of the JSON lines; clips lie in a folder of it.
  public let folder: String
  private let sets: [ParquetQuestions]
  private let names: [String]

  /// Reads the questions.
  /// - Parameters:
  ///   - files: parquet files; a shard stands for its whole set.
  ///   - output: where to put everything; nil takes the folder of the first file.
  /// - Throws: every file that cannot be read.
  public init(_ files: [String], output: String?) throws(Diagnostics) {
    var (sets, names): ([ParquetQuestions], [String]) = ([], [])
    var mistakes = Diagnostics()
    for file in files {
      do throws(Diagnostic) {
        let shards = try ParquetQuestions.shards(of: file)
        if sets.contains(where: { $0.files == shards }) { continue }
        let name = ParquetQuestions.setName(file) + ".jsonl"
        if names.contains(name) {
          throw Diagnostic("is the second that makes a \(name)", at: SourceMark(file: file), hint: "unpack it elsewhere: --output DIR")
        }
        sets.append(try ParquetQuestions(file))
        names.append(name)
      } catch { mistakes.report(error) }
    }
    try mistakes.throwIfAnyError()
    let parent = ((files.first ?? "") as NSString).deletingLastPathComponent
    folder = output ?? (parent.isEmpty ? "." : parent)
    self.sets = sets
    self.names = names
  }

  /// Writes all sets.
  /// - Parameter progress: told of clips done and how many there are.
  /// - Throws: what cannot be written, and files that are there with other content.
  public func run(progress: (_ done: Int, _ total: Int) -> Void) throws(Diagnostics) -> [UnpackedSet] {
    var done: [UnpackedSet] = []
    do throws(Diagnostic) {
      try AtomicFile.makeFolder(folder)
      for (set, name) in zip(sets, names) { done.append(try write(set, folder + "/" + name, progress)) }
    } catch { throw Diagnostics([error]) }
    return done
  }

  private func write(
    _ set: ParquetQuestions, _ file: String, _ progress: (Int, Int) -> Void
  ) throws(Diagnostic) -> UnpackedSet {
    let text = set.rows.map { $0.canonicalText + "\n" }.joined()
    let isThere = try isThere(Array(text.utf8), file)
    var result = UnpackedSet(file: file, questions: set.rows.count)
    let place = DataFolder(folder)
    var owners: [String: Int] = [:]
    var done = 0
    try set.eachClip { row, bytes throws(Diagnostic) in
      guard let name = set.clipNames[row] else { return }
      let item = "row \(row + 1)"
      let path = try place.file(name, of: item, in: file)
      if let other = owners.updateValue(row, forKey: name) {
        throw Diagnostic("its clip would have the name of row \(other + 1)'s, \(name)", at: SourceMark(file: set.files[0]), path: item)
      }
      done += 1
      if try self.isThere(bytes, path) {
        result.kept += 1
      } else {
        if result.written == 0 { try makeClipFolder((path as NSString).deletingLastPathComponent) }
        try AtomicFile.write(bytes, to: path)
        result.written += 1
      }
      progress(done, set.clipCount)
    }
    result.without = set.clipCount == 0 ? 0 : set.rows.count - done
    if !isThere { try AtomicFile.write(text, to: file) }
    return result
  }

  /// Makes the folder of clips, inside ours even behind links.
  private func makeClipFolder(_ path: String) throws(Diagnostic) {
    try AtomicFile.makeFolder(path)
    let root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    guard URL(fileURLWithPath: path).resolvingSymlinksInPath().path.hasPrefix(root + "/") else {
      throw Diagnostic("is a link out of the folder", at: SourceMark(file: path), hint: "clips stay beside their questions")
    }
  }

  /// Whether a file has just this content.
  /// - Throws: for a file with other content.
  private func isThere(_ bytes: [UInt8], _ path: String) throws(Diagnostic) -> Bool {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return false }
    let isSame =
      attributes[.type] as? FileAttributeType == .typeRegular && attributes[.size] as? Int == bytes.count
      && FileManager.default.contents(atPath: path).map { $0.elementsEqual(bytes) } == true
    guard isSame else {
      throw Diagnostic(
        "is there already, with other content", at: SourceMark(file: path),
        hint: "nothing is overwritten; move it away, or unpack elsewhere: --output DIR")
    }
    return true
  }
}
