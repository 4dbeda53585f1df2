// A data set that experiments may name: a row of the catalogue.
internal import Foundation
public import MicroWorld
public import Questions

/// What an experiment's `on:` may name.
public struct DataSet: Sendable, Hashable {
  /// Whether one trains on it or is tested on it; never both.
  public enum Role: String, Sendable, Hashable, CaseIterable { case training, benchmark }

  /// As experiments name it.
  public var name: String
  public var role: Role
  public var form: DataForm
  /// Below the folder of data sets; sets with the same clips may share one.
  public var folder: String
  /// Names of its file of questions, the published one first.
  public var files: [String]
  /// The folder of its clips within its own; nil for a set without sound.
  public var clips: String?
  /// How many questions the published file has; nil where it is written here, or not known.
  public var questionCount: Int?
  /// Of MMAU: a file of the other one is refused.
  public var revision: MMAURevision?
  /// Whether a file's revision can be told by what it asks.
  public var isToldApart = false
  /// Where it comes from, in words.
  public var source: String
  public var published: [PublishedSource] = []
  /// What has to be fetched by a person.
  public var byHand: [String] = []
  /// The set of the micro world that stands in for it; nil where none does.
  public var standIn: MicroSet?

  public var hasSound: Bool { clips != nil }

  /// The name of its file of questions in a folder: the one that is there, else the published one.
  public func file(in folder: String) -> String {
    files.first { FileManager.default.fileExists(atPath: folder + "/" + $0) } ?? files[0]
  }

  /// Two sets of one name are one: a catalogue has each name once.
  public static func == (a: Self, b: Self) -> Bool { a.name == b.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension MicroSet {
  /// The form its questions are written in.
  var form: DataForm {
    switch self {
    case .avqa, .avqaGPT, .vggsGPT: .avqa
    case .arcEasy: .arc
    case .mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised: .mmau
    case .mmar: .mmar
    }
  }
}

/// A file of a set at a plain public address.
public struct PublishedSource: Sendable, Hashable {
  /// What a published file holds.
  public enum Form: Sendable, Hashable {
    case questions(DataForm)
    case table(SourceTable.Form)
  }

  /// Below the folder of data sets; a mirror has the same layout.
  public var path: String
  public var address: String
  public var form: Form
  /// Of the file, where it is known.
  public var sha256: String?
  /// Of what it asks, where that is known: ids, questions, choices and answers, in whatever form.
  public var content: String?
  /// Questions, where the number is known.
  public var count: Int?
}
