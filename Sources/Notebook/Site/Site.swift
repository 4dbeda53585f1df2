// `repro view`: results as a static site. One folder, opened from the disk or from any web server; the same results give
// the same bytes.
internal import AudioFeatures
internal import Diagnostics
internal import Foundation
internal import JSONText
internal import Synchronization

/// Everything that a site shows, and where it is written.
public struct Site: Sendable {
  public var results: [ShownResult]
  public var reviews: [ShownReview]
  public var clips: ClipMode
  /// The questions of a benchmark under a profile, where they are on this machine.
  public var atHand: @Sendable (_ profile: String, _ benchmark: String) -> QuestionsAtHand?
  /// Told how many of how many clips are done.
  public var progress: @Sendable (Int, Int) -> Void = { _, _ in }

  public init(
    _ results: [ShownResult], reviews: [ShownReview] = [], clips: ClipMode = .none,
    atHand: @escaping @Sendable (_ profile: String, _ benchmark: String) -> QuestionsAtHand? = { _, _ in nil }
  ) {
    self.results = results
    self.reviews = reviews
    self.clips = clips
    self.atHand = atHand
  }

  /// What was written, for people.
  public struct Summary: Sendable {
    public var questions = 0
    public var runs = 0
    public var clips = 0
    public var faultyClips = 0
    public var bytes = 0
  }

  /// The page itself, which knows no results.
  static var page: [(name: String, bytes: [UInt8])] {
    [
      ("index.html", PackageResources.index_html), ("site.css", PackageResources.site_css),
      ("base.js", PackageResources.base_js), ("plots.js", PackageResources.plots_js),
      ("overview.js", PackageResources.overview_js), ("runs.js", PackageResources.runs_js),
      ("questions.js", PackageResources.questions_js), ("question.js", PackageResources.question_js),
      ("compare.js", PackageResources.compare_js), ("start.js", PackageResources.start_js),
    ]
  }

  /// Writes the site; what an earlier one left in the folder goes.
  /// - Throws: a folder that holds something else, a disk that takes no more.
  public func write(to output: String) throws -> Summary {
    let folder = try SiteFolder(output)
    var builder = SiteBuilder(results)
    var summary = Summary()
    let wanted = builder.sets.map { (profile: $0.profile, benchmark: $0.benchmark) }
    let found = Mutex<[Int: QuestionsAtHand]>([:])
    let atHand = atHand
    try Self.concurrently(
      wanted.indices.map { place in
        {
          let questions = atHand(wanted[place].profile, wanted[place].benchmark)
          found.withLock { $0[place] = questions }
        }
      })
    for place in builder.sets.indices {
      let set = builder.sets[place]
      let questions = found.withLock { $0[place] }
      builder.describe(place, questions, mode: clips)
      if clips != .none, let questions {
        builder.setClips(try hear(builder.sets[place], place, questions, in: folder), of: place)
      }
      summary.questions += set.ids.count
      summary.runs += set.runs.count
      summary.clips += builder.sets[place].clips.values.count { $0.file != nil }
      summary.faultyClips += builder.sets[place].clips.values.count { $0.fault != nil }
    }
    for (name, bytes) in Self.page { try folder.write(bytes, to: name) }
    try writeData(builder, to: folder)
    summary.bytes = folder.byteCount
    try folder.finish()
    return summary
  }

  /// Writes what the page's scripts read, and the printable reports; on all processors.
  private func writeData(_ builder: SiteBuilder, to folder: SiteFolder) throws {
    let judged = Mutex<[Int: JudgedReview]>([:])
    let reviews = reviews
    var pieces: [@Sendable () throws -> Void] = reviews.indices.map { place in
      {
        let report = place == 0 ? "report.html" : "report-\(place + 1).html"
        let review = JudgedReview(reviews[place], builder.results, report: report)
        judged.withLock { $0[place] = review }
        try folder.write(Array(builder.report(review).utf8), to: report)
      }
    }
    pieces += builder.sets.indices.map { place in
      { try folder.write(scriptText("set-\(place)", builder.sets[place].json()), to: "data/set-\(place).js") }
    }
    pieces += (0..<builder.trainingCount).map { place in
      { try folder.write(scriptText("training-\(place)", builder.training(place)), to: "data/training-\(place).js") }
    }
    try Self.concurrently(pieces)
    let told = judged.withLock { judged in reviews.indices.compactMap { judged[$0] } }
    try folder.write(scriptText("index", builder.index(told)), to: "data/index.js")
  }

  /// Does independent work on all processors; the first failure is thrown.
  private static func concurrently(_ work: [@Sendable () throws -> Void]) throws {
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: work.count) { index in
      do { try work[index]() } catch { failure.withLock { $0 = $0 ?? error } }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Puts the clips of a set into the site, with their log-mels; on all processors.
  private func hear(
    _ set: QuestionColumns, _ number: Int, _ atHand: QuestionsAtHand, in folder: SiteFolder
  ) throws -> [Int: ShownClip] {
    let found = set.ids.indices.compactMap { place in
      set.question(place).flatMap { atHand.clip($0) }.map { (place: place, path: $0) }
    }
    guard !found.isEmpty else { return [:] }
    try folder.makeFolder("clips/\(number)")
    let front = FrontEnd(chunkSeconds: 300)
    let (clips, progress) = (self.clips, self.progress)
    let shown = Mutex<[Int: ShownClip]>([:])
    let done = Mutex(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: found.count) { index in
      guard failure.withLock({ $0 == nil }) else { return }
      let (place, path) = found[index]
      let ending = (path as NSString).pathExtension.lowercased()
      // Names of a data set are no names for a web server.
      let plain = ending.count <= 5 && ending.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
      let name = "clips/\(number)/\(place)"
      var clip = ShownClip()
      do {
        do throws(Diagnostic) {
          let mel = try DrawnLogMel(path: path, atHand.pipeline, front)
          clip.mel = name + ".js"
          do { try folder.write(scriptText("mel-\(number)-\(place)", mel.json), to: name + ".js") } catch {
            failure.withLock { $0 = error }
          }
        } catch { clip.fault = error.fact }
        let file = name + (plain && !ending.isEmpty ? "." + ending : "")
        try folder.bring(path, as: file, linked: clips == .link)
        clip.file = file
      } catch { failure.withLock { $0 = error } }
      shown.withLock { $0[place] = clip }
      let count = done.withLock { done in
        done += 1
        return done
      }
      if count % 100 == 0 || count == found.count { progress(count, found.count) }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return shown.withLock { $0 }
  }
}
