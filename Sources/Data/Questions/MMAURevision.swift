// One file name, many contents: which state of MMAU a file holds.
internal import ContentHash

/// The states of MMAU's questions. Scores on one cannot be set beside scores on another: 364 of 1,000 items differ.
public enum MMAURevision: String, Sendable, Hashable, CaseIterable {
  /// The last before May 2025 (commit 1f675a9 of Sakshi113/MMAU).
  case original
  /// The newest of the revision v05.15.25 (commit f0a4a97).
  case revised = "v05.15.25"

  /// SHA-256 of the published test-mini file.
  public var digest: String {
    switch self {
    case .original: "e8cc09223b497191781756212cb616315690aaa6ea7ac359db1b65d97d1e2433"
    case .revised: "9f18fda99f8dbc2bc5ecd6323fb5063309f54969810b5c6f1caeb3b8d904cf1c"
    }
  }

  /// Items of test-mini that only this revision has.
  public var marks: [String] {
    switch self {
    case .original: ["02256382-3f3a-4a72-8c35-6a09fe07ff15", "0475b3e9-b6fc-4ce1-8c28-651be4fa81cf"]
    case .revised: ["002ebba8-7aa4-445b-aab3-ed17e592cd30", "014593c4-11b7-4d6b-9f8c-b14fccbceb42"]
    }
  }
}

/// What can be said of a file's revision.
public enum RevisionFinding: Sendable, Hashable {
  /// The published file itself.
  case published(MMAURevision)
  /// Another file, with items that only this revision has.
  case like(MMAURevision)
  /// Items of more than one revision.
  case mixed
  case unknown

  /// Recognises a file of questions by its bytes, and failing that by its ids.
  public init(bytes: [UInt8], ids: Set<String>) {
    let digest = Digest(of: bytes).hexadecimal
    if let revision = MMAURevision.allCases.first(where: { $0.digest == digest }) {
      self = .published(revision)
    } else {
      self.init(ids: ids)
    }
  }

  public init(ids: Set<String>) {
    let found = MMAURevision.allCases.filter { !ids.isDisjoint(with: $0.marks) }
    switch found.count {
    case 0: self = .unknown
    case 1: self = .like(found[0])
    default: self = .mixed
    }
  }

  public var revision: MMAURevision? {
    switch self {
    case .published(let revision), .like(let revision): revision
    case .mixed, .unknown: nil
    }
  }

  public var text: String {
    switch self {
    case .published(let revision): revision.rawValue
    case .like(let revision): "\(revision.rawValue) by its ids, but not the published file"
    case .mixed: "items of both \(MMAURevision.allCases.map(\.rawValue).joined(separator: " and "))"
    case .unknown: "unknown"
    }
  }
}
