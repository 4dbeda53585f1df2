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

/// A clip's caption.
public struct CaptionedClip: Sendable, Hashable {
  /// As the file has it: `<YouTube id>_<6 digits>` for VGGSound, `Y<YouTube id>` for AudioSet.
  public var id: String
  public var caption: String

  /// The clip of VGGSound; nil for one of AudioSet, whose id has no second.
  public var key: ClipKey? { ClipKey(id) }
  /// The video, whichever the form. An id of 12 characters begins with the `Y` that AudioSet's rows are given; one of 11
  /// may begin with a `Y` of its own.
  public var video: String {
    if let key { return key.video }
    return id.utf8.count == 12 && id.hasPrefix("Y") ? String(id.dropFirst()) : id
  }
}

/// Reads AudioSetCaps' CSV of captions, one clip at a time, for it has millions.
///
///     id,caption
///     Y---1_cCGK4M,"A car engine runs, then revs."
///     ---g-f_I2yQ_000001,A crowd marches.
///
/// - Throws: the first mistake with its line and the clip's id.
public func readAudioSetCaps(_ file: String, each: (CaptionedClip) -> Void) throws(Diagnostic) {
  var rows = try CSVRows(file)
  guard let head = try rows.next() else { throw Diagnostic("is empty", at: SourceMark(file: file)) }
  guard head.fields == ["id", "caption"] else {
    throw Diagnostic("its header is not id,caption", at: SourceMark(file: file, line: 1))
  }
  while let row = try rows.next() {
    let clip = CaptionedClip(id: row.fields[0], caption: row.fields.count == 2 ? row.fields[1] : "")
    let mark = SourceMark(file: file, line: row.line)
    guard row.fields.count == 2 else {
      throw Diagnostic("\(row.fields.count) fields where id and caption are expected", at: mark, path: clip.id)
    }
    guard ClipKey.isVideo(clip.video.utf8) else {
      throw Diagnostic("is neither <video id>_<start second> nor Y<video id>", at: mark, path: clip.id)
    }
    guard !clip.caption.isEmpty else { throw Diagnostic("has an empty caption", at: mark, path: clip.id) }
    each(clip)
  }
}
