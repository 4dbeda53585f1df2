// The revisions of MMAU's test-mini that were published, as data: their digests, and the items of two of them.
internal import ContentHash
internal import JSONText

/// A revision of `mmau-test-mini.json`, as a commit of github.com/Sakshi113/MMAU has it.
public struct PublishedRevision: Sendable, Hashable {
  /// The first seven digits of the commit.
  public var commit: String
  /// Year, month, day.
  public var date: String
  public var family: MMAURevision
  /// SHA-256 of the file.
  public var fileDigest: String
  /// SHA-256 of what it asks; see `contentDigest(of:)`.
  public var contentDigest: String
  /// How many of its 1,000 items stand word for word in the last original and in the newest revision.
  public var shares: ItemShares

  /// All 17, the newest first.
  public static let all: [PublishedRevision] = rows(of: PackageResources.mmau_revisions_csv).compactMap { fields in
    guard fields.count == 7, let family = MMAURevision(rawValue: fields[2]), let original = Int(fields[5]),
      let revised = Int(fields[6])
    else { return nil }
    return PublishedRevision(
      commit: fields[0], date: fields[1], family: family, fileDigest: fields[3], contentDigest: fields[4],
      shares: ItemShares(count: 1000, original: original, revised: revised))
  }

  /// `v05.15.25 (2dcf44d or f2017e3 of 2025-05-16)`: some commits changed only how the file is written.
  public var text: String {
    let same = Self.all.filter { $0.contentDigest == contentDigest }.map(\.commit).sorted()
    return "\(family.rawValue) (\(same.joined(separator: " or ")) of \(date))"
  }

  /// The digest of a set of questions, whatever their order and the form of the file.
  public static func contentDigest(of items: [RevisionItem]) -> String {
    Digest(of: items.map { ExactText($0.line) }.sorted().map(\.text).joined(separator: "\n")).hexadecimal
  }

  fileprivate static func rows(of resource: [UInt8]) -> [[String]] {
    resource.split(separator: 0x0A).dropFirst().map { line in
      line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}

/// What a revision says of one question.
public struct RevisionItem: Sendable, Hashable {
  public var id: String
  public var question: String
  public var choices: [String]
  /// Empty where it is withheld.
  public var answer: String

  public init(id: String, question: String, choices: [String], answer: String) {
    self.id = id
    self.question = question
    self.choices = choices
    self.answer = answer
  }

  var line: String { [id, question, choices.joined(separator: "\u{1E}"), answer].joined(separator: "\u{1F}") }
  /// The first eight digits of the line's SHA-256: enough to count by.
  fileprivate var mark: String { String(Digest(of: line).hexadecimal.prefix(8)) }
}

/// How many of some items stand word for word in two revisions of test-mini.
public struct ItemShares: Sendable, Hashable {
  public var count: Int
  /// In the last original, 1f675a9.
  public var original: Int
  /// In the newest revision, f0a4a97.
  public var revised: Int

  public init(count: Int, original: Int, revised: Int) {
    self.count = count
    self.original = original
    self.revised = revised
  }

  /// Counts items by marks, of which 1,364 are known.
  init(of items: [RevisionItem]) {
    self.init(count: items.count, original: 0, revised: 0)
    for item in items {
      guard let revisions = Self.marks[item.mark] else { continue }
      if revisions.utf8.contains(UInt8(ascii: "o")) { original += 1 }
      if revisions.utf8.contains(UInt8(ascii: "n")) { revised += 1 }
    }
  }

  private static let marks: [String: String] = {
    let rows = PublishedRevision.rows(of: PackageResources.mmau_items_csv).filter { $0.count == 2 }
    return Dictionary(rows.map { ($0[0], $0[1]) }, uniquingKeysWith: { first, _ in first })
  }()

  subscript(_ revision: MMAURevision) -> Int { revision == .original ? original : revised }

  /// `735 of its 1000 items are those of original (1f675a9), 847 those of v05.15.25 (f0a4a97)`.
  var text: String {
    "\(original) of its \(count) items are those of \(MMAURevision.original.name), "
      + "\(revised) those of \(MMAURevision.revised.name)"
  }
}
