// Files of a data set: nothing it names may leave its folder. Links are the user's own and are followed, wherever they
// lead.
public import Diagnostics
internal import Foundation
internal import JSONText

/// A data set's folder, from which the names that its files give are resolved.
public struct DataFolder: Sendable, Hashable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// The file a data set names: below this folder by its words, behind links wherever they lead.
  public func file(_ name: String, of item: String, in document: String) throws(Diagnostic) -> String {
    func refuse(_ fact: String) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: document), path: item, hint: "paths of a data set stay in its folder")
    }
    guard !name.utf8.contains(0), !name.isEmpty, name.utf8.count < 4096 else { throw refuse("its audio path is no file name") }
    let parts = name.split(separator: "/", omittingEmptySubsequences: true)
    guard !name.hasPrefix("/"), !parts.contains("..") else { throw refuse("its audio path '\(name)' leaves the folder") }
    let full = path + "/" + parts.filter { $0 != "." }.joined(separator: "/")
    if FileManager.default.fileExists(atPath: full) {
      let real = URL(fileURLWithPath: full).resolvingSymlinksInPath().path
      let attributes = try? FileManager.default.attributesOfItem(atPath: real)
      // A pipe would be waited for without end.
      guard attributes?[.type] as? FileAttributeType == .typeRegular else {
        throw refuse("its audio path '\(name)' is no plain file")
      }
    }
    return full
  }

  /// A document of the folder, at most 1 GiB.
  public func read(_ name: String) throws(Diagnostic) -> [UInt8] {
    let file = path + "/" + name
    let real = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
    let attributes = try? FileManager.default.attributesOfItem(atPath: real)
    guard let size = attributes?[.size] as? Int else {
      throw Diagnostic("is not there", at: SourceMark(file: file), kind: .missing)
    }
    guard size <= 1 << 30 else { throw Diagnostic("takes \(size) bytes; the limit is 1 GiB", at: SourceMark(file: file)) }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Diagnostic("cannot be read", at: SourceMark(file: file), kind: .missing)
    }
    return Array(data)
  }
}

extension JSONValue {
  /// Texts of a list; nil if it is none, or has another thing in it.
  var texts: [String]? {
    guard let list = array else { return nil }
    let texts = list.compactMap(\.string)
    return texts.count == list.count ? texts : nil
  }
}

/// Names in a folder; none if it is not there.
func directoryNames(_ path: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
}
