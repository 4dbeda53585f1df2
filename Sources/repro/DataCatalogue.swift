// The data sets of the catalogue: where each belongs on this machine, and how to get it.
import Catalogue
import Foundation
import Locations
import Questions

/// A data set an experiment at the paper's scale needs.
struct DataNeed {
  let set: DataSet

  var name: String { self.set.name }
  var form: DataForm { self.set.form }
  var use: String { self.set.role == .training ? "training" : "testing" }
  /// How many questions the published file has; nil where it is written here.
  var questionCount: Int? { self.set.questionCount }
  var source: String { self.set.source }
  var file: String { self.set.folder + "/" + self.set.file(in: Self.root + "/" + self.set.folder) }
  /// The folder of its clips; nil for a set without sound.
  var clips: String? { self.set.clips.map { self.set.folder + "/" + $0 } }
  var revision: MMAURevision? { self.set.revision }
  /// What has to be fetched by hand, and why.
  var byHand: [String] { self.set.byHand.map { $0.replacing("{folder}", with: Self.root + "/" + self.set.folder) } }

  /// Where data sets are looked for.
  static var root: String { EnvironmentPath().path("REPRO_DATA") ?? "data" }

  /// Empty where the catalogue cannot be read; commands read it first, and say so.
  static var all: [DataNeed] { ((try? Catalogue.standard())?.sets ?? []).map { DataNeed(set: $0) } }
}
