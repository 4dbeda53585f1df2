// What is known of a clip without hearing it: four answers of a listening model.
public import Diagnostics
internal import Questions

/// What a listening model said of a clip when asked four things (section III-C of the paper; AudioSetCaps).
public struct ClipAnswers: Sendable, Hashable {
  /// What was asked.
  public enum Aspect: String, Sendable, Hashable, CaseIterable { case overall, sounds, speech, music }

  /// As the file has it.
  public var id: String
  public var overall: String
  public var sounds: String
  public var speech: String
  public var music: String

  public init(id: String, overall: String = "", sounds: String = "", speech: String = "", music: String = "") {
    self.id = id
    self.overall = overall
    self.sounds = sounds
    self.speech = speech
    self.music = music
  }

  /// How AVQA and VGGSound name the clip; a clip of AudioSet, which has no start second, keeps its id.
  public var videoName: String { CaptionedClip(id: id, caption: "").key?.paddedName ?? id }

  /// What was answered about one aspect.
  public subscript(aspect: Aspect) -> String {
    get {
      switch aspect {
      case .overall: overall
      case .sounds: sounds
      case .speech: speech
      case .music: music
      }
    }
    set {
      switch aspect {
      case .overall: overall = newValue
      case .sounds: sounds = newValue
      case .speech: speech = newValue
      case .music: music = newValue
      }
    }
  }
}

/// Clips with their answers, read from one or several CSV files of AudioSetCaps.
public struct ClipReading: Sendable, Hashable {
  /// In the order in which they first stand.
  public var clips: [ClipAnswers] = []
  /// Rows in all files.
  public var rowCount = 0
  /// Rows about a clip that the same file had before; the first stands.
  public var repeatedCount = 0
  /// Rows about clips that were not asked for.
  public var otherCount = 0

  /// Reads files of captions (`id,caption`) and of the answers they were written from, and joins them by clip.
  ///
  /// The caption is the overall answer. The other columns are known by their names, if those say speech, music, sound,
  /// or overall, scene or caption; three or four columns of other names are taken for sounds, speech and music, the
  /// overall answer before them. Columns of questions are passed over, and of `Question: … Answer: …` only the answer
  /// is taken.
  /// - Parameter wanted: the clips that are asked for, by the names of `videoName`; nil takes all.
  /// - Throws: the first mistake of a file; columns that are not known.
  public init(_ files: [String], wanted: Set<String>? = nil) throws(Diagnostic) {
    var places: [String: Int] = [:]
    for file in files {
      var seen: Set<String> = []
      var aspects: [ClipAnswers.Aspect?]?
      try readAudioSetCaps(file) { clip throws(Diagnostic) in
        rowCount += 1
        if aspects == nil { aspects = try Self.aspects(of: clip.columns.map(\.name), file: file) }
        let known = aspects ?? []
        let name = ClipAnswers(id: clip.id).videoName
        if let wanted, !wanted.contains(name) {
          otherCount += 1
          return
        }
        guard seen.insert(name).inserted else {
          repeatedCount += 1
          return
        }
        let place = places[name] ?? clips.count
        if place == clips.count {
          places[name] = place
          clips.append(ClipAnswers(id: clip.id))
        }
        if !clip.caption.isEmpty { clips[place].overall = clip.caption }
        for (aspect, column) in zip(known, clip.columns) {
          guard let aspect, clips[place][aspect].isEmpty else { continue }
          clips[place][aspect] = Self.answer(in: column.text)
        }
      }
    }
  }

  private static func aspects(of names: [String], file: String) throws(Diagnostic) -> [ClipAnswers.Aspect?] {
    func aspect(_ name: String) -> ClipAnswers.Aspect? {
      let words: [(ClipAnswers.Aspect, [String])] = [
        (.speech, ["speech"]), (.music, ["music"]), (.sounds, ["sound"]), (.overall, ["overall", "scene", "caption"]),
      ]
      return words.first { $0.1.contains { name.lowercased().contains($0) } }?.0
    }
    func isQuestion(_ name: String) -> Bool {
      let name = name.lowercased()
      return name.contains("question") && !name.contains("answer")
    }
    let own = names.filter { !isQuestion($0) }
    let named = own.compactMap(aspect)
    if named.count == own.count, Set(named).count == named.count {
      return names.map { isQuestion($0) ? nil : aspect($0) }
    }
    guard (3...4).contains(own.count) else {
      throw Diagnostic(
        "its columns \(own.joined(separator: ", ")) are not known", at: SourceMark(file: file, line: 1),
        hint: "call them overall, sounds, speech and music")
    }
    var inOrder = Array(ClipAnswers.Aspect.allCases.suffix(own.count))[...]
    return names.map { isQuestion($0) ? nil : inOrder.popFirst() }
  }

  /// `Question: … Answer: …` without the question.
  private static func answer(in text: String) -> String {
    let answer = text.ranges(of: "Answer:").last.map { String(text[$0.upperBound...]) } ?? text
    return PythonText.stripped(answer)
  }
}

/// Names of the clips of a set: VGGSound's table, of which only the rows for training are taken, or a file of questions
/// in AVQA's form.
public func readClipNames(_ file: String) throws(Diagnostics) -> Set<String> {
  if file.hasSuffix(".csv") {
    return Set(try readVGGSound(file).filter(\.isForTraining).map(\.key.paddedName))
  }
  let questions = try QuestionFile(file, form: .avqa).questions
  return Set(
    questions.compactMap { question in
      let name = question.audioPath?.split(separator: "/").last ?? ""
      let stem = String(name.lastIndex(of: ".").map { name[..<$0] } ?? name)
      return ClipAnswers(id: stem).videoName
    })
}
