// One file name, many contents: which state of MMAU a file holds. It is told by what the file asks, not by its ids: the
// files of May 15 to 18, 2025, have new questions under the old ids.
internal import ContentHash
internal import JSONText

/// The states of MMAU's questions that experiments name. Scores on one cannot be set beside scores on another: 364 of
/// 1,000 items differ.
public enum MMAURevision: String, Sendable, Hashable, CaseIterable {
  /// The last before May 2025 (commit 1f675a9 of Sakshi113/MMAU).
  case original
  /// The newest of the revision v05.15.25 (commit f0a4a97).
  case revised = "v05.15.25"

  /// The first seven digits of its commit.
  public var commit: String { self == .original ? "1f675a9" : "f0a4a97" }
  /// `original (1f675a9)`.
  public var name: String { "\(rawValue) (\(commit))" }

  /// Items of test-mini that of these two only this one has.
  public var marks: [String] {
    switch self {
    case .original: ["02256382-3f3a-4a72-8c35-6a09fe07ff15", "0475b3e9-b6fc-4ce1-8c28-651be4fa81cf"]
    case .revised: ["002ebba8-7aa4-445b-aab3-ed17e592cd30", "014593c4-11b7-4d6b-9f8c-b14fccbceb42"]
    }
  }
}

/// What can be said of a file's revision.
public enum RevisionFinding: Sendable, Hashable {
  /// What a published revision asks, whatever the order of its items and the form of the file.
  case published(PublishedRevision)
  /// None of the published revisions, but some of its items stand in them.
  case other(ItemShares)
  /// Of no published revision, with ids that only one of the two has and ids that only the other has.
  case mixed
  case unknown

  /// Recognises questions by their content.
  /// - Parameter fileDigest: SHA-256 of the file, if there is one: it tells commits apart that ask the same.
  public init(_ items: [RevisionItem], fileDigest: String? = nil) {
    let content = PublishedRevision.contentDigest(of: items)
    let known = PublishedRevision.all.filter { $0.contentDigest == content || $0.fileDigest == fileDigest }
    if let revision = known.first(where: { $0.fileDigest == fileDigest }) ?? known.first {
      self = .published(revision)
      return
    }
    let ids = Set(items.map { ExactText($0.id) })
    if MMAURevision.allCases.allSatisfy({ $0.marks.contains { ids.contains(ExactText($0)) } }) {
      self = .mixed
      return
    }
    let shares = ItemShares(of: items)
    self = shares.original + shares.revised > 0 ? .other(shares) : .unknown
  }

  /// The family of a published revision.
  public var revision: MMAURevision? {
    if case .published(let revision) = self { revision.family } else { nil }
  }

  /// The commit of a published revision.
  public var commit: String? {
    if case .published(let revision) = self { revision.commit } else { nil }
  }

  public var text: String {
    switch self {
    case .published(let revision): revision.text
    case .other(let shares): "unknown: " + shares.text
    case .mixed: "items of both \(MMAURevision.allCases.map(\.rawValue).joined(separator: " and "))"
    case .unknown: "unknown"
    }
  }

  /// What has to be said where an experiment names a revision and this is not it, though it may be asked all the same;
  /// nil where it is.
  public func remark(_ wanted: MMAURevision) -> String? {
    switch self {
    case .published(let revision):
      if revision.family == wanted, revision.contentDigest == wanted.published?.contentDigest { return nil }
      return "are those of \(revision.text), not of \(wanted.name), with which they share "
        + "\(revision.shares[wanted]) of 1000 items"
    case .other(let shares): return "are none of the published revisions: " + shares.text
    case .mixed, .unknown:
      return "are none of the published revisions, and share no item with \(wanted.name)"
    }
  }
}

extension MMAURevision {
  var published: PublishedRevision? { PublishedRevision.all.first { $0.commit == commit } }
  var other: MMAURevision { self == .original ? .revised : .original }
}
