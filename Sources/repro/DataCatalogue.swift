// The data sets of the experiments: where each belongs, what it is, how to get it.
import Foundation
import Locations
import MicroWorld
import Questions

/// A data set an experiment at the paper's scale needs.
struct DataNeed {
  let set: MicroSet
  let form: DataForm
  let use: String
  /// How many questions the published file has; nil where it is written here.
  let questionCount: Int?
  /// Where it comes from, and what to put where.
  let source: String

  var name: String { self.set.rawValue }
  var file: String { self.set.folder + "/" + self.set.publishedFile(in: Self.root + "/" + self.set.folder) }
  /// The folder of its clips; nil for a set without sound.
  var clips: String? { self.set == .arcEasy ? nil : self.set.folder + "/" + set.publishedAudioFolder }
  var revision: MMAURevision? { form != .mmau ? nil : set.revises == nil ? .original : .revised }

  /// Where data sets are looked for.
  static var root: String { EnvironmentPath().path("REPRO_DATA") ?? "data" }

  static let all: [DataNeed] = MicroSet.allCases.map { set in
    let audioOfMMAU = "clips from the archive its README links"
    switch set {
    case .avqa:
      return DataNeed(
        set: set, form: .avqa, use: "training", questionCount: 40_425,
        source: "train_qa.json of the AVQA data set (mn.cs.tsinghua.edu.cn/avqa); the sound of its videos, or of VGGSound's "
          + "clips of the same names, as audio/<video_name>.wav")
    case .avqaGPT:
      return DataNeed(
        set: set, form: .avqa, use: "training", questionCount: nil,
        source: "`repro write --clips avqa/train_qa.json` from AudioSetCaps' captions (huggingface.co/datasets/baijs/AudioSetCaps, the "
          + "files of VGGSound); the clips are AVQA's")
    case .vggsGPT:
      return DataNeed(
        set: set, form: .avqa, use: "training", questionCount: nil,
        source: "`repro write --clips vggsound.csv` from AudioSetCaps' captions of VGGSound; the clips by vggsound.csv "
          + "(github.com/hche11/VGGSound) as audio/<YouTube id>_<six digits>.wav")
    case .arcEasy:
      return DataNeed(
        set: set, form: .arc, use: "training", questionCount: 2251,
        source: "ARC-Easy-Train.jsonl of the ARC archive (allenai.org/data/arc)")
    case .mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised:
      let isMini = set == .mmauMini || set == .mmauMiniRevised
      let commit = set.revises == nil ? "1f675a9" : "f0a4a97"
      return DataNeed(
        set: set, form: .mmau, use: "testing", questionCount: isMini ? 1000 : 9000,
        source: "\(set.publishedFiles[0]) of github.com/Sakshi113/MMAU at commit \(commit); \(audioOfMMAU)")
    case .mmar:
      return DataNeed(
        set: set, form: .mmar, use: "testing", questionCount: 1000,
        source: "MMAR-meta.jsonl of github.com/ddlBoJack/MMAR; \(audioOfMMAU)")
    }
  }
}
