// What a clip is made of, before it is sound.
internal import TensorCore

/// The content of a clip: three attributes with four values each beside the source. Attribute values are indices into the
/// lists of `Knowledge`.
public struct ClipContent: Sendable, Hashable {
  /// What kind of sound a clip is.
  public enum Domain: String, Sendable, Hashable, CaseIterable { case sound, music, speech }

  public var domain: Domain
  /// Index of the source, instrument or speaker.
  public var source: Int
  /// Count of events, melody, or contour.
  public var pattern: Int
  /// Background, or speed.
  public var manner: Int

  public init(domain: Domain, source: Int, pattern: Int, manner: Int) {
    self.domain = domain
    self.source = source
    self.pattern = pattern
    self.manner = manner
  }

  /// A quarter of all combinations is kept for benchmarks: for each pair of attributes one value of the third, so that no
  /// pair tells which.
  public var isReserved: Bool { (source + pattern + manner) % 4 == 0 }

  static func sourceCount(_ domain: Domain) -> Int {
    switch domain {
    case .sound: Knowledge.sources.count
    case .music: Knowledge.instruments.count
    case .speech: Knowledge.speakers.count
    }
  }

  /// A random content, reserved or not as asked.
  static func random(_ domain: Domain, isReserved: Bool, using numbers: inout RandomSequence) -> ClipContent {
    while true {
      let content = ClipContent(
        domain: domain, source: numbers.integer(in: 0..<sourceCount(domain)), pattern: numbers.integer(in: 0..<4),
        manner: numbers.integer(in: 0..<4))
      if content.isReserved == isReserved { return content }
    }
  }

  public var sourceName: String {
    switch domain {
    case .sound: Knowledge.sources[source].name
    case .music: Knowledge.instruments[source].name
    case .speech: Knowledge.speakers[source]
    }
  }
  public var patternName: String {
    switch domain {
    case .sound: Knowledge.counts[pattern]
    case .music: Knowledge.melodies[pattern]
    case .speech: Knowledge.contours[pattern]
    }
  }
  public var mannerName: String {
    domain == .sound ? Knowledge.backgrounds[manner] : Knowledge.speeds[manner]
  }

  /// What is in the clip as class numbers: the source among all sources, the pattern and the manner among those of all
  /// domains. Privileged knowledge, used to pretrain the tower and nowhere else.
  public var classes: [Int32] {
    let domains: (first: Int, index: Int) =
      switch domain {
      case .sound: (0, 0)
      case .music: (Knowledge.sources.count, 1)
      case .speech: (Knowledge.sources.count + Knowledge.instruments.count, 2)
      }
    return [Int32(domains.first + source), Int32(4 * domains.index + pattern), Int32(4 * domains.index + manner)]
  }

  /// Numbers of classes of `classes`.
  public static var classCounts: [Int] {
    [Knowledge.sources.count + Knowledge.instruments.count + Knowledge.speakers.count, 12, 12]
  }
}

/// A clip of the world: its content, and the name from which everything random about its sound follows.
public struct Clip: Sendable, Hashable {
  /// Eleven characters and a start second, as the real sets name their clips.
  public var id: String
  public var content: ClipContent
  /// What sounds at the same time; empty but for mixtures.
  public var others: [ClipContent] = []

  public init(id: String, content: ClipContent, others: [ClipContent] = []) {
    self.id = id
    self.content = content
    self.others = others
  }

  /// `sound`, or `mix-sound-speech`: the domains in the order of the benchmark of mixtures.
  public var modality: String {
    let domains = Set(([content] + others).map(\.domain))
    let names = ClipContent.Domain.allCases.filter(domains.contains).map(\.rawValue)
    return names.count == 1 ? names[0] : "mix-" + names.joined(separator: "-")
  }
}
