// The sets of the micro world, written in the real data sets' formats, so that the real adapters read them.
internal import AudioFeatures
internal import ContentHash
public import Diagnostics
internal import Foundation
internal import SystemCalls
internal import TensorCore

/// How large a world is.
public struct WorldSize: Sendable, Hashable {
  public var name: String
  /// Clips the base models are taught with.
  public var taughtClips: Int
  public var avqa: Int
  public var vggs: Int
  public var arcEasy: Int
  /// Questions of test-mini and of test-full, multiples of 3.
  public var benchmark: Int
  public var fullBenchmark: Int
  /// The draw of benchmark clips and questions that results are made on.
  public var draw: String
  /// Questions of the benchmark of mixtures by modality.
  public var mixtures: [(modality: String, count: Int)] {
    // Three times the published set's: more questions, in its proportions.
    let counts = name == "smoke" ? [2, 2, 2, 1, 2, 1, 1] : [165, 206, 294, 11, 218, 82, 24].map { 3 * $0 }
    let names = [
      "sound", "music", "speech", "mix-sound-music", "mix-sound-speech", "mix-music-speech", "mix-sound-music-speech",
    ]
    return zip(names, counts).map { ($0, $1) }
  }

  public static let micro = WorldSize(
    name: "micro", taughtClips: 3000, avqa: 1200, vggs: 2400, arcEasy: 1200, benchmark: 2400, fullBenchmark: 3000,
    draw: MicroWorld.reported)
  public static let smoke = WorldSize(
    name: "smoke", taughtClips: 24, avqa: 12, vggs: 12, arcEasy: 12, benchmark: 12, fullBenchmark: 15, draw: MicroWorld.first)
}

/// A world on disk.
public struct MicroWorld: Sendable {
  public let size: WorldSize
  public let seed: UInt64
  /// Which draw of benchmark clips and questions, the size's own if none is named; training is the same for all.
  public let variant: String

  /// The draw whose scores are reported: the first 16 hexadecimal digits of the SHA-256 of the title of the paper that it
  /// was made for, which is none of our words. Fixed before any result of it was seen; see Documentation/verdicts.md.
  public static let reported = "0a5d7e0b72da19d9"
  /// The draw that was reported before, of fewer questions. Tests still use it, at the size of a dozen.
  public static let first = "reported"
  /// The draw that dials are set on.
  public static let development = "development"

  public init(size: WorldSize, seed: UInt64 = 1, variant: String? = nil) {
    self.size = size
    self.seed = seed
    self.variant = variant ?? size.draw
  }

  func numbers(_ purpose: String) -> RandomSequence {
    RandomStream(seed: seed, purpose: "world " + purpose).sequence
  }

  /// An id in the form of the real sets: eleven characters of a video id and a start second.
  private func clipID(_ set: String, _ index: Int) -> String {
    let digest = Digest(of: "\(seed) \(set) \(index)").hexadecimal
    let second = String(index % 300)
    return digest.prefix(11) + "_" + String(repeating: "0", count: 6 - second.count) + second
  }

  private func clips(_ set: String, _ count: Int, isReserved: Bool) -> [Clip] {
    var numbers = numbers("clips " + set)
    return (0..<count).map { index in
      let domain = ClipContent.Domain.allCases[index % 3]
      return Clip(
        id: clipID(set, index), content: .random(domain, isReserved: isReserved, using: &numbers))
    }
  }

  /// Clips the base models hear; none of a benchmark's combinations.
  public var taughtClips: [Clip] { clips("taught", size.taughtClips, isReserved: false) }

  /// The clips of a set, in the order of its questions; none for a set without sound.
  public func clips(of set: MicroSet) -> [Clip] {
    switch set {
    case .avqa, .avqaGPT: clips("avqa", size.avqa, isReserved: false)
    case .vggsGPT: clips("vggs", size.vggs, isReserved: false)
    case .arcEasy: []
    // Benchmarks hear only reserved combinations.
    case .mmauMini, .mmauMiniRevised: clips("mmau-mini " + variant, size.benchmark, isReserved: true)
    case .mmauFull, .mmauFullRevised: clips("mmau-full " + variant, size.fullBenchmark, isReserved: true)
    case .mmar: mixedClips
    }
  }

  private var mixedClips: [Clip] {
    var numbers = numbers("clips mmar " + variant)
    return size.mixtures.flatMap { modality, count in
      let domains = ClipContent.Domain.allCases.filter { modality.contains($0.rawValue) }
      return (0..<count).map { index in
        let contents = domains.map { ClipContent.random($0, isReserved: true, using: &numbers) }
        return Clip(
          id: clipID("mmar \(modality) \(variant)", index), content: contents[0], others: Array(contents.dropFirst()))
      }
    }
  }

  /// The path of a clip's file within its set.
  public static func fileName(_ clip: Clip) -> String { clip.id + "." + ClipForm(clip).fileExtension }

  /// Writes a clip's file if it is not there; whole or not at all.
  static func write(_ clip: Clip, to folder: String) throws(Diagnostic) {
    let path = folder + "/" + fileName(clip)
    if FileManager.default.fileExists(atPath: path) { return }
    let (samples, form) = clip.render()
    let temporary = path + ".part"
    try SoundFileWriter.write(
      samples, channelCount: form.channelCount, sampleRate: form.rate, format: form.format, to: temporary)
    guard SystemCalls.rename(temporary, to: path) else {
      throw Diagnostic("cannot take its place", at: SourceMark(file: path), kind: .missing)
    }
  }

  /// Writes a set into its folder under a root. What is already there is kept: every file follows from seed and size
  /// alone.
  /// - Parameter each: called after each clip with how many are done; for progress.
  public func write(
    _ set: MicroSet, under root: String, threads: Int, each: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws(Diagnostic) {
    let folder = root + "/" + set.folder
    try Self.createFolder(folder + "/" + set.audioFolder)
    do {
      let file = URL(fileURLWithPath: folder + "/" + set.file)
      try Data(document(set).utf8).write(to: file, options: .atomic)
    } catch {
      throw Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: folder), kind: .missing)
    }
    // A revised benchmark has the clips of the first.
    let known = set.revises.map { root + "/" + $0.folder + "/" + $0.audioFolder }
    try write(clips(of: set), to: folder + "/" + set.audioFolder, linking: known, threads: threads, each: each)
  }

  /// Writes some of the clips the base models are taught with.
  public func writeTaught(_ clips: ArraySlice<Clip>, to folder: String, threads: Int) throws(Diagnostic) {
    try Self.createFolder(folder + "/audio")
    try write(Array(clips), to: folder + "/audio", linking: nil, threads: threads) { _, _ in }
  }

  private static func createFolder(_ path: String) throws(Diagnostic) {
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
      throw Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: path), kind: .missing)
    }
  }

  private func write(
    _ list: [Clip], to folder: String, linking known: String?, threads: Int,
    each: @escaping @Sendable (Int, Int) -> Void
  ) throws(Diagnostic) {
    let failure = FirstFailure()
    let done = Counter()
    DispatchQueue.concurrentPerform(iterations: threads) { part in
      for index in stride(from: part, to: list.count, by: threads) where failure.value == nil {
        do {
          let name = "/" + Self.fileName(list[index])
          if let known { try? FileManager.default.linkItem(atPath: known + name, toPath: folder + name) }
          try Self.write(list[index], to: folder)
        } catch { failure.set(error) }
        each(done.next(), list.count)
      }
    }
    if let error = failure.value { throw error }
  }
}
