// The tables questions are written from, as far as they can be counted: VGGSound's and AudioSetCaps' CSV.
public import Diagnostics
internal import Foundation
internal import JSONText

/// A table of labelled or captioned clips, read through once.
public struct SourceTable: Sendable {
  /// Whose table it is.
  public enum Form: String, Sendable, Hashable, CaseIterable { case vggsound, audiosetcaps }

  public let path: String
  public let form: Form
  public private(set) var rowCount = 0
  /// Rows for training, of VGGSound; of AudioSetCaps all.
  public private(set) var trainingCount = 0
  /// Ids that stand more than once, in the order of the file.
  public private(set) var repeated: [String] = []
  /// Rows whose clip lies in `audio/` beside the table.
  public private(set) var clipCount = 0

  /// The form of a CSV; nil for ARC's and for what is no CSV.
  public static func form(of path: String) -> Form? {
    guard path.hasSuffix(".csv"), let head = Self.firstRow(path) else { return nil }
    if head.contains("questionID") { return nil }
    if head.contains(where: { PythonText.stripped($0) == "id" }), head.count > 1 { return .audiosetcaps }
    return head.count == 4 && ClipKey.isVideo(head[0].utf8) ? .vggsound : nil
  }

  private static func firstRow(_ path: String) -> [String]? {
    do throws(Diagnostic) {
      var rows = try CSVRows(path)
      return try rows.next()?.fields
    } catch { return nil }
  }

  /// Reads a table of a known form.
  public init(_ path: String, form: Form) throws(Diagnostics) {
    self.path = path
    self.form = form
    var seen: Set<ExactText> = []
    let parent = (path as NSString).deletingLastPathComponent
    let clips = ClipNames(beside: parent.isEmpty ? "." : parent)
    func isThere(_ name: String) -> Bool { clips.contains(name) }
    switch form {
    case .vggsound:
      for clip in try readVGGSound(path) {
        rowCount += 1
        if clip.isForTraining { trainingCount += 1 }
        if !seen.insert(ExactText(clip.key.paddedName)).inserted { repeated.append(clip.key.paddedName) }
        if isThere(clip.key.paddedName) { clipCount += 1 }
      }
    case .audiosetcaps:
      var (rows, there, twice) = (0, 0, [String]())
      do throws(Diagnostic) {
        try readAudioSetCaps(path) { clip in
          rows += 1
          if !seen.insert(ExactText(clip.id)).inserted { twice.append(clip.id) }
          if isThere(clip.id) || clip.key.map({ isThere($0.paddedName) }) ?? false { there += 1 }
        }
      } catch { throw Diagnostics([error]) }
      (rowCount, trainingCount, clipCount, repeated) = (rows, rows, there, twice)
    }
  }
}
