// What questions are written from: VGGSound's labelled clips and AudioSetCaps' captions.
public import Diagnostics

/// A clip of VGGSound: ten seconds of a video with one label.
public struct LabelledClip: Sendable, Hashable {
  public var key: ClipKey
  public var label: String
  public var isForTraining: Bool

  public init(key: ClipKey, label: String, isForTraining: Bool) {
    self.key = key
    self.label = label
    self.isForTraining = isForTraining
  }
}

/// Reads VGGSound's CSV; it has no header, and labels may hold commas.
///
///     ---g-f_I2yQ,1,people marching,test
///     --0PQM4-hqg,30,"waterfall burbling, loud",train
///
/// - Throws: every mistake with its line and the clip's id.
public func readVGGSound(_ file: String) throws(Diagnostics) -> [LabelledClip] {
  var mistakes = Diagnostics()
  var clips: [LabelledClip] = []
  do throws(Diagnostic) {
    var rows = try CSVRows(file)
    while let row = try rows.next(), mistakes.list.count < 100 {
      func report(_ fact: String) {
        mistakes.report(Diagnostic(fact, at: SourceMark(file: file, line: row.line), path: row.fields[0]))
      }
      guard row.fields.count == 4 else {
        report("\(row.fields.count) fields where id, start second, label and split are expected")
        continue
      }
      guard let start = Int(row.fields[1]), (0...999_999).contains(start), ClipKey.isVideo(row.fields[0].utf8) else {
        report("'\(row.fields[0])' and '\(row.fields[1])' are no video id of 11 characters and start second")
        continue
      }
      guard let isForTraining = ["train": true, "test": false][row.fields[3]] else {
        report("'\(row.fields[3])' is neither train nor test")
        continue
      }
      let key = ClipKey(video: row.fields[0], start: start)
      clips.append(LabelledClip(key: key, label: row.fields[2], isForTraining: isForTraining))
    }
  } catch { mistakes.report(error) }
  try mistakes.throwIfAnyError()
  return clips
}

/// What AudioSetCaps says of a clip.
public struct CaptionedClip: Sendable, Hashable {
  /// A column that is neither `id` nor `caption`.
  public struct Column: Sendable, Hashable {
    public var name: String
    public var text: String

    public init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  /// As the file has it: `<YouTube id>_<6 digits>` for VGGSound, `Y<YouTube id>` for AudioSet,
  /// `<YouTube id>_<start>_<length>` for YouTube-8M.
  public var id: String
  /// Empty in the file of questions and answers.
  public var caption: String
  /// The other columns, in the order of the file: the answers the caption was written from.
  public var columns: [Column]
  /// The texts of the other columns that are not empty.
  public var answers: [String] { columns.map(\.text).filter { !$0.isEmpty } }

  public init(id: String, caption: String, columns: [Column] = []) {
    self.id = id
    self.caption = caption
    self.columns = columns
  }

  /// The clip's video and second; nil for a clip of AudioSet, whose id has none.
  public var key: ClipKey? {
    let parts = id.utf8.dropFirst(11).split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    // The rest of a YouTube-8M id is an underscore, the start, an underscore and the length.
    guard parts.count == 3, parts[0].isEmpty, !parts[2].isEmpty, parts[2].allSatisfy({ (0x30...0x39).contains($0) })
    else { return ClipKey(id) }
    return ClipKey(String(decoding: id.utf8.prefix(11), as: UTF8.self) + "_" + String(decoding: parts[1], as: UTF8.self))
  }

  /// The video, whichever the form. An id of 12 characters begins with the `Y` that AudioSet's rows are given; one of 11
  /// may begin with a `Y` of its own.
  public var video: String {
    if let key { return key.video }
    return id.utf8.count == 12 && id.hasPrefix("Y") ? String(id.dropFirst()) : id
  }
}

/// Reads AudioSetCaps' CSV of captions, or of the answers they were written from, one clip at a time, for there are
/// millions.
///
///     id,caption
///     Y---1_cCGK4M,"A car engine runs, then revs."
///     ---g-f_I2yQ_000001,A crowd marches.
///     9eUrEyAR3xk_84_10,Rain falls.
///
/// Columns beside `id` and `caption` are answers, whatever their names.
///
/// - Throws: the first mistake with its line and the clip's id.
public func readAudioSetCaps(
  _ file: String, each: (CaptionedClip) throws(Diagnostic) -> Void
) throws(Diagnostic) {
  var rows = try CSVRows(file)
  guard let head = try rows.next() else { throw Diagnostic("is empty", at: SourceMark(file: file)) }
  let names = head.fields.map(PythonText.stripped)
  guard let idColumn = names.firstIndex(of: "id"), names.count > 1 else {
    throw Diagnostic("its header is not id,caption", at: SourceMark(file: file, line: 1))
  }
  let captionColumn = names.firstIndex(of: "caption")
  while let row = try rows.next() {
    let mark = SourceMark(file: file, line: row.line)
    guard row.fields.count == head.fields.count else {
      throw Diagnostic(
        "\(row.fields.count) fields where the header has \(head.fields.count)", at: mark, path: row.fields[0])
    }
    // A column without a name is the number of the row, as tools that keep tables write it beside them.
    let others = row.fields.indices.filter {
      $0 != idColumn && $0 != captionColumn && !names[$0].isEmpty && !names[$0].hasPrefix("Unnamed: ")
    }
    let clip = CaptionedClip(
      id: row.fields[idColumn], caption: captionColumn.map { row.fields[$0] } ?? "",
      columns: others.map { CaptionedClip.Column(names[$0], row.fields[$0]) })
    guard ClipKey.isVideo(clip.video.utf8) else {
      throw Diagnostic(
        "is none of <video id>_<start second>, <video id>_<start>_<length> and Y<video id>", at: mark, path: clip.id)
    }
    guard !clip.caption.isEmpty || !clip.answers.isEmpty else {
      throw Diagnostic("has an empty caption", at: mark, path: clip.id)
    }
    try each(clip)
  }
}
