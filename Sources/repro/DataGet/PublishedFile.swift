// The files of data sets that stand at a plain public address, and what is known of their content.
internal import Catalogue
internal import ContentHash
internal import Diagnostics
internal import Foundation
internal import Questions
internal import ResultStore

typealias PublishedFile = PublishedSource

extension PublishedFile {
  /// The largest of them has some 100 MB.
  static let limit = 1 << 30

  /// How sure one can be of the file once it has been checked.
  var certainty: String {
    if sha256 != nil { return "SHA-256 as published" }
    if content != nil { return "it asks what was published, word for word; the file's own digest is not pinned" }
    return "form" + (count == nil ? "" : " and number") + " as published; no digest of it is known here"
  }

  /// What is wrong with a file that is to be this one; nil if nothing is.
  func mistake(_ file: String) -> String? {
    do throws(Diagnostic) {
      if let sha256 {
        let found = try FileDigests.sha256(file)
        if found == sha256 { return nil }
        return "its SHA-256 is \(found.prefix(16))…, that of the published file \(sha256.prefix(16))…" + (hint(file) ?? "")
      }
    } catch { return error.description }
    if let other = hint(file) { return "it" + other.dropFirst(4) }
    do throws(Diagnostics) {
      switch form {
      case .table(let form):
        guard SourceTable.form(of: file) == form else { return "it is no table of \(form.rawValue)" }
        _ = try SourceTable(file, form: form)
      case .questions(let form):
        let read = try QuestionFile(file, form: form)
        if let count, read.questions.count != count {
          return "it has \(read.questions.count) questions, the published file \(count)"
        }
        let items = read.questions.map {
          RevisionItem(id: $0.id, question: $0.question, choices: $0.choices, answer: $0.answer ?? "")
        }
        if let content, PublishedRevision.contentDigest(of: items) != content {
          return "its questions are not word for word those that were published when this program was made"
        }
      }
    } catch { return error.sorted.first.map { $0.fact } ?? "it cannot be read" }
    return nil
  }

  /// What it may be instead, told by its first bytes.
  private func hint(_ file: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
    defer { try? handle.close() }
    let start = String(decoding: ((try? handle.read(upToCount: 256)) ?? nil) ?? Data(), as: UTF8.self)
    if start.hasPrefix("version https://git-lfs") { return "; it is a pointer of Git LFS, not the file" }
    if start.drop(while: \.isWhitespace).first == "<" { return "; it is a web page, not the file" }
    return start.isEmpty ? "; it is empty" : nil
  }
}
